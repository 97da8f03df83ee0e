#include "observe/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct json json_of(char *out, size_t size) { return (struct json){ .start = out, .at = out, .end = out + size }; }

/* One byte is kept for the final NUL. */
static void put(struct json *j, const char *s, size_t len)
{
    if (j->full || (size_t)(j->end - j->at) <= len) {
        j->full = true;
        return;
    }
    memcpy(j->at, s, len);
    j->at += len;
}

static void put_string(struct json *j, const char *s)
{
    char escape[8];

    put(j, "\"", 1);
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;

        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\')
            put(j, s, 1);
        else
            put(j, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", c));
    }
    put(j, "\"", 1);
}

/* What stands before every value: a comma if it is not the first, and its key. */
static void before(struct json *j, const char *key)
{
    if (j->comma)
        put(j, ",", 1);
    j->comma = true;
    if (key) {
        put_string(j, key);
        put(j, ":", 1);
    }
}

static void open_with(struct json *j, const char *key, const char *bracket)
{
    before(j, key);
    put(j, bracket, 1);
    j->comma = false;
}

static void close_with(struct json *j, const char *bracket)
{
    put(j, bracket, 1);
    j->comma = true;
}

void json_object(struct json *j, const char *key) { open_with(j, key, "{"); }
void json_object_end(struct json *j) { close_with(j, "}"); }
void json_array(struct json *j, const char *key) { open_with(j, key, "["); }
void json_array_end(struct json *j) { close_with(j, "]"); }

static void word(struct json *j, const char *key, const char *text)
{
    before(j, key);
    put(j, text, strlen(text));
}

void json_text(struct json *j, const char *key, const char *text)
{
    before(j, key);
    put_string(j, text);
}

void json_int(struct json *j, const char *key, int64_t v)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRId64, v);
    word(j, key, text);
}

void json_count(struct json *j, const char *key, uint64_t v)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRIu64, v);
    word(j, key, text);
}

void json_double(struct json *j, const char *key, double v)
{
    char text[32];

    snprintf(text, sizeof text, "%.9g", v);
    word(j, key, isfinite(v) ? text : "null");
}

void json_bool(struct json *j, const char *key, bool v) { word(j, key, v ? "true" : "false"); }
void json_null(struct json *j, const char *key) { word(j, key, "null"); }

size_t json_end(struct json *j)
{
    *j->at = '\0';
    return j->full ? 0 : (size_t)(j->at - j->start);
}
