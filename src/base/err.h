/* Errors of the world outside: 0 or -UE_..., passed on unchanged, told once by whoever decides.
 *
 * Our own bugs are asserts (kept in release, never on outside bytes). A peer's bad packet is no error but a
 * verdict (base/verdict.h), which indexes a counter. One row adds an error: err.def. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum ue {
    UE_NONE,
#define ERR(name, sentence) UE_##name,
#include "base/err.def"
#undef ERR
    UE_COUNT
};

/* The sentence of -UE_x or UE_x; never NULL. */
const char *ue_text(int err);

#endif
