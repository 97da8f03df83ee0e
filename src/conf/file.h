/* Reads a configuration file whole, and refuses what is no sane one. */
#ifndef CONF_FILE_H
#define CONF_FILE_H

#include <stddef.h>

#include "conf/error.h"

#define CONF_FILE_MAX (256 * 1024)

/* At most CONF_FILE_MAX bytes into buffer, *len of them. A regular file that not everybody may write to. Returns true, or false with one error added. */
bool conf_file_read(const char *path, char *buffer, size_t *len, struct conf_errors *errors);

/* A file of one value, named by a variable: its bytes less one line feed at the end, NUL-terminated in `out`. Returns what is wrong with it, or NULL. */
#define CONF_VALUE_FILE_MAX 1024
const char *conf_value_file_read(const char *path, char out[CONF_VALUE_FILE_MAX]);

#endif
