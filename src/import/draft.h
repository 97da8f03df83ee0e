/* The configuration that an import is making: what was understood, and a remark for what was not. */
#ifndef IMPORT_DRAFT_H
#define IMPORT_DRAFT_H

#include <stdint.h>

#include "import/import.h"

#define DRAFT_SOURCES_MAX 16
#define DRAFT_SETTINGS_MAX 48
#define DRAFT_ITEMS_MAX 16
#define DRAFT_NETS_MAX 96
#define DRAFT_VALUE_MAX 288
#define DRAFT_REMARKS_SIZE (192 * 1024)
#define DRAFT_UNSET INT64_MIN

enum draft_number { /* of a source; DRAFT_UNSET: our default */
    DRAFT_PORT, DRAFT_IBURST, DRAFT_MIN_POLL, DRAFT_MAX_POLL, DRAFT_PREFER, DRAFT_INTERLEAVED, DRAFT_MEMBERS, DRAFT_KEY, DRAFT_VERSION, DRAFT_NTS,
    DRAFT_NTS_PORT,
    DRAFT_NUMBERS
};

/* A reference clock has a unit of shared memory or a socket instead of a host, and what goes with it. */
struct draft_source {
    unsigned line;
    bool pool;
    char host[254];             /* of a reference clock: what it is called, "SHM(0)" */
    int64_t number[DRAFT_NUMBERS];
    bool reference;
    int unit;                   /* -1: sock */
    char sock[105], refid[5];
    double offset_s, error_s;
};

/* section.key; a list has several items. All text is YAML already. */
struct draft_setting { unsigned line; const char *section, *key; bool list; unsigned count; char value[DRAFT_ITEMS_MAX][DRAFT_VALUE_MAX]; };

enum draft_action { DRAFT_ALLOW, DRAFT_DENY, DRAFT_AUTHENTICATE, DRAFT_ACTIONS };

struct draft {
    const char *name;           /* of the file, printable, */
    const char *base;           /* and without its directory: each line is told by it */
    unsigned line;              /* where we are, and at which word; for remarks */
    const char *word;
    bool remarked;              /* of this line */
    struct import_count count;
    unsigned sources, settings, nets;
    struct draft_source source[DRAFT_SOURCES_MAX];
    struct draft_setting setting[DRAFT_SETTINGS_MAX];
    struct { unsigned line; enum draft_action action; char net[64]; } net[DRAFT_NETS_MAX];
    bool serves;                /* requests are answered, where not said otherwise on all addresses */
    unsigned port;              /* of the NTP server; 0: none */
    bool public_local;          /* a `local` statement reaches others */
    size_t remark_len;
    bool remarks_full;
    char remark[DRAFT_REMARKS_SIZE];
};

/* Makes it empty. name: of the file that is read, printable and borrowed. */
void draft_init(struct draft *d, const char *name);

/* The next line begins: remarks are about it. word: its first, borrowed. */
void draft_line(struct draft *d, unsigned line, const char *word);

/* The line is through: without a remark it counts as translated. */
void draft_line_end(struct draft *d);

/* What has no equivalent: why, and what to do. */
__attribute__((format(printf, 2, 3))) void draft_remark(struct draft *d, const char *format, ...);

/* The line has more than is read of one. */
void draft_cut(struct draft *d);

/* A word that the other daemon does not know either. */
void draft_unknown(struct draft *d, const char *what, const char *word);

/* section.key: value, instead of what was said before; for a list one more item, once. */
__attribute__((format(printf, 4, 5))) void draft_set(struct draft *d, const char *section, const char *key, const char *format, ...);
__attribute__((format(printf, 4, 5))) void draft_add(struct draft *d, const char *section, const char *key, const char *format, ...);

/* section.key: "path"; false, and remarked, when it is no absolute path of plain text. */
bool draft_set_path(struct draft *d, const char *section, const char *key, const char *path);

/* section.key from a number within low .. high, unit behind it; outside it is the nearer of the two, and remarked. */
void draft_set_within(struct draft *d, const char *section, const char *key, const char *unit, double value, double low, double high);

/* Is anything said for section.key? */
bool draft_has(const struct draft *d, const char *section, const char *key);

/* A source to fill in, all numbers unset. NULL, and remarked: no name of a server, one that is there already, or one too many. */
struct draft_source *draft_add_source(struct draft *d, bool pool, const char *host);

/* The same for a reference clock: a unit of shared memory, or (unit -1) a socket. Its error is a careful guess. */
struct draft_source *draft_add_reference(struct draft *d, int unit, const char *sock);

/* The reference clock of that unit, or NULL. */
struct draft_source *draft_find_reference(struct draft *d, int unit);

/* Up to four characters of plain text; remarked when it is none. */
void draft_set_refid(struct draft *d, struct draft_source *s, const char *text);

/* Within +-10 s; remarked when it is none. */
void draft_set_offset(struct draft *d, struct draft_source *s, const char *text);

/* A number of the source from text within low .. high; remarked when it is none. */
void draft_number(struct draft *d, struct draft_source *s, enum draft_number which, const char *text, int64_t low, int64_t high);

/* Whole decimal number. */
bool draft_integer(const char *text, int64_t *out);
bool draft_decimal(const char *text, double *out);

/* A network for the access list: "192.0.2.0/24", "192.0.2", "::1", with bits behind the prefix or without. */
void draft_access(struct draft *d, enum draft_action action, const char *net);

/* What was said about this network, or a part of it, was never said. */
void draft_forget_access(struct draft *d, const char *net);

/* An address to answer NTP on: "192.0.2.1", "*", "[::1]:123". */
void draft_listen(struct draft *d, const char *section, const char *key, const char *address, unsigned port);

/* A key file that no source uses is left out, with a remark: it need not exist, and what is in it is for clients only if somebody says so. */
void draft_drop_unused_keys(struct draft *d);

/* Makes what was collected sound as a whole, and writes it. */
void draft_write(struct draft *d, enum import_format format, char out[IMPORT_OUT_SIZE]);

#endif
