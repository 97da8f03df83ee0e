/* The control protocol, both sides: the bytes as a client's stream in pieces, and as an answer. */
#include <assert.h>
#include <string.h>

#include "observe/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_requests(const uint8_t *data, size_t size)
{
    static uint8_t answer[CONTROL_ANSWER_MAX];
    static struct snapshot s;
    struct control_conn c = { 0 };
    size_t piece = size ? data[0] % 32u + 1 : 1, used;
    enum control_outcome outcome = CONTROL_MORE;

    for (size_t at = 0; at < size && outcome != CONTROL_CLOSE; at += used) {
        struct control_request r;
        size_t len = size - at < piece ? size - at : piece;

        outcome = control_input(&c, (struct span){ data + at, len }, &used, &r);
        assert(used <= len && (used > 0 || outcome != CONTROL_MORE));
        if (outcome == CONTROL_REQUEST) {
            size_t answered = control_answer(&r, &s, answer, sizeof answer);

            assert(control_answer_size(answer) == answered);
        }
    }
}

/* What was read once is written and read again without a change. */
static void as_answer(const uint8_t *data, size_t size)
{
    static uint8_t answer[CONTROL_ANSWER_MAX];
    static struct snapshot first, second;
    const struct control_request all = { CONTROL_VERSION, CONTROL_VERB_SNAPSHOT, CONTROL_SECTIONS_ALL, false };
    enum control_result result;
    struct clock_view view;

    if (control_answer_read((struct span){ data, size }, &result, &first) != 0 || result != CONTROL_OK)
        return;
    page_view(&first.page, first.now, &view);
    memset(&first.clients, 0, sizeof first.clients); /* these two answer verbs of their own, no SNAPSHOT */
    memset(first.access, 0, sizeof first.access);
    first.access_count = 0;
    memset(first.text, 0, sizeof first.text);
    size = control_answer(&all, &first, answer, sizeof answer);
    assert(control_answer_read((struct span){ answer, size }, &result, &second) == 0);
    assert(memcmp(&first, &second, sizeof first) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    as_requests(data, size);
    as_answer(data, size);
    return 0;
}
