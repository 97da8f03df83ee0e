/* Other daemons' configuration as one of ours: bytes to text.
 *
 * Every line is either translated or named in a remark that says why not and what to do; nothing is left out silently. What comes out is a
 * configuration that is right by itself (files it names, such as keys, have to exist where it is used). Read are the files of chrony, of ntpd and
 * NTPsec, of ntpd-rs (ntp.toml) and of systemd-timesyncd. Files that those include are not followed: a remark names them. */
#ifndef IMPORT_IMPORT_H
#define IMPORT_IMPORT_H

#include <stdbool.h>
#include <stddef.h>

enum import_format { IMPORT_CHRONY, IMPORT_NTP, IMPORT_NTPD_RS, IMPORT_TIMESYNCD, IMPORT_FORMATS };

struct import_count {
    unsigned translated;    /* lines with an equivalent */
    unsigned remarks;       /* lines, or parts of lines, without */
    unsigned unknown;       /* remarks about what the other daemon would not understand either */
};

#define IMPORT_SIZE_MAX (128 * 1024) /* of what is read */
#define IMPORT_OUT_SIZE (256 * 1024)

struct draft; /* import/draft.h; half a megabyte to work in, afterwards its count tells the outcome */

/* Translates `len` bytes of the file called `name` into out, NUL-terminated; false, with nothing in it, when len is above IMPORT_SIZE_MAX. */
bool import_translate(enum import_format format, const char *name, const char *bytes, size_t len, struct draft *work, char out[IMPORT_OUT_SIZE]);

/* "chrony", "ntp", "ntpd-rs", "timesyncd". */
const char *import_format_name(enum import_format format);

/* What a file is called after: chrony.conf, ntp.conf, ntpsec's ntp.conf, ntp.toml, timesyncd.conf; false when the name does not tell. */
bool import_format_of(const char *path, enum import_format *out);

#endif
