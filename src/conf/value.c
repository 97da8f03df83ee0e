#include "conf/value.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "conf/name.h"
#include "conf/number.h"

/* bool */

static int read_bool(const struct conf_row *row, uint16_t port, const char *text, void *field)
{
    bool yes = strcmp(text, "true") == 0;

    (void)row;
    (void)port;
    if (!yes && strcmp(text, "false") != 0)
        return -UE_SYNTAX;
    *(bool *)field = yes;
    return 0;
}

static void write_bool(const struct conf_row *row, const void *field, size_t i, const struct conf_out *o)
{
    (void)row;
    (void)i;
    conf_out(o, "%s", *(const bool *)field ? "true" : "false");
}

/* enum */

bool conf_choice(const struct conf_row *row, size_t i, char *out)
{
    const char *s = row->min;
    size_t len;

    for (; i > 0; i--) {
        s = strchr(s, '|');
        if (!s)
            return false;
        s++;
    }
    len = strcspn(s, "|");
    assert(len < CONF_CHOICE_MAX);
    memcpy(out, s, len);
    out[len] = '\0';
    return true;
}

static int read_enum(const struct conf_row *row, uint16_t port, const char *text, void *field)
{
    char choice[CONF_CHOICE_MAX];

    (void)port;
    for (uint8_t i = 0; conf_choice(row, i, choice); i++)
        if (strcmp(text, choice) == 0) {
            *(uint8_t *)field = i;
            return 0;
        }
    return -UE_SYNTAX;
}

/* YAML 1.1, which many readers still speak, takes these for truth values. */
static bool is_switch_word(const char *word) { return strcmp(word, "on") == 0 || strcmp(word, "off") == 0; }

static void write_enum(const struct conf_row *row, const void *field, size_t i, const struct conf_out *o)
{
    char choice[CONF_CHOICE_MAX];

    (void)i;
    conf_choice(row, *(const uint8_t *)field, choice);
    conf_out(o, is_switch_word(choice) ? "\"%s\"" : "%s", choice);
}

/* text, path */

/* One line that a file can hold as it is: no control characters, no U+2028 and U+2029, which end lines, no U+FEFF, U+FFFE, U+FFFF. The text is UTF-8. */
static bool is_line(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if (*c < 0x20 || *c == 0x7f || (c[0] == 0xc2 && c[1] < 0xa0) || (c[0] == 0xe2 && c[1] == 0x80 && (c[2] & 0xfe) == 0xa8) ||
            (c[0] == 0xef && c[1] == 0xbb && c[2] == 0xbf) || (c[0] == 0xef && c[1] == 0xbf && c[2] >= 0xbe))
            return false;
    return true;
}

/* The row of a key is ours: its limits can be read. */
static struct conf_number limit_of(int (*parse)(const char *, struct conf_number *), const char *text)
{
    struct conf_number n = { 0 };
    int err = parse(text, &n);

    assert(err == 0);
    return n;
}

/* 1 .. limit bytes. */
static int text_from_text(const struct conf_row *row, const char *text, struct option_text *out)
{
    size_t len = strlen(text), limit = *row->max ? (size_t)limit_of(conf_int_parse, row->max).i : OPTION_TEXT_MAX - 1;

    if (len == 0 || !is_line(text))
        return -UE_SYNTAX;
    if (len > limit)
        return -UE_RANGE;
    memcpy(out->s, text, len + 1);
    return 0;
}

static int read_text(const struct conf_row *row, uint16_t port, const char *text, void *field)
{
    (void)port;
    return text_from_text(row, text, field);
}

static int read_path(const struct conf_row *row, uint16_t port, const char *text, void *field)
{
    (void)port;
    return text[0] == '/' ? text_from_text(row, text, field) : -UE_SYNTAX;
}

static void write_text(const struct conf_row *row, const void *field, size_t i, const struct conf_out *o)
{
    (void)row;
    (void)i;
    conf_out_quoted(o, ((const struct option_text *)field)->s);
}

/* host */

static int read_host(const struct conf_row *row, uint16_t port, const char *text, void *field)
{
    int err = conf_host_check(text);

    (void)port;
    return err ? err : text_from_text(row, text, field);
}

/* texts */

static int read_texts(const struct conf_row *row, uint16_t port, const char *text, void *field)
{
    struct option_texts *list = field;
    int err;

    (void)port;
    if (list->count == OPTION_LIST_MAX)
        return -UE_FULL;
    err = text_from_text(row, text, &list->item[list->count]);
    if (!err)
        list->count++;
    return err;
}

