/* What stands before the HTTP library: heads in pieces, and by which name we are called. A head that is whole stays so with every byte more; what is refused is
 * refused whatever follows; and nothing that two readers could understand differently comes through. */
#include <assert.h>
#include <string.h>

#include "admin/authority.h"
#include "admin/head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In a whole head there is no lone CR or LF and no other control character than the tab, and each line after the first has a name before its colon. */
static void check_whole(const uint8_t *bytes, size_t len)
{
    const uint8_t *end = memmem(bytes, len, "\r\n\r\n", 4), *line;

    assert(end);
    for (const uint8_t *at = bytes; at < end; at++)
        assert(*at == '\r' ? at[1] == '\n' : *at == '\n' ? at > bytes && at[-1] == '\r' : *at == '\t' || (*at >= 0x20 && *at != 0x7f));
    for (line = memmem(bytes, (size_t)(end + 2 - bytes), "\r\n", 2) + 2; line < end; line = memmem(line, (size_t)(end + 2 - line), "\r\n", 2) + 2) {
        assert(*line != ' ' && *line != '\t' && *line != ':');
        assert(end - line < 18 || strncasecmp((const char *)line, "Transfer-Encoding:", 18) != 0);
    }
}

static void look(const uint8_t *data, size_t size)
{
    enum head_verdict before = HEAD_MORE;

    if (size > HEAD_MAX)
        size = HEAD_MAX;
    for (size_t len = size > 64 ? size - 64 : 0; len <= size; len++) {
        enum head_verdict v = head_look(data, len);

        assert(before == HEAD_MORE || v == before);
        before = v;
    }
    assert(before != HEAD_MORE || size < HEAD_MAX);
    if (before == HEAD_WHOLE)
        check_whole(data, size);
}

/* The name of somebody else's machine is never ours, whatever stands around it. */
static void called(const uint8_t *data, size_t size)
{
    static const struct option_texts none, names = { 1, { { "time.example" } } };
    char text[256];
    size_t len = size < sizeof text ? size : sizeof text - 1;

    memcpy(text, data, len);
    text[len] = '\0';
    assert(!authority_is_ours(text, &none) || authority_is_ours(text, &names));
    assert(!authority_origin_is_ours(text, &none) || authority_origin_is_ours(text, &names));
    if (authority_is_ours(text, &none) && !strchr(text, '[') && strspn(text, "0123456789.:abcdefABCDEF%") != strlen(text))
        assert(strncasecmp(text, "localhost", 9) == 0 || strchr(text, '%') || strchr(text, ':'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    look(data, size);
    called(data, size);
    return 0;
}
