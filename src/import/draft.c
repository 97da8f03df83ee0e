#include "import/draft.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "conf/name.h"
#include "conf/number.h"

void draft_init(struct draft *d, const char *name)
{
    const char *slash = strrchr(name, '/');

    memset(d, 0, offsetof(struct draft, remark));
    d->name = name;
    d->base = slash ? slash + 1 : name;
    d->port = 123;
    d->remark[0] = '\0';
}

void draft_line(struct draft *d, unsigned line, const char *word)
{
    d->line = line;
    d->word = word;
    d->remarked = false;
}

void draft_line_end(struct draft *d) { d->count.translated += !d->remarked; }

void draft_remark(struct draft *d, const char *format, ...)
{
    size_t room = sizeof d->remark - d->remark_len;
    char text[768];
    int n;
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    d->remarked = true;
    d->count.remarks++;
    n = snprintf(d->remark + d->remark_len, room, "# %.200s:%u: %.60s: %s\n", d->base, d->line, d->word, text);
    if ((size_t)n < room)
        d->remark_len += (size_t)n;
    else
        d->remarks_full = true;
    d->remark[d->remark_len] = '\0';
}

void draft_cut(struct draft *d)
{
    draft_remark(d, "the line is too long and was not wholly read; split it, or write what is missing by hand");
}

void draft_unknown(struct draft *d, const char *what, const char *word)
{
    d->count.unknown++;
    draft_remark(d, "there is no %s \"%.60s\"; is it misspelt, or of another version? look it up in that program's manual", what, word);
}

/* -- settings ----------------------------------------------------------------------------------------------------------- */

static struct draft_setting *find(const struct draft *d, const char *section, const char *key)
{
    for (unsigned i = 0; i < d->settings; i++)
        if (strcmp(d->setting[i].section, section) == 0 && strcmp(d->setting[i].key, key) == 0)
            return (struct draft_setting *)&d->setting[i];
    return NULL;
}

bool draft_has(const struct draft *d, const char *section, const char *key)
{
    const struct draft_setting *s = find(d, section, key);

    return s && s->count > 0;
}

/* What is set is a row of our own tables, whatever stands in the file: there is room for all. */
static struct draft_setting *place(struct draft *d, const char *section, const char *key)
{
    struct draft_setting *s = find(d, section, key);

    if (s)
        return s;
    assert(d->settings < DRAFT_SETTINGS_MAX);
    s = &d->setting[d->settings++];
    *s = (struct draft_setting){ .section = section, .key = key, .line = d->line };
    return s;
}

void draft_set(struct draft *d, const char *section, const char *key, const char *format, ...)
{
    struct draft_setting *s = place(d, section, key);
    va_list args;

    s->line = d->line;
    s->count = 1;
    va_start(args, format);
    vsnprintf(s->value[0], sizeof s->value[0], format, args);
    va_end(args);
}

void draft_add(struct draft *d, const char *section, const char *key, const char *format, ...)
{
    struct draft_setting *s = place(d, section, key);
    char text[DRAFT_VALUE_MAX];
    va_list args;

    s->list = true;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (unsigned i = 0; i < s->count; i++)
        if (strcmp(s->value[i], text) == 0)
            return;
    if (s->count == DRAFT_ITEMS_MAX)
        draft_remark(d, "%s.%s takes %d items, this is one more; leave out what is least needed", section, key, DRAFT_ITEMS_MAX);
    else
        strcpy(s->value[s->count++], text);
}

bool draft_set_path(struct draft *d, const char *section, const char *key, const char *path)
{
    if (path[0] != '/' || strlen(path) > 250 || strpbrk(path, "\"\\?")) {
        draft_remark(d, "\"%.60s\" is no absolute path of plain text; set %s.%s by hand", path, section, key);
        return false;
    }
    draft_set(d, section, key, "\"%s\"", path);
    return true;
}

/* Without an exponent and without needless zeroes. */
static void decimal(double v, char out[32])
{
    size_t n = (size_t)snprintf(out, 32, "%.6f", v);

    while (out[n - 1] == '0')
        n--;
    out[n - (out[n - 1] == '.')] = '\0';
}

void draft_set_within(struct draft *d, const char *section, const char *key, const char *unit, double value, double low, double high)
{
    double v = fmin(fmax(value, low), high);
    char text[32];

    decimal(v, text);
    if (v != value)
        draft_remark(d, "%g%s is outside what %s.%s takes: %s%s stands there now; see whether that will do", value, unit, section, key, text, unit);
    draft_set(d, section, key, "%s%s", text, unit);
}

bool draft_integer(const char *text, int64_t *out)
{
    struct conf_number n;

    if (conf_int_parse(text, &n) != 0)
        return false;
    *out = n.i;
    return true;
}

