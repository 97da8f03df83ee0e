/* A leap second file is taken whole or not at all. */
#include "base/test.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "clock/leap_table.h"
#include "crypto/hash.h"

/* A small list with its right hash; `entries` is the data part. */
static struct span list(const char *update, const char *expiry, const char *entries)
{
    static char text[4096];
    char digits[2048] = "", hash[64] = "";
    uint8_t d[CRYPTO_SHA1_SIZE];

    strcat(strcat(digits, update), expiry);
    for (const char *line = entries; *line; line = strchr(line, '\n') + 1)
        for (const char *c = line; *c && *c != '#' && *c != '\n'; c++)
            if (*c >= '0' && *c <= '9')
                strncat(digits, c, 1);
    crypto_sha1(digits, strlen(digits), d);
    for (int i = 0; i < CRYPTO_SHA1_SIZE; i++)
        snprintf(hash + strlen(hash), sizeof hash - strlen(hash), "%s%02x", i % 4 == 0 ? " " : "", d[i]);
    snprintf(text, sizeof text, "# a comment\n#$\t%s\n#@\t%s\n%s#h%s\n", update, expiry, entries, hash);
    return (struct span){ (const uint8_t *)text, strlen(text) };
}

#define GOOD "2272060800\t10\t# 1 Jan 1972\n2287785600\t11\t# 1 Jul 1972\n2303683200\t12\n"

static struct leap_verdict read_list(struct span s)
{
    static struct leap_table t;
    static const struct leap_table untouched = { .count = 77 };
    struct leap_verdict v;

    t = untouched;
    v = leap_table_from_list(s, &t);
    if (v.fault)
        assert_memory_equal(&t, &untouched, sizeof t);
    else
        assert_in_range(t.count, 1, LEAP_ENTRIES_MAX);
    return v;
}

static struct span file(const char *path)
{
    static uint8_t bytes[2][LEAP_FILE_MAX];
    static int turn;
    FILE *f = fopen(path, "rb");
    struct span s = { bytes[turn ^= 1], 0 };

    assert_non_null(f);
    s.len = fread(bytes[turn], 1, LEAP_FILE_MAX, f);
    fclose(f);
    return s;
}

static void the_systems_own_files_are_read_and_agree(void **state)
{
    static struct leap_table a, b;

    (void)state;
    assert_int_equal(leap_table_from_list(file("/usr/share/zoneinfo/leap-seconds.list"), &a).fault, LEAP_OK);
    assert_int_equal(leap_table_from_tzif(file("/usr/share/zoneinfo/right/UTC"), &b).fault, LEAP_OK);
    assert_in_range(a.count, 28, LEAP_ENTRIES_MAX);
    assert_int_equal(a.count, b.count);
    assert_memory_equal(a.entry, b.entry, a.count * sizeof a.entry[0]);
    assert_int_equal(leap_table_at(&a, (struct utc_ns){ INT64_C(1483228800) * NS_PER_S - 1 }), 36);
    assert_int_equal(leap_table_at(&a, (struct utc_ns){ INT64_C(1483228800) * NS_PER_S }), 37);
}

/* Does the digit at i carry meaning: in a #$, #@ or #h line, or before the comment of a data line? */
static bool counts(struct span s, size_t i)
{
    size_t start = i;

    if (s.at[i] < '0' || s.at[i] > '9')
        return false;
    while (start > 0 && s.at[start - 1] != '\n')
        start--;
    if (s.at[start] == '#')
        return strchr("$@h", s.at[start + 1]) != NULL;
    return memchr(s.at + start, '#', i - start) == NULL;
}

static void LEAP_01_a_wrong_hash_is_refused(void **state)
{
    struct span s = list("3960835200", "3991593600", GOOD);
    uint8_t copy[4096];
    unsigned digits = 0;

    (void)state;
    assert_int_equal(read_list(s).fault, LEAP_OK);
    for (size_t i = 0; i < s.len; i++) {
        if (!counts(s, i))
            continue;
        memcpy(copy, s.at, s.len);
        copy[i] = copy[i] == '9' ? '8' : (uint8_t)(copy[i] + 1);
        assert_int_not_equal(read_list((struct span){ copy, s.len }).fault, LEAP_OK);
        digits++;
    }
    assert_true(digits > 60);
}

