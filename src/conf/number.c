#include "conf/number.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/time.h"

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* *v = *v * by + add, unless that is too much. */
static bool grow(uint64_t *v, uint64_t by, uint64_t add)
{
    uint64_t r;

    if (__builtin_mul_overflow(*v, by, &r) || __builtin_add_overflow(r, add, &r))
        return false;
    *v = r;
    return true;
}

/* Digits at *s, at least one and no needless zero before them. */
static int read_digits(const char **s, uint64_t *out)
{
    uint64_t v = 0;

    if (!is_digit(**s) || (**s == '0' && is_digit((*s)[1])))
        return -UE_SYNTAX;
    for (; is_digit(**s); ++*s)
        if (!grow(&v, 10, (uint64_t)(**s - '0')))
            return -UE_RANGE;
    *out = v;
    return 0;
}

int conf_int_parse(const char *text, struct conf_number *out)
{
    bool negative = *text == '-';
    uint64_t v;
    int err;

    text += negative;
    err = read_digits(&text, &v);
    if (err)
        return err;
    if (*text)
        return -UE_SYNTAX;
    if (v > INT64_MAX)
        return -UE_RANGE;
    *out = (struct conf_number){ .i = negative ? -(int64_t)v : (int64_t)v };
    return 0;
}

void conf_int_format(struct conf_number n, char *out) { snprintf(out, CONF_NUMBER_TEXT_MAX, "%lld", (long long)n.i); }

static const struct { const char *name; int64_t ns; } time_unit[] = {
    { "d", 86400 * NS_PER_S }, { "h", 3600 * NS_PER_S }, { "m", 60 * NS_PER_S }, { "s", NS_PER_S }, { "ms", NS_PER_MS }, { "us", NS_PER_US }, { "ns", 1 }
};
#define TIME_UNITS (sizeof time_unit / sizeof time_unit[0])

/* The unit at *s, looked for from number `from` on, so that units descend. */
static size_t read_time_unit(const char **s, size_t from)
{
    size_t letters = strspn(*s, "dhmsun");

    for (size_t u = from; u < TIME_UNITS; u++)
        if (strlen(time_unit[u].name) == letters && strncmp(*s, time_unit[u].name, letters) == 0) {
            *s += letters;
            return u;
        }
    return TIME_UNITS;
}

/* "1.5": the digits after the point are weighed once the unit behind them is known. */
static int add_part(const char **s, size_t *unit, uint64_t *total_ns)
{
    const char *fraction = "";
    uint64_t whole;
    uint64_t weight;
    int err = read_digits(s, &whole);

    if (err)
        return err;
    if (**s == '.') {
        fraction = ++*s;
        if (!is_digit(**s))
            return -UE_SYNTAX;
        *s += strspn(*s, "0123456789");
    }
    *unit = read_time_unit(s, *unit);
    if (*unit == TIME_UNITS)
        return -UE_SYNTAX;
    weight = (uint64_t)time_unit[*unit].ns;
    ++*unit;
    if (!grow(&whole, weight, *total_ns))
        return -UE_RANGE;
    *total_ns = whole;
    for (; is_digit(*fraction); fraction++) {
        if (weight % 10)
            return -UE_RANGE; /* finer than a nanosecond */
        weight /= 10;
        *total_ns += weight * (uint64_t)(*fraction - '0');
    }
    return 0;
}

int conf_duration_parse(const char *text, struct conf_number *out)
{
    bool negative = *text == '-';
    uint64_t total_ns = 0;
    size_t unit = 0;

    text += negative;
    do {
        int err = add_part(&text, &unit, &total_ns);

        if (err)
            return err;
    } while (*text);
    if (total_ns > INT64_MAX)
        return -UE_RANGE;
    *out = (struct conf_number){ .i = negative ? -(int64_t)total_ns : (int64_t)total_ns };
    return 0;
}

void conf_duration_format(struct conf_number n, char *out)
{
    int64_t rest_ns = n.i;
    size_t used = 0;

    if (rest_ns == 0)
        strcpy(out, "0s");
    if (rest_ns < 0)
        out[used++] = '-';
    for (size_t u = 0; u < TIME_UNITS; u++) {
        if (rest_ns / time_unit[u].ns)
            used += (size_t)snprintf(out + used, CONF_NUMBER_TEXT_MAX - used, "%lld%s", llabs(rest_ns / time_unit[u].ns), time_unit[u].name);
        rest_ns %= time_unit[u].ns;
    }
}

/* At most 15 digits over a power of ten, so the one division is exact to the last bit. */
int conf_ppm_parse(const char *text, struct conf_number *out)
{
    uint64_t digits = 0;
    double scale = 1;
    unsigned count = 0;
    bool point = false;

    if (!is_digit(*text))
        return -UE_SYNTAX;
    for (; is_digit(*text) || (*text == '.' && !point && is_digit(text[1])); text++) {
        if (*text == '.') {
            point = true;
            continue;
        }
        if (++count > 15)
            return -UE_RANGE;
        digits = digits * 10 + (uint64_t)(*text - '0');
        scale *= point ? 10 : 1;
    }
    text += *text == ' ';
    if (strcmp(text, "ppb") == 0)
        scale *= 1000;
    else if (strcmp(text, "ppm") != 0)
        return -UE_SYNTAX;
    *out = (struct conf_number){ .d = (double)digits / scale };
    return 0;
}

/* The shortest decimal that reads back the same. */
void conf_ppm_format(struct conf_number n, char *out)
{
    struct conf_number back = { 0 };
    int decimals = 0;

    do {
        int err;

        snprintf(out, CONF_NUMBER_TEXT_MAX, "%.*fppm", decimals, n.d);
        err = conf_ppm_parse(out, &back);
        assert(err == 0); /* at most 15 digits were read: from 1 ppm on the loop ends with them, below there is one digit before the point */
    } while ((back.d < n.d || back.d > n.d) && ++decimals < 15);
}

static const struct { const char *name; uint64_t bytes; } size_unit[] = {
    { "", 1 }, { "B", 1 }, { "kB", 1000 }, { "KB", 1000 }, { "KiB", 1024 }, { "MB", 1000000 }, { "MiB", 1 << 20 }, { "GB", 1000000000 }, { "GiB", 1 << 30 }
};

int conf_size_parse(const char *text, struct conf_number *out)
{
    uint64_t v;
    int err = read_digits(&text, &v);

    if (err)
        return err;
    for (size_t u = 0; u < sizeof size_unit / sizeof size_unit[0]; u++)
        if (strcmp(text, size_unit[u].name) == 0) {
            if (!grow(&v, size_unit[u].bytes, 0) || v > INT64_MAX)
                return -UE_RANGE;
            *out = (struct conf_number){ .i = (int64_t)v };
            return 0;
        }
    return -UE_SYNTAX;
}

void conf_size_format(struct conf_number n, char *out) { snprintf(out, CONF_NUMBER_TEXT_MAX, "%lldB", (long long)n.i); }
