/* A directory of configuration files: which there are, in the order in which they count. */
#ifndef CONF_FOLDER_H
#define CONF_FOLDER_H

#include <limits.h>

#include "conf/error.h"

#define CONF_FOLDER_MAX 64

struct conf_folder { uint32_t count; char name[CONF_FOLDER_MAX][NAME_MAX + 1]; };

/* The names in `path` that end in `suffix`, by their bytes; those that begin with a dot are left out. A directory that does not exist holds none.
 * Returns false with one error added when it cannot be read, when everybody may write there, or when there are more than CONF_FOLDER_MAX. */
bool conf_folder_list(const char *path, const char *suffix, struct conf_folder *out, struct conf_errors *errors);

#endif
