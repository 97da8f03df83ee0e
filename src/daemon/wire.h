/* All rooms' configuration keys as one schema over struct daemon_options. The only file that lists them all. */
#ifndef DAEMON_WIRE_H
#define DAEMON_WIRE_H

#include "conf/schema.h"

extern const struct conf_schema daemon_schema;

#endif
