/* The file of symmetric keys: read once, with the configuration, by whoever starts the daemon. A file that others could read or change is refused, as is one
 * with a line that is wrong; what is told never shows a byte of it. */
#ifndef DAEMON_KEY_FILE_H
#define DAEMON_KEY_FILE_H

#include "conf/error.h"
#include "keys/keys.h"

/* The table, in memory that is not written to core dumps; NULL when no file is configured, or with an error added. `at`: where keys.file is configured. */
const struct key_table *key_file_load(const struct keys_options *o, struct conf_origin at, struct conf_errors *errors);

/* Wipes a table and gives its memory back; NULL: nothing. */
void key_file_forget(const struct key_table *table);

#endif
