#include "admin/head.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* Of the whole head, its line ends apart: no control character but the tab; bytes above ASCII are opaque (RFC 9110 section 5.5). */
static bool is_odd(uint8_t c) { return (c < 0x20 && c != '\t') || c == 0x7f; }

/* Where the line that begins at `at` ends (its CR LF), or NULL; *verdict says why it can never do so. */
static const uint8_t *line_end(const uint8_t *at, const uint8_t *end, enum head_verdict *verdict)
{
    for (; at < end; at++) {
        if (at[0] == '\r' && at + 1 == end)
            break;
        if (at[0] == '\r' && at[1] == '\n')
            return at;
        if (is_odd(*at)) {
            *verdict = HEAD_BAD;
            break;
        }
    }
    return NULL;
}

/* name ":" and no space in between or before. */
static bool is_field(const uint8_t *at, const uint8_t *end)
{
    const uint8_t *colon = memchr(at, ':', (size_t)(end - at));

    return colon && colon > at && !memchr(at, ' ', (size_t)(colon - at)) && !memchr(at, '\t', (size_t)(colon - at));
}

/* Compared only where the line is long enough: what lies behind the bytes that came is nobody's. */
static bool is_named(const uint8_t *at, const uint8_t *end, const char *name_and_colon)
{
    size_t len = strlen(name_and_colon);

    return (size_t)(end - at) >= len && strncasecmp((const char *)at, name_and_colon, len) == 0;
}

/* Does the field say that a body follows? A length of 0 says that none does. */
static bool tells_of_body(const uint8_t *at, const uint8_t *end)
{
    const uint8_t *v = at + strlen("Content-Length:");

    if (!is_named(at, end, "Content-Length:"))
        return is_named(at, end, "Transfer-Encoding:");
    while (v < end && (*v == ' ' || *v == '\t'))
        v++;
    return end - v != 1 || *v != '0';
}

enum head_verdict head_look(const uint8_t *bytes, size_t len)
{
    const uint8_t *at = bytes, *end = bytes + len, *line;
    enum head_verdict verdict = HEAD_MORE;

    for (unsigned n = 0; (line = line_end(at, end, &verdict)) != NULL; at = line + 2, n++) {
        if (line == at)
            return n > 0 ? HEAD_WHOLE : HEAD_BAD;
        if (n == 0 && line - at > HEAD_REQUEST_LINE_MAX)
            return HEAD_URI_TOO_LONG;
        if (n > HEAD_FIELDS_MAX)
            return HEAD_TOO_LARGE;
        if (n > 0 && (!is_field(at, line) || tells_of_body(at, line)))
            return HEAD_BAD;
    }
    if (verdict == HEAD_MORE && at == bytes && len > HEAD_REQUEST_LINE_MAX)
        return HEAD_URI_TOO_LONG;
    if (verdict == HEAD_MORE && len >= HEAD_MAX)
        return HEAD_TOO_LARGE;
    return verdict;
}
