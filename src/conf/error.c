#include "conf/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static size_t place_to_text(struct conf_origin at, char *out, size_t size)
{
    int n;

    if (at.kind == CONF_FROM_ENVIRONMENT || at.kind == CONF_FROM_SECRET)
        n = snprintf(out, size, "environment %.200s: ", at.name);
    else if (at.line == 0)
        n = snprintf(out, size, "%.200s: ", at.name);
    else
        n = snprintf(out, size, "%.200s:%u:%u: ", at.name, at.line, at.column);
    return n < 0 ? 0 : (size_t)n;
}

void conf_error_add(struct conf_errors *e, struct conf_origin at, const char *format, ...)
{
    char *text;
    size_t used;
    va_list args;

    e->found++;
    if (e->kept == CONF_ERRORS_MAX)
        return;
    text = e->text[e->kept++];
    used = place_to_text(at, text, CONF_ERROR_TEXT_MAX);
    e->part[e->kept - 1].at = at;
    e->part[e->kept - 1].sentence = (uint16_t)used;
    va_start(args, format);
    vsnprintf(text + used, CONF_ERROR_TEXT_MAX - used, format, args);
    va_end(args);
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
}

const char *conf_quote(const char *text, char *out)
{
    size_t n = 0;
    unsigned taken = 0;

    out[n++] = '"';
    for (; *text && taken < 60; text++, taken++) {
        unsigned char c = (unsigned char)*text;

        if (c < 0x20 || c == 0x7f || c >= 0x80 || c == '"' || c == '\\')
            n += (size_t)snprintf(out + n, 5, "\\x%02x", c);
        else
            out[n++] = (char)c;
    }
    strcpy(out + n, *text ? "\"..." : "\"");
    return out;
}
