/* Where this program lies: a build tree, or installed. */
#ifndef DAEMON_PLACE_H
#define DAEMON_PLACE_H

#include <stdbool.h>

#define PLACE_PATH_MAX 512

/* True when the executable lies in a Meson build directory (meson-private beside it): such a daemon never steers by itself. */
bool place_is_build_tree(void);

/* A program of ours that people do not call: beside the executable in a build tree, else in libexec. */
void place_of_helper(const char *name, char out[PLACE_PATH_MAX]);

/* How a person calls the tool `name` from where they stand: "build/utcctl" or "utcctl". argv0: how we were called. */
void place_of_tool(const char *name, const char *argv0, char out[PLACE_PATH_MAX]);

#endif
