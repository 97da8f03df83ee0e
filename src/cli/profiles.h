/* The templates of config/ as text; a NULL name ends the list. */
#ifndef CLI_PROFILES_H
#define CLI_PROFILES_H

#include <stddef.h>

struct profile { const char *name, *text; };
extern const struct profile profiles[];

#endif
