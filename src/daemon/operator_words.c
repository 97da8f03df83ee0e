#include "daemon/operator_words.h"

#include <string.h>
#include <sys/mman.h>

struct operator_words *operator_words_new(void)
{
    void *memory = mmap(NULL, sizeof(struct operator_words), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

void operator_words_keep(struct operator_words *w, uint32_t generation, const struct engine_options *o, uint32_t offline)
{
    struct operator_copy *copy = &w->copy[(w->turn + 1) % 2];

    copy->generation = generation;
    copy->offline = offline;
    copy->source_count = o->source_count;
    memcpy(copy->source, o->source, sizeof copy->source);
    __atomic_store_n(&w->turn, w->turn + 1, __ATOMIC_RELEASE);
}

bool operator_words_recall(const struct operator_words *w, uint32_t generation, struct engine_options *o, uint32_t *offline)
{
    const struct operator_copy *copy = &w->copy[w->turn % 2];

    if (w->turn == 0 || copy->generation != generation)
        return false;
    o->source_count = copy->source_count;
    memcpy(o->source, copy->source, sizeof o->source);
    *offline = copy->offline;
    return true;
}
