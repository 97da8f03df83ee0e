/* JSON written into a buffer: the one writer behind every --json. Objects and arrays nest by begin and end; commas come by themselves.
 *
 * Text may hold bytes from outside: what is not printable ASCII becomes an escape of RFC 8259 section 7, a byte above 0x7e the code point of the same
 * number. A double that is not finite becomes null. Nothing is written past the end; `full` then says so. */
#ifndef OBSERVE_JSON_H
#define OBSERVE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json { char *start, *at, *end; bool comma, full; };

struct json json_of(char *out, size_t size); /* size >= 1 */

/* key: NULL inside an array and for the outermost value. Keys are ours and are written as they are. */
void json_object(struct json *j, const char *key);
void json_object_end(struct json *j);
void json_array(struct json *j, const char *key);
void json_array_end(struct json *j);
void json_text(struct json *j, const char *key, const char *text);
void json_int(struct json *j, const char *key, int64_t v);
void json_count(struct json *j, const char *key, uint64_t v);
void json_double(struct json *j, const char *key, double v);
void json_bool(struct json *j, const char *key, bool v);
void json_null(struct json *j, const char *key);

/* Terminates the text. Returns its length, 0 when it did not fit. */
size_t json_end(struct json *j);

#endif
