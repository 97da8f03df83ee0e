#include "observe/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"

struct text text_of(char *out, size_t size) { return (struct text){ .start = out, .at = out, .end = out + size }; }

/* One byte is kept for the final NUL. */
void text_put_bytes(struct text *t, const char *s, size_t len)
{
    if (t->full || (size_t)(t->end - t->at) <= len) {
        t->full = true;
        return;
    }
    memcpy(t->at, s, len);
    t->at += len;
}

void text_put(struct text *t, const char *s) { text_put_bytes(t, s, strlen(s)); }

void text_put_format(struct text *t, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(t->at, (size_t)(t->end - t->at), format, args);
    va_end(args);
    if (t->full || n < 0 || n >= t->end - t->at)
        t->full = true;
    else
        t->at += n;
}

/* Digits of v, the last at the end of `digits`; returns where they begin. A metrics page has thousands of numbers: printf would be most of its time. */
static char *digits_of(uint64_t v, char *end, unsigned least)
{
    for (; v > 0 || least > 0; v /= 10) {
        *--end = (char)('0' + v % 10);
        least -= least > 0;
    }
    return end;
}

void text_put_count(struct text *t, uint64_t v)
{
    char digits[20], *first = digits_of(v, digits + sizeof digits, 1);

    text_put_bytes(t, first, (size_t)(digits + sizeof digits - first));
}

void text_put_seconds(struct text *t, int64_t ns)
{
    uint64_t size = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns, part = size % (uint64_t)NS_PER_S;
    char digits[9], *last = digits + sizeof digits;

    if (ns < 0)
        text_put_bytes(t, "-", 1);
    text_put_count(t, size / (uint64_t)NS_PER_S);
    if (part == 0)
        return;
    digits_of(part, last, 9);
    while (last[-1] == '0')
        last--;
    text_put_bytes(t, ".", 1);
    text_put_bytes(t, digits, (size_t)(last - digits));
}

size_t text_end(struct text *t)
{
    *t->at = '\0';
    return t->full ? 0 : (size_t)(t->at - t->start);
}
