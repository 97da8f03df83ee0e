#include "observe/snapshot.h"

#include <stdio.h>
#include <string.h>

const char *source_auth_text(enum source_auth a)
{
    static const char *const text[SOURCE_AUTH_COUNT] = { "none", "key", "nts" };

    return (unsigned)a < SOURCE_AUTH_COUNT ? text[a] : "unknown";
}

const char *source_state_text(enum source_state s)
{
    static const char *const text[SOURCE_STATE_COUNT] = {
        [SOURCE_UNUSED] = "unused",           [SOURCE_RESOLVING] = "resolving", [SOURCE_NEW] = "new",           [SOURCE_UNREACHABLE] = "unreachable",
        [SOURCE_FALSETICKER] = "falseticker", [SOURCE_OUTLIER] = "outlier",     [SOURCE_SELECTED] = "selected", [SOURCE_REFUSED] = "refused",
        [SOURCE_OFFLINE] = "offline",         [SOURCE_KEYLESS] = "keyless",
    };

    return (unsigned)s < SOURCE_STATE_COUNT ? text[s] : "unknown";
}

const char *leap_text(enum leap l)
{
    static const char *const text[] = { [LEAP_NONE] = "none", [LEAP_INSERT] = "insert", [LEAP_DELETE] = "delete" };

    return (unsigned)l < sizeof text / sizeof text[0] ? text[l] : "unknown";
}

const char *stamp_text(enum stamp s)
{
    static const char *const text[] = { [STAMP_USER] = "user", [STAMP_KERNEL] = "kernel", [STAMP_HARDWARE] = "hardware" };

    return (unsigned)s < sizeof text / sizeof text[0] ? text[s] : "unknown";
}

const char *text_printable(const char *text, char *out, size_t size)
{
    size_t n = 0;

    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        bool plain = c >= 0x20 && c < 0x7f && c != '\\';

        if (n + (plain ? 1 : 4) >= size)
            break;
        if (plain)
            out[n++] = (char)c;
        else
            n += (size_t)snprintf(out + n, size - n, "\\x%02x", c);
    }
    out[n] = '\0';
    return out;
}

const char *refid_to_text(uint32_t refid, unsigned stratum, char out[REFID_TEXT_MAX])
{
    const unsigned b[4] = { refid >> 24, refid >> 16 & 0xff, refid >> 8 & 0xff, refid & 0xff };
    char letters[5];

    if (stratum > 1) {
        snprintf(out, REFID_TEXT_MAX, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
        return out;
    }
    for (int i = 0; i < 4; i++)
        letters[i] = (char)b[i];
    letters[4] = '\0';
    return text_printable(letters, out, REFID_TEXT_MAX);
}

struct dur_ns clock_view_bound(const struct clock_view *v)
{
    return dur_max(utc_sub(v->utc, v->earliest), utc_sub(v->latest, v->utc));
}

