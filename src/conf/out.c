#include "conf/out.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void conf_out(const struct conf_out *o, const char *format, ...)
{
    char text[4096];
    int n;
    va_list args;

    va_start(args, format);
    n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n > 0)
        o->write(o->user, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

void conf_out_quoted(const struct conf_out *o, const char *text)
{
    conf_out(o, "\"");
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (c < 0x20 || c == 0x7f)
            conf_out(o, "\\u%04x", c);
        else
            conf_out(o, c == '"' || c == '\\' ? "\\%c" : "%c", c);
    }
    conf_out(o, "\"");
}
