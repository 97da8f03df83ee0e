#include "admin/html.h"

#include <string.h>

#include "base/log.h"

#define NS_TEXT_MAX 40

static void put_byte(struct text *t, unsigned char c)
{
    if (c == '<')
        text_put(t, "&lt;");
    else if (c == '>')
        text_put(t, "&gt;");
    else if (c == '&')
        text_put(t, "&amp;");
    else if (c == '"' || c == '\'')
        text_put_format(t, "&#%u;", c);
    else if (c < 0x20 || c >= 0x7f)
        text_put_format(t, "\\x%02x", c);
    else
        text_put_bytes(t, (const char *)&c, 1);
}

void html_put(struct text *t, const char *text)
{
    for (; *text; text++)
        put_byte(t, (unsigned char)*text);
}

void html_put_marked(struct text *t, const char *text)
{
    bool code = false;

    for (; *text; text++)
        if (*text == '`')
            text_put(t, (code = !code) ? "<code>" : "</code>");
        else
            put_byte(t, (unsigned char)*text);
    if (code)
        text_put(t, "</code>");
}

void html_put_ns(struct text *t, int64_t ns)
{
    char text[NS_TEXT_MAX];
    const char *space = strchr(ns_to_text(ns, text), ' ');

    text_put_bytes(t, text, (size_t)(space - text));
    text_put(t, "&nbsp;");
    text_put(t, strcmp(space, " us") == 0 ? "&micro;s" : space + 1);
}