static void write_texts(const struct conf_row *row, const void *field, size_t i, const struct conf_out *o)
{
    (void)row;
    conf_out_quoted(o, ((const struct option_texts *)field)->item[i].s);
}

/* listen */

static int read_listen(const struct conf_row *row, uint16_t default_port, const char *text, void *field)
{
    struct option_addrs *list = field;
    int err;

    (void)row;
    if (list->count == OPTION_LIST_MAX)
        return -UE_FULL;
    err = addr_at_from_text(text, default_port, &list->item[list->count], list->interface[list->count]);
    if (!err)
        list->count++;
    return err;
}

static void write_listen(const struct conf_row *row, const void *field, size_t i, const struct conf_out *o)
{
    const struct option_addrs *list = field;
    char text[ADDR_AT_TEXT_MAX];

    (void)row;
    conf_out(o, "\"%s\"", addr_at_to_text(&list->item[i], list->interface[i], text));
}

/* nets */

static int read_nets(const struct conf_row *row, uint16_t port, const char *text, void *field)
{
    struct option_nets *list = field;
    struct net_addr addr;
    uint8_t bits;
    int err;

    (void)row;
    (void)port;
    if (list->count == OPTION_LIST_MAX)
        return -UE_FULL;
    err = conf_net_parse(text, &addr, &bits);
    if (err)
        return err;
    list->item[list->count].addr = addr;
    list->item[list->count].bits = bits;
    list->count++;
    return 0;
}

static void write_nets(const struct conf_row *row, const void *field, size_t i, const struct conf_out *o)
{
    const struct option_nets *list = field;
    char text[ADDR_TEXT_MAX];

    (void)row;
    conf_out(o, "\"%s/%u\"", addr_to_text(&list->item[i].addr, text), list->item[i].bits);
}

#define DURATION_PART(unit) "([0-9]+(\\.[0-9]+)?" unit ")?"
#define DURATION_PATTERN \
    "^-?(?=[0-9])" DURATION_PART("d") DURATION_PART("h") DURATION_PART("m") DURATION_PART("s") DURATION_PART("ms") DURATION_PART("us") DURATION_PART("ns") "$"

static const struct conf_kind kinds[] = {
    [CONF_BOOL] = { .noun = "true or false", .word = "true or false", .json_type = "boolean", .bare = true, .read = read_bool, .write = write_bool },
    [CONF_INT] = { .noun = "a whole number", .word = "number", .json_type = "integer", .bare = true, .parse = conf_int_parse, .format = conf_int_format },
    [CONF_DURATION] = { .noun = "a duration such as \"64s\", \"10ms\" or \"1h30m\"", .word = "duration", .json_type = "string", .pattern = DURATION_PATTERN,
                        .parse = conf_duration_parse, .format = conf_duration_format },
    [CONF_PPM] = { .noun = "a frequency such as \"1ppm\" or \"20ppb\"", .word = "frequency",
                   .json_type = "string", .pattern = "^[0-9]+(\\.[0-9]+)? ?pp[mb]$", .parse = conf_ppm_parse, .format = conf_ppm_format },
    [CONF_SIZE] = { .noun = "a size such as \"512B\", \"64KiB\" or \"1MB\"", .word = "size", .json_type = "string", .pattern = "^[0-9]+([kKMG]?B|[KMG]iB)$",
                    .parse = conf_size_parse, .format = conf_size_format },
    [CONF_ENUM] = { .noun = "one of", .word = "choice", .json_type = "string", .read = read_enum, .write = write_enum },
    [CONF_TEXT] = { .noun = "text", .word = "text", .json_type = "string", .read = read_text, .write = write_text },
    [CONF_HOST] = { .noun = "a host name, or a server's numeric address without port, link-local with its interface as in fe80::1%eth0, at most "
                              "253 characters", .word = "host name or address",
                    .json_type = "string", .read = read_host, .write = write_text },
    [CONF_PATH] = { .noun = "a path that begins with /, at most 255 characters", .word = "path", .json_type = "string", .pattern = "^/", .read = read_path,
                    .write = write_text },
    [CONF_TEXTS] = { .noun = "text", .word = "list of text", .json_type = "string", .list = true, .read = read_texts, .write = write_texts },
    [CONF_LISTEN] = { .noun = "a numeric address with a port from 1 to 65535, such as \"127.0.0.1:123\", \"[::1]:123\", \"*:123\" or, at one interface, "
                              "\"*%eth0:123\"", .word = "list of addresses", .json_type = "string", .list = true, .read = read_listen, .write = write_listen },
    [CONF_NETS] = { .noun = "a network such as \"192.0.2.0/24\" or \"2001:db8::/32\", prefix up to /32 or /128, nothing set behind the prefix",
                    .word = "list of networks", .json_type = "string", .list = true, .read = read_nets, .write = write_nets },
};

