/* One line in, what becomes of it: a key, or a remark that names it. */
#include "base/test.h"

#include <stdio.h>
#include <string.h>

#include "import/draft.h"

static struct draft draft;
static char out[IMPORT_OUT_SIZE];

static void translate(enum import_format format, const char *text)
{
    assert_true(import_translate(format, "f", text, strlen(text), &draft, out));
}

static const struct { enum import_format format; const char *text, *words; } rows[] = {
    { IMPORT_CHRONY, "server a.b iburst # c", "server: \"a.b\"  # f:1\n    iburst: true\n" },
    { IMPORT_CHRONY, "! server a.b\n# server c.d\n", "sources: []\n" },
    { IMPORT_CHRONY, "server a.b minpoll 12", "min_poll: 12\n    max_poll: 12\n" },
    { IMPORT_CHRONY, "server a.b maxpoll 3", "min_poll: 3\n    max_poll: 3\n" },
    { IMPORT_CHRONY, "pool a.b minpoll 2", "min_poll: 4\n" },
    { IMPORT_CHRONY, "server a.b maxpoll 24", "24 is outside -4 .. 17" },
    { IMPORT_CHRONY, "server a.b\nserver A.B", "# f:2: server: A.B stands in line 1 already" },
    { IMPORT_CHRONY, "server a.b key 7", "its key is in no key file: the source is left out" },
    { IMPORT_CHRONY, "keyfile /k\nserver a.b key 7", "  file: \"/k\"  # f:1\n  format: chrony" },
    { IMPORT_CHRONY, "keyfile /k", "# f:1: keys: no source uses a key" },
    { IMPORT_CHRONY, "pool a.b nts", "- server: \"a.b\"  # f:1\n    nts: true" },
    { IMPORT_CHRONY, "allow", "listen: [\"[::]:123\"]" },
    { IMPORT_CHRONY, "allow 192.168/16\nport 0", "sources: []\n\naccess:" },
    { IMPORT_CHRONY, "allow 192.168.1.9/24", "- \"192.168.1.0/24\"  # f:1\n  - action: deny\n    nets:\n      - \"0.0.0.0/0\"\n      - \"::/0\"\n" },
    { IMPORT_CHRONY, "allow 0/0", "- \"0.0.0.0/0\"  # f:1\n  - action: deny\n    nets:\n      - \"::/0\"\n" },
    { IMPORT_CHRONY, "allow host.example", "# f:1: allow: \"host.example\" is no numeric network" },
    { IMPORT_CHRONY, "makestep 20 3", "panic_threshold: 20s" },
    { IMPORT_CHRONY, "makestep 20 3\nmaxchange 5 1 2", "clock.panic_threshold is as large as clock.step_threshold now" },
    { IMPORT_CHRONY, "minsources 3\nserver a.b", "3 sources can never agree, there are 1" },
    { IMPORT_CHRONY, "refclock SHM 0", "# f:1: refclock: reference clocks are not built yet" },
    { IMPORT_CHRONY, "sever a.b", "there is no directive of chrony \"sever\"" },
    { IMPORT_CHRONY, "driftfile x\x01\xff", "drift_file: \"/var/lib/simple-utcd/drift\"" },
    { IMPORT_CHRONY, "ntsservercert relative", "\"relative\" is no absolute path" },
    { IMPORT_NTP, "server 127.127.1.0", "stratum: 10  # f:1" },
    { IMPORT_NTP, "server 127.127.20.1", "reference clocks are not built yet" },
    { IMPORT_NTP, "server -6 a.b burst", "both families are used" },
    { IMPORT_NTP, "restrict 10.0.0.0 mask 255.255.0.0 ignore", "- action: deny\n    nets:\n      - \"10.0.0.0/16\"  # f:1" },
    { IMPORT_NTP, "restrict 10.0.0.0 mask 255.0.255.0", "is no numeric network" },
    { IMPORT_NTP, "restrict default limited kod", "rate_limit:\n  rate: 32" },
    { IMPORT_NTP, "interface listen eth0", "listen: [\"[::%eth0]:123\"]" },
    { IMPORT_NTP, "interface listen a\"b", "\"*%a\"b\" is no address to listen on" },
    { IMPORT_NTP, "tinker panic 0", "panic_threshold: 86400s" },
    { IMPORT_NTP, "leapfile \"/a b\"", "list: \"/a b\"" },
    { IMPORT_NTPD_RS, "[[server]]\nlisten = \"127.0.0.1:123\" # c", "listen: [\"127.0.0.1:123\"]" },
    { IMPORT_NTPD_RS, "[[server]]\nlisten = \"[::]:123\"\ndenylist = { filter = [\n\"10.0.0.0/8\"], action = \"deny\" }", "- \"10.0.0.0/8\"  # f:3" },
    { IMPORT_NTPD_RS, "[synchronization]\nno-such = 1", "there is no key of ntpd-rs in its section \"no-such\"" },
    { IMPORT_TIMESYNCD, "[Time]\nNTP=a b\n", "- server: \"a\"  # f:2\n  - server: \"b\"  # f:2\n" },
    { IMPORT_TIMESYNCD, "[Time]\nPollIntervalMinSec=1min\nNTP=a\n", "intervals are powers of two of a second: 64 s" },
};

static void what_becomes_of_a_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        translate(rows[i].format, rows[i].text);
        if (!strstr(out, rows[i].words))
            fail_msg("%s: %s is not in\n%s", rows[i].text, rows[i].words, out);
    }
}

static void more_than_there_is_room_for_is_named(void **state)
{
    static char many[64 * 1024];
    size_t n = 0;

    (void)state;
    for (int i = 0; i < 40; i++)
        n += (size_t)snprintf(many + n, sizeof many - n, "server h%d.example\nallow 10.%d.0.0/16\nallow 11.%d.0.0/16\nallow 12.%d.0.0/16\n", i, i, i, i);
    translate(IMPORT_CHRONY, many);
    assert_int_equal(draft.sources, DRAFT_SOURCES_MAX);
    assert_non_null(strstr(out, "# f:65: server: more than 16 sources"));
    assert_non_null(strstr(out, "more than 96 networks"));
    memset(many, 'x', sizeof many - 1);
    assert_false(import_translate(IMPORT_NTP, "f", many, IMPORT_SIZE_MAX + 1, &draft, out));
}

static void a_file_is_known_by_its_name(void **state)
{
    enum import_format f;

    (void)state;
    assert_true(import_format_of("/etc/chrony/chrony.conf", &f) && f == IMPORT_CHRONY);
    assert_true(import_format_of("ntp.conf", &f) && f == IMPORT_NTP);
    assert_true(import_format_of("/etc/ntpd-rs/ntp.toml", &f) && f == IMPORT_NTPD_RS);
    assert_true(import_format_of("/etc/systemd/timesyncd.conf", &f) && f == IMPORT_TIMESYNCD);
    assert_false(import_format_of("/etc/passwd", &f));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_becomes_of_a_line),
        cmocka_unit_test(more_than_there_is_room_for_is_named),
        cmocka_unit_test(a_file_is_known_by_its_name),
    };

    return cmocka_run_group_tests_name("import", tests, NULL, NULL);
}
