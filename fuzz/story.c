/* A story of the simulator: read whole, or refused with a line, a column and clean text. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/story.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    struct story_error error = { 0 };
    struct story s;

    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (story_parse(&s, "f", text, &error) != 0) {
        assert(error.line > 0 && error.column > 0 && error.text[0]);
        for (const char *c = error.text; *c; c++)
            assert((unsigned char)*c >= 0x20 && *c != 0x7f);
    } else {
        assert(s.node_count <= STORY_NODES_MAX);
    }
    story_free(&s);
    free(text);
    return 0;
}
