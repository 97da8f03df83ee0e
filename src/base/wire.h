/* The one way to read and write bytes from outside: bounded, big-endian, with a sticky error.
 *
 * A read past the end returns 0 and sets `failed`; so does a write. Parse a whole structure, then ask once. */
#ifndef BASE_WIRE_H
#define BASE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Big-endian numbers at a place whose bounds are known, on any machine; compilers make one instruction of each. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define WIRE_SWAP(bits, v) __builtin_bswap##bits(v)
#else
#define WIRE_SWAP(bits, v) (v)
#endif
#define WIRE_UINT(bits) \
    static inline uint##bits##_t wire_get##bits(const uint8_t *p) \
    { \
        uint##bits##_t v; \
        memcpy(&v, p, sizeof v); \
        return WIRE_SWAP(bits, v); \
    } \
    static inline void wire_put##bits(uint8_t *p, uint##bits##_t v) \
    { \
        v = WIRE_SWAP(bits, v); \
        memcpy(p, &v, sizeof v); \
    }
WIRE_UINT(16)
WIRE_UINT(32)
WIRE_UINT(64) /* wire_get64, wire_put64 */
#undef WIRE_UINT

struct span { const uint8_t *at; size_t len; }; /* borrowed bytes */

struct cursor {
    const uint8_t *at, *end;
    bool failed;
};

/* An empty span may have no address, and nothing is added to that. */
static inline struct cursor cursor_of(struct span s) { return (struct cursor){ s.at, s.len ? s.at + s.len : s.at, false }; }
static inline size_t cursor_left(const struct cursor *c) { return (size_t)(c->end - c->at); }

/* n bytes as a borrowed span, or an empty one and `failed`. */
static inline struct span cursor_take(struct cursor *c, size_t n)
{
    struct span s = { c->at, n };

    if (c->failed || cursor_left(c) < n) {
        c->failed = true;
        return (struct span){ c->at, 0 };
    }
    if (n > 0)
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

    return s.len ? wire_get16(s.at) : 0;
}

static inline uint32_t cursor_u32(struct cursor *c)
{
    struct span s = cursor_take(c, 4);

    return s.len ? wire_get32(s.at) : 0;
}

static inline uint64_t cursor_u64(struct cursor *c)
{
    struct span s = cursor_take(c, 8);

    return s.len ? wire_get64(s.at) : 0;
}

struct writer {
    uint8_t *start, *at, *end;
    bool failed;
};

static inline struct writer writer_of(uint8_t *buf, size_t size) { return (struct writer){ buf, buf, buf + size, false }; }
static inline size_t writer_len(const struct writer *w) { return (size_t)(w->at - w->start); }

/* Room for n bytes, or NULL and `failed`. */
static inline uint8_t *writer_take(struct writer *w, size_t n)
{
    uint8_t *p = w->at;

    if (w->failed || (size_t)(w->end - w->at) < n) {
        w->failed = true;
        return NULL;
    }
    w->at += n;
    return p;
}

static inline void writer_bytes(struct writer *w, const void *p, size_t n)
{
    uint8_t *to = writer_take(w, n);

    if (to && n > 0) /* nothing may be nowhere */
        memcpy(to, p, n);
}

static inline void writer_u8(struct writer *w, uint8_t v) { writer_bytes(w, &v, 1); }

#define WRITER_UINT(name, put, type) \
    static inline void name(struct writer *w, type v) \
    { \
        uint8_t *p = writer_take(w, sizeof v); \
        if (p) \
            put(p, v); \
    }
WRITER_UINT(writer_u16, wire_put16, uint16_t)
WRITER_UINT(writer_u32, wire_put32, uint32_t)
WRITER_UINT(writer_u64, wire_put64, uint64_t)
#undef WRITER_UINT

#endif