bool draft_decimal(const char *text, double *out)
{
    char *end;

    if (!*text || strspn(text, "+-.0123456789eE") != strlen(text))
        return false;
    *out = strtod(text, &end);
    return *end == '\0' && *out > -1e15 && *out < 1e15;
}

/* -- sources -------------------------------------------------------------------------------------------------------------- */

/* One more under that name. NULL, and remarked: it is there already, or one too many. */
static struct draft_source *add_source(struct draft *d, bool pool, const char *host)
{
    struct draft_source *s;

    for (unsigned i = 0; i < d->sources; i++)
        if (strcasecmp(d->source[i].host, host) == 0) {
            draft_remark(d, "%.60s stands in line %u already, and one machine may not vote twice; nothing to do", host, d->source[i].line);
            return NULL;
        }
    if (d->sources == DRAFT_SOURCES_MAX) {
        draft_remark(d, "more than %d sources; choose the best ones", DRAFT_SOURCES_MAX);
        return NULL;
    }
    s = &d->source[d->sources++];
    *s = (struct draft_source){ .line = d->line, .pool = pool };
    snprintf(s->host, sizeof s->host, "%s", host);
    for (int i = 0; i < DRAFT_NUMBERS; i++)
        s->number[i] = DRAFT_UNSET;
    return s;
}

struct draft_source *draft_add_source(struct draft *d, bool pool, const char *host)
{
    if (conf_host_check(host) != 0) {
        draft_remark(d, "\"%.60s\" is no name or address of a server; add the source by hand", host);
        return NULL;
    }
    return add_source(d, pool, host);
}

#define ERROR_SENTENCES_S 0.5
#define ERROR_OTHER_S 0.001

struct draft_source *draft_add_reference(struct draft *d, int unit, const char *sock)
{
    char name[sizeof d->source[0].host];
    struct draft_source *s;

    if (unit < 0 && (sock[0] != '/' || strlen(sock) >= sizeof s->sock || strpbrk(sock, "\"\\"))) {
        draft_remark(d, "\"%.60s\" is no absolute path of a socket; add it by hand", sock);
        return NULL;
    }
    if (unit >= 0)
        snprintf(name, sizeof name, "SHM(%d)", unit);
    else
        snprintf(name, sizeof name, "SOCK(%s)", sock);
    s = add_source(d, false, name);
    if (!s)
        return NULL;
    s->reference = true;
    s->unit = unit;
    snprintf(s->sock, sizeof s->sock, "%s", unit < 0 ? sock : "");
    s->error_s = unit == 0 ? ERROR_SENTENCES_S : ERROR_OTHER_S;
    return s;
}

struct draft_source *draft_find_reference(struct draft *d, int unit)
{
    for (unsigned i = 0; i < d->sources; i++)
        if (d->source[i].reference && d->source[i].unit == unit)
            return &d->source[i];
    return NULL;
}

void draft_set_refid(struct draft *d, struct draft_source *s, const char *text)
{
    bool plain = strlen(text) < sizeof s->refid && *text && !strpbrk(text, "\"\\?"); /* '?' is what no ASCII was */

    if (plain)
        snprintf(s->refid, sizeof s->refid, "%s", text);
    else
        draft_remark(d, "\"%.20s\" is no reference id of up to four ASCII characters", text);
}

void draft_set_offset(struct draft *d, struct draft_source *s, const char *text)
{
    double v;

    if (draft_decimal(text, &v) && v >= -10 && v <= 10)
        s->offset_s = v;
    else
        draft_remark(d, "\"%.60s\" is no offset within 10 s; write it by hand", text);
}

void draft_number(struct draft *d, struct draft_source *s, enum draft_number which, const char *text, int64_t low, int64_t high)
{
    int64_t v;

    if (!draft_integer(text, &v)) {
        draft_remark(d, "\"%.60s\" is no whole number; write it by hand", text);
        return;
    }
    s->number[which] = v < low ? low : v > high ? high : v;
    if (s->number[which] != v)
        draft_remark(d, "%lld is outside %lld .. %lld: the nearer one stands there now; see whether that will do", (long long)v, (long long)low,
                     (long long)high);
}

static bool uses_keys(const struct draft *d)
{
    for (unsigned i = 0; i < d->sources; i++)
        if (d->source[i].number[DRAFT_KEY] != DRAFT_UNSET)
            return true;
    return false;
}