const struct conf_kind *conf_kind(enum conf_type type) { return &kinds[type]; }

size_t conf_field_size(enum conf_type type)
{
    static const size_t size[] = {
#define SIZE_OF(type) [CONF_##type] = sizeof(OPTION_C_##type)
        SIZE_OF(BOOL), SIZE_OF(INT), SIZE_OF(DURATION), SIZE_OF(PPM), SIZE_OF(SIZE), SIZE_OF(ENUM),
        SIZE_OF(TEXT), SIZE_OF(HOST), SIZE_OF(PATH), SIZE_OF(TEXTS), SIZE_OF(LISTEN), SIZE_OF(NETS),
#undef SIZE_OF
    };
    return size[type];
}

static bool below(struct conf_number a, struct conf_number b) { return a.i < b.i || a.d < b.d; }

/* The field holds the i or the d of a number, and nothing else. */
static int read_number(const struct conf_row *row, const char *text, void *field)
{
    const struct conf_kind *k = conf_kind(row->type);
    struct conf_number n;
    int err = k->parse(text, &n);

    if (err)
        return err;
    if ((*row->min && below(n, limit_of(k->parse, row->min))) || (*row->max && below(limit_of(k->parse, row->max), n)))
        return -UE_RANGE;
    memcpy(field, row->type == CONF_PPM ? (const void *)&n.d : &n.i, conf_field_size(row->type));
    return 0;
}

static void write_number(const struct conf_row *row, const void *field, const struct conf_out *o)
{
    struct conf_number n = { 0 };
    char text[CONF_NUMBER_TEXT_MAX];

    memcpy(row->type == CONF_PPM ? (void *)&n.d : &n.i, field, conf_field_size(row->type));
    conf_kind(row->type)->format(n, text);
    conf_out(o, "%s", text);
}

int conf_value_read(const struct conf_row *row, uint16_t default_port, const char *text, void *field)
{
    const struct conf_kind *k = conf_kind(row->type);

    return k->parse ? read_number(row, text, field) : k->read(row, default_port, text, field);
}

void conf_value_write(const struct conf_row *row, const void *field, size_t i, const struct conf_out *o)
{
    const struct conf_kind *k = conf_kind(row->type);

    if (k->parse)
        write_number(row, field, o);
    else
        k->write(row, field, i, o);
}

void conf_value_default(const struct conf_row *row, void *field)
{
    memset(field, 0, conf_field_size(row->type));
    if (*row->default_text) {
        int err = conf_value_read(row, 0, row->default_text, field);

        assert(err == 0);
    }
}

/* Every list begins with its count. */
size_t conf_list_count(const struct conf_row *row, const void *field) { return conf_kind(row->type)->list ? *(const uint32_t *)field : 0; }

bool conf_value_is_absent(const struct conf_row *row, const void *field)
{
    bool text = row->type == CONF_TEXT || row->type == CONF_HOST || row->type == CONF_PATH;

    return text && ((const struct option_text *)field)->s[0] == '\0';
}

static void expected_choices(const struct conf_row *row, char *out)
{
    char choice[CONF_CHOICE_MAX];
    size_t n = (size_t)snprintf(out, CONF_EXPECTED_MAX, "one of ");

    for (size_t i = 0; conf_choice(row, i, choice) && n < CONF_EXPECTED_MAX; i++)
        n += (size_t)snprintf(out + n, CONF_EXPECTED_MAX - n, "%s%s", i ? ", " : "", choice);
}

const char *conf_expected(const struct conf_row *row, char *out)
{
    const struct conf_kind *k = conf_kind(row->type);

    if (row->type == CONF_ENUM)
        expected_choices(row, out);
    else if (k->parse && *row->min && *row->max)
        snprintf(out, CONF_EXPECTED_MAX, "%s, from %s to %s", k->noun, row->min, row->max);
    else if ((row->type == CONF_TEXT || row->type == CONF_TEXTS) && *row->max)
        snprintf(out, CONF_EXPECTED_MAX, "%s of 1 to %s bytes", k->noun, row->max);
    else
        snprintf(out, CONF_EXPECTED_MAX, "%s", k->noun);
    return out;
}
