/* Bounded containers by macro: caller's storage, fixed capacity, full is an outcome.
 *
 * RING(name, type, capacity) makes struct name with name_push (drops the oldest when full), name_count and name_at (0 = oldest). */
#ifndef BASE_RING_H
#define BASE_RING_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#define RING(name, type, capacity) \
    struct name { uint32_t first, count; type item[capacity]; }; \
    static inline void name##_clear(struct name *r) { r->first = 0; r->count = 0; } \
    static inline uint32_t name##_count(const struct name *r) { return r->count; } \
    static inline const type *name##_at(const struct name *r, uint32_t i) { assert(i < r->count); return &r->item[(r->first + i) % (capacity)]; } \
    static inline void name##_push(struct name *r, type v) \
    { \
        r->item[(r->first + r->count) % (capacity)] = v; \
        if (r->count < (capacity)) \
            r->count++; \
        else \
            r->first = (r->first + 1) % (capacity); \
    }

#endif
