#include "import/import.h"

#include <string.h>

#include "import/draft.h"
#include "import/formats.h"

static const struct { const char *name, *file; void (*read)(struct draft *, const char *, size_t); } formats[IMPORT_FORMATS] = {
    [IMPORT_CHRONY] = { "chrony", "chrony.conf", import_chrony },
    [IMPORT_NTP] = { "ntp", "ntp.conf", import_ntp },
    [IMPORT_NTPD_RS] = { "ntpd-rs", "ntp.toml", import_ntpd_rs },
    [IMPORT_TIMESYNCD] = { "timesyncd", "timesyncd.conf", import_timesyncd },
};

const char *import_format_name(enum import_format format) { return formats[format].name; }

bool import_format_of(const char *path, enum import_format *out)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

    for (int i = 0; i < IMPORT_FORMATS; i++)
        if (strncmp(name, formats[i].file, strlen(formats[i].file)) == 0) {
            *out = (enum import_format)i;
            return true;
        }
    return false;
}

/* Comments are lines of clean text. */
static void printable(const char *name, char *out, size_t size)
{
    size_t n = 0;

    for (; *name && n < size - 1; name++)
        out[n++] = *name < 0x20 || *name > 0x7e ? '?' : *name;
    out[n] = '\0';
}

bool import_translate(enum import_format format, const char *name, const char *bytes, size_t len, struct draft *work, char out[IMPORT_OUT_SIZE])
{
    char shown[201];

    out[0] = '\0';
    if (len > IMPORT_SIZE_MAX)
        return false;
    printable(name, shown, sizeof shown);
    draft_init(work, shown);
    formats[format].read(work, bytes, len);
    draft_write(work, format, out);
    work->name = work->base = NULL;
    return true;
}
