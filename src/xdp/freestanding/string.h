/* What base/ uses of <string.h>, for BPF, which has no C library. Eight bytes at a time where they lie: the kernel says when it loads the program whether
 * this machine can. */
#ifndef XDP_STRING_H
#define XDP_STRING_H

#include <stddef.h>
#include <stdint.h>

__attribute__((always_inline)) static inline void *memcpy(void *to, const void *from, size_t n)
{
    uint8_t *t = to;
    const uint8_t *f = from;
    size_t i = 0;

    for (; i + 8 <= n; i += 8)
        *(uint64_t *)(t + i) = *(const uint64_t *)(f + i);
    for (; i + 4 <= n; i += 4)
        *(uint32_t *)(t + i) = *(const uint32_t *)(f + i);
    for (; i + 2 <= n; i += 2)
        *(uint16_t *)(t + i) = *(const uint16_t *)(f + i);
    for (; i < n; i++)
        t[i] = f[i];
    return to;
}

#define memset __builtin_memset
#define memcmp __builtin_memcmp

#endif
