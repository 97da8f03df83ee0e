#include "sim/queue.h"

#include <stdlib.h>

static bool earlier(const struct sim_event *a, const struct sim_event *b)
{
    return a->at.ns != b->at.ns ? a->at.ns < b->at.ns : a->order < b->order;
}

void sim_queue_free(struct sim_queue *q)
{
    free(q->heap);
    *q = (struct sim_queue){ 0 };
}

static void grow(struct sim_queue *q)
{
    size_t room = q->room ? 2 * q->room : 64;
    struct sim_event *heap = realloc(q->heap, room * sizeof *heap);

    if (!heap)
        abort();
    q->heap = heap;
    q->room = room;
}

void sim_queue_push(struct sim_queue *q, const struct sim_event *e)
{
    struct sim_event new = *e;
    size_t i;

    if (q->count == q->room)
        grow(q);
    new.order = q->order++;
    for (i = q->count++; i > 0 && earlier(&new, &q->heap[(i - 1) / 2]); i = (i - 1) / 2)
        q->heap[i] = q->heap[(i - 1) / 2];
    q->heap[i] = new;
}

bool sim_queue_pop(struct sim_queue *q, struct sim_event *out)
{
    const struct sim_event *last;
    size_t i = 0, child;

    if (q->count == 0)
        return false;
    *out = q->heap[0];
    last = &q->heap[--q->count];
    while ((child = 2 * i + 1) < q->count) {
        if (child + 1 < q->count && earlier(&q->heap[child + 1], &q->heap[child]))
            child++;
        if (!earlier(&q->heap[child], last))
            break;
        q->heap[i] = q->heap[child];
        i = child;
    }
    q->heap[i] = *last;
    return true;
}
