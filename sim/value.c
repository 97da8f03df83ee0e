#include "sim/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 291 years: an int64_t holds it however a double rounds it. */
#define DURATION_MAX_NS 9.2e18

#define RATIO_MAX 0.1 /* of a frequency: base/page.h has no line for more */

/* A number at the head of the word; *rest is what follows. Neither hexadecimal nor inf nor nan. */
static bool head_number(const char *word, const char **rest, double *out)
{
    const char *digits = word + strspn(word, "+-");
    char *end;

    if (digits - word > 1 || !strchr("0123456789.", *digits) || *digits == '\0' || (digits[0] == '0' && (digits[1] | 32) == 'x'))
        return false;
    *out = strtod(word, &end);
    *rest = end;
    return end != word && isfinite(*out);
}

bool value_number(const char *word, double *out)
{
    const char *rest;
    double v;

    if (!head_number(word, &rest, &v) || *rest != '\0')
        return false;
    *out = v;
    return true;
}

bool value_integer(const char *word, int64_t *out)
{
    double v;

    if (!value_number(word, &v) || v != floor(v) || fabs(v) > 0x1p53)
        return false;
    *out = (int64_t)v;
    return true;
}

static const struct unit { const char *name; double ns; } units[] = {
    { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { "m", 60e9 }, { "h", 3600e9 }, { "d", 86400e9 },
};

static const struct unit *unit_of(const char *at, size_t len)
{
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strlen(units[i].name) == len && strncmp(units[i].name, at, len) == 0)
            return &units[i];
    return NULL;
}

bool value_duration(const char *word, struct dur_ns *out)
{
    double sum_ns = 0, v;
    const char *rest = word;

    if (value_number(word, &v)) {
        if (fabs(v) * 1e9 > DURATION_MAX_NS)
            return false;
        *out = dur_from_s(v);
        return true;
    }
    while (*rest != '\0') {
        const struct unit *u;
        size_t len;

        if (rest != word && strchr("+-", *rest))
            return false;
        if (!head_number(rest, &rest, &v))
            return false;
        len = strspn(rest, "abcdefghijklmnopqrstuvwxyz");
        u = unit_of(rest, len);
        if (!u)
            return false;
        sum_ns += v * u->ns * (word[0] == '-' && sum_ns != 0 ? -1 : 1);
        rest += len;
    }
    if (rest == word || fabs(sum_ns) > DURATION_MAX_NS)
        return false;
    *out = (struct dur_ns){ (int64_t)llround(sum_ns) };
    return true;
}

static bool suffixed(const char *word, const char *suffix, double *v)
{
    const char *rest;

    return head_number(word, &rest, v) && strcmp(rest, suffix) == 0;
}

bool value_ratio(const char *word, double *out)
{
    static const struct { const char *suffix; double factor; } scale[] = { { "", 1 }, { "ppm", 1e-6 }, { "ppb", 1e-9 } };
    double v;

    for (size_t i = 0; i < sizeof scale / sizeof scale[0]; i++)
        if (suffixed(word, scale[i].suffix, &v)) {
            *out = v * scale[i].factor;
            return fabs(*out) <= RATIO_MAX;
        }
    return false;
}

bool value_percent(const char *word, double *out)
{
    double v;

    if (!suffixed(word, "%", &v) || v < 0 || v > 100)
        return false;
    *out = v / 100;
    return true;
}

bool value_date(const char *word, struct utc_ns *out)
{
    unsigned month, day, hour = 0, minute = 0, second = 0;
    int year, used = 0, whole = (int)strlen(word);
    struct civil c;

    if (sscanf(word, "%4d-%2u-%2u%n", &year, &month, &day, &used) != 3)
        return false;
    if (used != whole && (sscanf(word, "%4d-%2u-%2uT%2u:%2u:%2uZ%n", &year, &month, &day, &hour, &minute, &second, &used) != 6 || used != whole))
        return false;
    c = (struct civil){ .year = year, .month = (uint8_t)month, .day = (uint8_t)day };
    c.hour = (uint8_t)hour;
    c.minute = (uint8_t)minute;
    c.second = (uint8_t)second;
    return civil_to_utc(&c, out) == 0;
}

#define WORD_MAX 40

/* Edit distance; words longer than WORD_MAX are far from everything. */
static size_t distance(const char *a, const char *b)
{
    size_t la = strlen(a), lb = strlen(b), row[WORD_MAX + 1];

    if (la > WORD_MAX || lb > WORD_MAX)
        return WORD_MAX;
    for (size_t j = 0; j <= lb; j++)
        row[j] = j;
    for (size_t i = 1; i <= la; i++) {
        size_t corner = row[0];

        row[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            size_t best = corner + (a[i - 1] != b[j - 1]);

            corner = row[j];
            best = row[j] + 1 < best ? row[j] + 1 : best;
            row[j] = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
        }
    }
    return row[lb];
}

const char *nearest_word(const char *word, const char *const *words, size_t count)
{
    size_t best = strlen(word) / 2 + 1;
    const char *found = NULL;

    for (size_t i = 0; i < count; i++) {
        size_t d = distance(word, words[i]);

        if (d < best) {
            best = d;
            found = words[i];
        }
    }
    return found;
}
