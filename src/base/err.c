#include "base/err.h"

const char *ue_text(int err)
{
    static const char *const text[UE_COUNT] = {
        [UE_NONE] = "no error",
#define ERR(name, sentence) [UE_##name] = sentence,
#include "base/err.def"
#undef ERR
    };

    if (err < 0)
        err = -err;
    return err >= 0 && err < UE_COUNT ? text[err] : "unknown error";
}
