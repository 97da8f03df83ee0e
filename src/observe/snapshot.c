#include "observe/snapshot.h"

const char *source_state_text(enum source_state s)
{
    static const char *const text[SOURCE_STATE_COUNT] = {
        [SOURCE_UNUSED] = "unused",           [SOURCE_RESOLVING] = "resolving", [SOURCE_NEW] = "new",           [SOURCE_UNREACHABLE] = "unreachable",
        [SOURCE_FALSETICKER] = "falseticker", [SOURCE_OUTLIER] = "outlier",     [SOURCE_SELECTED] = "selected", [SOURCE_REFUSED] = "refused",
    };

    return (unsigned)s < SOURCE_STATE_COUNT ? text[s] : "unknown";
}