static void LEAP_01_a_missing_or_malformed_hash_is_refused(void **state)
{
    static const char *const bad[] = {
        "#$ 1\n#@ 2\n2272060800 10\n",
        "#$ 1\n#@ 2\n2272060800 10\n#h 1 2 3 4\n",
        "#$ 1\n#@ 2\n2272060800 10\n#h 1 2 3 4 5 6\n",
        "#$ 1\n#@ 2\n2272060800 10\n#h 1 2 3 4 123456789\n",
        "#$ 1\n#@ 2\n2272060800 10\n#h 1 2 3 4 g\n",
        "#$ 1\n#@ 2\n2272060800 10\n#h 1 2 3 4 z\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(read_list((struct span){ (const uint8_t *)bad[i], strlen(bad[i]) }).fault, LEAP_NO_HASH);
}

static void LEAP_02_expiry_is_told(void **state)
{
    struct leap_table t;

    (void)state;
    assert_int_equal(leap_table_from_list(list("3960835200", "3991593600", GOOD), &t).fault, LEAP_OK);
    assert_int_equal(leap_table_expires_in(&t, (struct utc_ns){ (INT64_C(3991593600) - NTP_UNIX_EPOCH_S - 20 * 86400) * NS_PER_S }).ns, 20 * 86400 * NS_PER_S);
    assert_true(leap_table_expires_in(&t, (struct utc_ns){ (INT64_C(3991593600) - NTP_UNIX_EPOCH_S + 86400) * NS_PER_S }).ns < 0);
    assert_int_equal(read_list((struct span){ (const uint8_t *)"2272060800 10\n", 14 }).fault, LEAP_NO_EXPIRY);
    assert_int_equal(read_list((struct span){ (const uint8_t *)"#$ 1\n2272060800 10\n", 19 }).fault, LEAP_NO_EXPIRY);
    assert_int_equal(read_list((struct span){ (const uint8_t *)"#@ 2\n2272060800 10\n", 19 }).fault, LEAP_NO_EXPIRY);
}

static void LEAP_03_impossible_tables_are_refused(void **state)
{
    static const struct { const char *entries; enum leap_fault fault; } rows[] = {
        { "2287785600 11\n2272060800 12\n", LEAP_ORDER }, { "2272060800 10\n2272060800 11\n", LEAP_ORDER },
        { "2272060800 10\n2287785601 11\n", LEAP_NOT_MONTH }, { "2272060800 10\n2287872000 11\n", LEAP_NOT_MONTH }, /* a second, a day late */
        { "2272060800 10\n2272147200 9\n", LEAP_NOT_MONTH },
        { "2272060800 10\n2287785600 12\n", LEAP_NOT_ONE_SECOND }, { "2272060800 10\n2287785600 10\n", LEAP_NOT_ONE_SECOND },
        { "2272060800 10\n2287785600 8\n", LEAP_NOT_ONE_SECOND }, { "2272060800 10\n2287785600 9\n", LEAP_OK }, /* a deletion is possible */
        { "2272060800 10 11\n", LEAP_BAD_LINE }, { "2272060800\n", LEAP_BAD_LINE }, { "abc 10\n", LEAP_BAD_LINE }, { "2272060800 -10\n", LEAP_BAD_LINE },
        { "9999999999999 10\n", LEAP_BAD_LINE }, { "2272060800 10x\n", LEAP_BAD_LINE }, { "2272060800 1001\n", LEAP_BAD_LINE },
        { "2272060800 1000\n", LEAP_OK },
        { "2272060800 100000\n", LEAP_BAD_LINE }, { "", LEAP_EMPTY }, { "2272060800x 10\n", LEAP_BAD_LINE },
        { "#$ 1\n2272060800 10\n", LEAP_BAD_LINE }, /* a second update */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(read_list(list("3960835200", "3991593600", rows[i].entries)).fault, rows[i].fault);
    assert_int_equal(read_list(list("3960835200", "999999999999", GOOD)).fault, LEAP_BAD_LINE); /* a year that no count of nanoseconds reaches */
    assert_int_equal(read_list(list("3960835200", "0003991593600", GOOD)).fault, LEAP_BAD_LINE); /* more digits than any instant has */
    assert_int_equal(read_list(list("", "3991593600", GOOD)).fault, LEAP_BAD_LINE);
    assert_string_equal(leap_fault_text(LEAP_FAULT_COUNT), "unknown fault");
}

/* The n-th month after 1972-01-01, NTP seconds. */
static long long month_s(int n)
{
    const struct civil c = { .year = 1972 + n / 12, .month = (uint8_t)(1 + n % 12), .day = 1 };
    struct utc_ns at;

    assert_int_equal(civil_to_utc(&c, &at), 0);
    return at.ns / NS_PER_S + NTP_UNIX_EPOCH_S;
}

static void LEAP_03_more_entries_than_can_be_real(void **state)
{
    char entries[24 * (LEAP_ENTRIES_MAX + 2)] = "";

    (void)state;
    for (int i = 0; i < LEAP_ENTRIES_MAX; i++)
        snprintf(entries + strlen(entries), 24, "%lld %d\n", month_s(i), 10 + i % 2);
    assert_int_equal(read_list(list("3960835200", "3991593600", entries)).fault, LEAP_OK);
    snprintf(entries + strlen(entries), 24, "%lld 10\n", month_s(LEAP_ENTRIES_MAX));
    assert_int_equal(read_list(list("3960835200", "3991593600", entries)).fault, LEAP_TOO_MANY);
}

/* Zeros in front make no number larger, but a table of them may not fill what the hash is made over. */
static void LEAP_03_more_digits_than_a_table_has(void **state)
{
    char text[LEAP_ENTRIES_MAX * 32 + 64] = "";

    (void)state;
    for (int i = 0; i < LEAP_ENTRIES_MAX; i++)
        sprintf(text + strlen(text), "%012lld %012d\n", month_s(i), 10 + i % 2);
    strcat(text, "#$ 3960835200\n");
    assert_int_equal(read_list((struct span){ (const uint8_t *)text, strlen(text) }).fault, LEAP_BAD_LINE);
}

static void LEAP_04_a_file_cut_anywhere_is_refused(void **state)
{
    struct span s = file("/usr/share/zoneinfo/leap-seconds.list");
    const uint8_t *hash = memmem(s.at, s.len, "#h", 2);
    size_t until;

    (void)state;
    assert_non_null(hash);
    until = (size_t)((const uint8_t *)memchr(hash, '\n', s.len - (size_t)(hash - s.at)) - s.at);
    for (size_t len = 0; len <= until; len++)
        assert_int_not_equal(read_list((struct span){ s.at, len }).fault, LEAP_OK);
}

static void LEAP_04_binary_huge_and_windows_files(void **state)
{
    static uint8_t huge[LEAP_FILE_MAX + 1];
    static const uint8_t binary[] = { 0x7f, 'E', 'L', 'F', 0, 1, 2, '\n' };
    char crlf[4096];
    size_t n = 0;
    struct span s = list("3960835200", "3991593600", GOOD);

    (void)state;
    memset(huge, '#', sizeof huge);
    assert_int_equal(read_list((struct span){ huge, sizeof huge }).fault, LEAP_TOO_LARGE);
    huge[LEAP_FILE_MAX - 1] = '\n';
    assert_int_equal(read_list((struct span){ huge, LEAP_FILE_MAX }).fault, LEAP_EMPTY);
    assert_int_equal(read_list((struct span){ binary, sizeof binary }).fault, LEAP_NOT_TEXT);
    for (size_t i = 0; i < s.len; i++) {
        if (s.at[i] == '\n')
            crlf[n++] = '\r';
        crlf[n++] = (char)s.at[i];
    }
    assert_int_equal(read_list((struct span){ (uint8_t *)crlf, n }).fault, LEAP_LINE_ENDS);
    assert_int_equal(read_list((struct span){ (const uint8_t *)"#\rx\n", 4 }).fault, LEAP_NOT_TEXT);
    assert_int_equal(read_list((struct span){ (const uint8_t *)&"\r\n"[1], 1 }).fault, LEAP_EMPTY); /* what is before the file is no line's end */
}

static void LEAP_04_a_cut_zone_file_is_refused(void **state)
{
    struct span s = file("/usr/share/zoneinfo/right/UTC");
    struct leap_table t;

    (void)state;
    for (size_t len = 0; len + 2 < s.len; len++) /* the footer after the leap seconds is two bytes */
        assert_int_not_equal(leap_table_from_tzif((struct span){ s.at, len }, &t).fault, LEAP_OK);
    assert_int_equal(leap_table_from_tzif((struct span){ s.at, LEAP_FILE_MAX + 1 }, &t).fault, LEAP_TOO_LARGE);
    assert_int_equal(leap_table_from_tzif(file("/usr/share/zoneinfo/UTC"), &t).fault, LEAP_EMPTY);
}

#define TZIF_HEADER 44

struct zone_leap { int64_t at; int32_t correction; };

/* How many bytes follow a first header, RFC 8536 section 3.2. */
static size_t zone_body(const uint32_t counts[6])
{
    static const size_t width[6] = { 1, 1, 8, 5, 6, 1 };
    size_t len = 0;

    for (int i = 0; i < 6; i++)
        len += width[i] * counts[i];
    return len;
}

/* A zone of leap seconds alone. counts: of its first header, as RFC 8536 section 3.1 orders them; what they count is there, all zero. */
static struct span zone(const uint32_t counts[6], const struct zone_leap *leap, uint32_t leaps)
{
    static const uint8_t body[8 * 10001] = { 0 };
    static uint8_t bytes[LEAP_FILE_MAX];
    struct writer w = writer_of(bytes, sizeof bytes);

    for (int header = 0; header < 2; header++) {
        writer_bytes(&w, "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
        for (int i = 0; i < 6; i++)
            writer_u32(&w, header == 0 ? counts[i] : i == 2 ? leaps : 0);
        writer_bytes(&w, body, header == 0 ? zone_body(counts) : 0);
    }
    for (uint32_t i = 0; i < leaps; i++) {
        writer_u64(&w, (uint64_t)leap[i].at);
        writer_u32(&w, (uint32_t)leap[i].correction);
    }
    assert_false(w.failed);
    return (struct span){ bytes, writer_len(&w) };
}

static void LEAP_04_zone_files_that_there_cannot_be(void **state)
{
    static const uint32_t none[6] = { 0 };
    static const struct zone_leap good[] = { { 78796800, 1 }, { 94694401, 2 } }, late[] = { { 78796801, 1 } };
    static const struct zone_leap back[] = { { 78796800, 1 }, { 78796800, 2 }, { 94694401, 3 } };
    struct leap_table t;

    (void)state;
    assert_int_equal(leap_table_from_tzif(zone(none, good, 2), &t).fault, LEAP_OK);
    assert_int_equal(t.count, 3);
    assert_int_equal(leap_table_from_tzif(zone(none, back, 3), &t).fault, LEAP_ORDER);
    assert_int_equal(leap_table_from_tzif(zone(none, late, 1), &t).fault, LEAP_NOT_MONTH);
    for (int i = 0; i < 6; i++) {
        uint32_t counts[6] = { 0 };

        counts[i] = 10001;
        assert_int_equal(leap_table_from_tzif(zone(counts, good, 2), &t).fault, LEAP_NOT_TZIF);
    }
}

/* Each count of a header at its limit, and one beyond it, with all the bytes that it asks for. */
static void LEAP_04_a_zone_file_may_not_count_beyond_a_limit(void **state)
{
    static const uint32_t most[6] = { 256, 256, LEAP_ENTRIES_MAX, 10000, 256, 4096 };
    static const struct zone_leap good[] = { { 78796800, 1 } };
    struct leap_table t;

    (void)state;
    for (int i = 0; i < 6; i++) {
        uint32_t counts[6] = { 0 };

        counts[i] = most[i];
        assert_int_equal(leap_table_from_tzif(zone(counts, good, 1), &t).fault, LEAP_OK);
        counts[i]++;
        assert_int_equal(leap_table_from_tzif(zone(counts, good, 1), &t).fault, LEAP_NOT_TZIF);
    }
}

static void LEAP_04_a_zone_file_is_known_by_its_head(void **state)
{
    static const uint32_t one_leap[6] = { [2] = 1 };
    static const struct zone_leap good[] = { { 78796800, 1 } };
    const size_t second = TZIF_HEADER + 8;
    struct span s = zone(one_leap, good, 1);
    uint8_t copy[2 * TZIF_HEADER + 20];
    struct writer w = writer_of(copy + second + 4, 12);
    struct leap_table t;

    (void)state;
    assert_int_equal(s.len, sizeof copy);
    s.len = LEAP_FILE_MAX; /* something may follow */
    assert_int_equal(leap_table_from_tzif(s, &t).fault, LEAP_OK);
    memcpy(copy, s.at, sizeof copy);
    copy[4] = '\0'; /* version 1 */
    assert_int_equal(leap_table_from_tzif((struct span){ copy, sizeof copy }, &t).fault, LEAP_NOT_TZIF);
    copy[4] = '2';
    copy[second + 3] = 'x';
    writer_u64(&w, (uint64_t)good[0].at); /* a leap second instead of the second header */
    writer_u32(&w, (uint32_t)good[0].correction);
    assert_int_equal(leap_table_from_tzif((struct span){ copy, sizeof copy }, &t).fault, LEAP_NOT_TZIF);
}

static enum leap_fault fault_of_zone(const struct zone_leap *leap, uint32_t leaps, struct leap_table *t)
{
    static const uint32_t none[6] = { 0 };

    return leap_table_from_tzif(zone(none, leap, leaps), t).fault;
}

/* RFC 8536 section 3.2, and its version 4, in which a last record that repeats the correction tells the expiry. */
static void LEAP_03_corrections_of_a_zone_file(void **state)
{
    static const struct zone_leap expiring[] = { { 78796800, 1 }, { 94694401, 2 }, { 126230402, 2 } }, endless[] = { { 78796800, 1 }, { INT64_MAX, 1 } };
    static const struct zone_leap repeated[] = { { 78796800, 1 }, { 94694401, 1 }, { 126230402, 2 } }, nothing[] = { { 78796800, 0 } };
    static const struct zone_leap deleted[] = { { 78796799, -1 } }, two[] = { { 78796800, 2 } };
    struct leap_table t;

    (void)state;
    assert_int_equal(fault_of_zone(expiring, 3, &t), LEAP_OK);
    assert_int_equal(t.count, 3);
    assert_int_equal(t.expires.ns, 126230400 * NS_PER_S);
    assert_int_equal(fault_of_zone(endless, 2, &t), LEAP_NOT_TZIF);
    assert_int_equal(fault_of_zone(repeated, 3, &t), LEAP_NOT_ONE_SECOND);
    assert_int_equal(fault_of_zone(nothing, 1, &t), LEAP_NOT_ONE_SECOND);
    assert_int_equal(fault_of_zone(two, 1, &t), LEAP_NOT_ONE_SECOND);
    assert_int_equal(fault_of_zone(deleted, 1, &t), LEAP_OK);
    assert_int_equal(t.entry[1].at.ns, 78796800 * NS_PER_S);
    assert_int_equal(t.entry[1].tai_minus_utc_s, 9);
}

static void the_first_difference_holds_before_its_date_too(void **state)
{
    struct leap_table t;

    (void)state;
    assert_int_equal(leap_table_from_list(list("3960835200", "3991593600", GOOD), &t).fault, LEAP_OK);
    assert_int_equal(leap_table_at(&t, (struct utc_ns){ 0 }), 10);
    assert_int_equal(leap_table_at(&t, (struct utc_ns){ t.entry[1].at.ns - 1 }), 10);
    assert_int_equal(leap_table_at(&t, t.entry[1].at), 11);
}

static void the_next_leap_is_found_and_its_kind_known(void **state)
{
    struct leap_table t;
    struct utc_ns at;

    (void)state;
    assert_int_equal(leap_table_from_list(list("3960835200", "3991593600", "2272060800 10\n2287785600 11\n2303683200 10\n"), &t).fault, LEAP_OK);
    assert_int_equal(leap_table_next(&t, (struct utc_ns){ 0 }, &at), 1);
    assert_int_equal(at.ns, (INT64_C(2287785600) - NTP_UNIX_EPOCH_S) * NS_PER_S);
    assert_int_equal(leap_table_next(&t, at, &at), -1);
    t.entry[t.count] = (struct leap_entry){ { INT64_MAX }, 11 }; /* no entry: it is beyond their count */
    assert_int_equal(leap_table_next(&t, at, &at), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_systems_own_files_are_read_and_agree),
        cmocka_unit_test(LEAP_01_a_wrong_hash_is_refused),
        cmocka_unit_test(LEAP_01_a_missing_or_malformed_hash_is_refused),
        cmocka_unit_test(LEAP_02_expiry_is_told),
        cmocka_unit_test(LEAP_03_impossible_tables_are_refused),
        cmocka_unit_test(LEAP_03_more_entries_than_can_be_real),
        cmocka_unit_test(LEAP_03_more_digits_than_a_table_has),
        cmocka_unit_test(LEAP_04_a_file_cut_anywhere_is_refused),
        cmocka_unit_test(LEAP_04_binary_huge_and_windows_files),
        cmocka_unit_test(LEAP_04_a_cut_zone_file_is_refused),
        cmocka_unit_test(LEAP_04_zone_files_that_there_cannot_be),
        cmocka_unit_test(LEAP_04_a_zone_file_may_not_count_beyond_a_limit),
        cmocka_unit_test(LEAP_04_a_zone_file_is_known_by_its_head),
        cmocka_unit_test(LEAP_03_corrections_of_a_zone_file),
        cmocka_unit_test(the_first_difference_holds_before_its_date_too),
        cmocka_unit_test(the_next_leap_is_found_and_its_kind_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
