#include "base/err.h"

const char *ue_text(int err)
{
    static const char *const text[UE_COUNT] = {
        [UE_NONE] = "no error",
#define ERR(name, sentence) [UE_##name] = sentence,
#include "base/err.def"
#undef ERR
    };

    unsigned which = err < 0 ? 0u - (unsigned)err : (unsigned)err; /* INT_MIN has no opposite number */

    return which < UE_COUNT ? text[which] : "unknown error";
}