void draft_drop_unused_keys(struct draft *d)
{
    struct draft_setting *file = find(d, "keys", "file"), *format = find(d, "keys", "format");

    if (!file)
        return;
    assert(format); /* one is not set without the other */
    draft_line(d, file->line, "keys");
    if (uses_keys(d)) {
        draft_remark(d, "MD5 and SHA1 keys in %.200s are taken with keys.allow_legacy: true alone; better give both sides AES128 or SHA256 keys",
                     file->value[0]);
        return;
    }
    draft_remark(d, "no source uses a key; to answer clients by theirs say keys: { file: %.200s, format: %s }", file->value[0],
                 format->value[0]);
    file->count = format->count = 0;
}

/* -- who is answered, and where ---------------------------------------------------------------------------------------------- */

/* "192.168" for 192.168.0.0/16 and "192.168/16", as chrony has them. */
static void complete(const char *text, char *out, size_t size)
{
    size_t len = strcspn(text, "/");
    unsigned dots = 0;

    for (size_t i = 0; i < len; i++)
        dots += text[i] == '.';
    if (dots >= 3 || len == 0 || strspn(text, "0123456789.") < len)
        snprintf(out, size, "%s", text);
    else if (text[len])
        snprintf(out, size, "%.*s%s%s", (int)len, text, dots == 0 ? ".0.0.0" : dots == 1 ? ".0.0" : ".0", text + len);
    else
        snprintf(out, size, "%s%s/%u", text, dots == 0 ? ".0.0.0" : dots == 1 ? ".0.0" : ".0", 8 * (dots + 1));
}

static bool normal_net(const char *text, char *out, size_t size)
{
    char whole[80], host[80], at[ADDR_TEXT_MAX];
    struct net_addr a;
    int64_t bits, most;
    const char *slash;

    complete(text, whole, sizeof whole);
    slash = strchr(whole, '/');
    snprintf(host, sizeof host, "%.*s", (int)(slash ? slash - whole : (long)strlen(whole)), whole);
    if (strpbrk(host, "[]*%") || addr_from_text(host, 0, &a) != 0 || a.port)
        return false;
    most = a.family == ADDR_IPV4 ? 32 : 128;
    bits = most;
    if (slash && (!draft_integer(slash + 1, &bits) || bits < 0 || bits > most))
        return false;
    for (int64_t b = bits; b < most; b++)
        a.bytes[b / 8] &= (uint8_t) ~(0x80 >> b % 8);
    snprintf(out, size, "%s/%d", addr_to_text(&a, at), (int)bits);
    return true;
}

void draft_access(struct draft *d, enum draft_action action, const char *net)
{
    char text[sizeof d->net[0].net];
    unsigned i = 0;

    if (!normal_net(net, text, sizeof text)) {
        draft_remark(d, "\"%.60s\" is no numeric network; resolve the name and write its address into `access`", net);
        return;
    }
    while (i < d->nets && strcmp(d->net[i].net, text) != 0)
        i++;
    if (i == DRAFT_NETS_MAX) {
        draft_remark(d, "more than %d networks in the access list; write the others by hand", DRAFT_NETS_MAX);
        return;
    }
    d->nets += i == d->nets;
    strcpy(d->net[i].net, text);
    d->net[i].action = action;
    d->net[i].line = d->line;
}

/* Is `part`, a whole network, within the first `bits` bits of `whole`? */
static bool is_within(const char *part, const struct net_addr *whole, uint8_t bits)
{
    struct net_addr a;
    uint8_t part_bits;
    int err = conf_net_parse(part, &a, &part_bits);

    assert(err == 0);
    if (a.family != whole->family || part_bits < bits)
        return false;
    for (unsigned b = 0; b < bits; b++)
        if ((a.bytes[b / 8] ^ whole->bytes[b / 8]) & (0x80 >> b % 8))
            return false;
    return true;
}

void draft_forget_access(struct draft *d, const char *net)
{
    char text[sizeof d->net[0].net];
    struct net_addr whole;
    uint8_t bits;
    unsigned kept = 0;
    int err;

    if (!normal_net(net, text, sizeof text))
        return;
    err = conf_net_parse(text, &whole, &bits);
    assert(err == 0);
    for (unsigned i = 0; i < d->nets; i++)
        if (!is_within(d->net[i].net, &whole, bits))
            d->net[kept++] = d->net[i];
    d->nets = kept;
}

void draft_listen(struct draft *d, const char *section, const char *key, const char *address, unsigned port)
{
    char interface[ADDR_INTERFACE_MAX], text[ADDR_AT_TEXT_MAX];
    struct net_addr a;

    if (strpbrk(address, "\"\\?") || addr_at_from_text(address, (uint16_t)port, &a, interface) != 0) {
        draft_remark(d, "\"%.60s\" is no address to listen on; write it into %s.%s by hand", address, section, key);
        return;
    }
    draft_add(d, section, key, "\"%s\"", addr_at_to_text(&a, interface, text));
}
