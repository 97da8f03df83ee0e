/* The one way to read and write bytes from outside: bounded, big-endian, with a sticky error.
 *
 * A read past the end returns 0 and sets `failed`; so does a write. Parse a whole structure, then ask once. */
#ifndef BASE_WIRE_H
#define BASE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span { const uint8_t *at; size_t len; }; /* borrowed bytes */

struct cursor {
    const uint8_t *at, *end;
    bool failed;
};

static inline struct cursor cursor_of(struct span s) { return (struct cursor){ s.at, s.at + s.len, false }; }
static inline size_t cursor_left(const struct cursor *c) { return (size_t)(c->end - c->at); }

/* n bytes as a borrowed span, or an empty one and `failed`. */
static inline struct span cursor_take(struct cursor *c, size_t n)
{
    struct span s = { c->at, n };

    if (c->failed || cursor_left(c) < n) {
        c->failed = true;
        return (struct span){ c->at, 0 };
    }
    c->at += n;
    return s;
}

static inline uint8_t cursor_u8(struct cursor *c)
{
    struct span s = cursor_take(c, 1);

    return s.len ? s.at[0] : 0;
}

static inline uint16_t cursor_u16(struct cursor *c)
{
    struct span s = cursor_take(c, 2);

    return s.len ? (uint16_t)(s.at[0] << 8 | s.at[1]) : 0;
}

static inline uint32_t cursor_u32(struct cursor *c)
{
    struct span s = cursor_take(c, 4);

    return s.len ? (uint32_t)s.at[0] << 24 | (uint32_t)s.at[1] << 16 | (uint32_t)s.at[2] << 8 | s.at[3] : 0;
}

static inline uint64_t cursor_u64(struct cursor *c)
{
    uint64_t hi = cursor_u32(c);

    return hi << 32 | cursor_u32(c);
}

struct writer {
    uint8_t *start, *at, *end;
    bool failed;
};

static inline struct writer writer_of(uint8_t *buf, size_t size) { return (struct writer){ buf, buf, buf + size, false }; }
static inline size_t writer_len(const struct writer *w) { return (size_t)(w->at - w->start); }

static inline void writer_bytes(struct writer *w, const void *p, size_t n)
{
    if (w->failed || (size_t)(w->end - w->at) < n) {
        w->failed = true;
        return;
    }
    memcpy(w->at, p, n);
    w->at += n;
}

static inline void writer_u8(struct writer *w, uint8_t v) { writer_bytes(w, &v, 1); }
static inline void writer_u16(struct writer *w, uint16_t v) { writer_bytes(w, (uint8_t[]){ (uint8_t)(v >> 8), (uint8_t)v }, 2); }
static inline void writer_u32(struct writer *w, uint32_t v) { writer_u16(w, (uint16_t)(v >> 16)); writer_u16(w, (uint16_t)v); }
static inline void writer_u64(struct writer *w, uint64_t v) { writer_u32(w, (uint32_t)(v >> 32)); writer_u32(w, (uint32_t)v); }

#endif
