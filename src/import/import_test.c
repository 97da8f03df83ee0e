/* One line in, what becomes of it: a key, or a remark that names it. */
#include "base/test.h"

#include <stdio.h>
#include <string.h>

#include "import/draft.h"

static struct draft draft;
static struct { char text[IMPORT_OUT_SIZE], behind[16]; } all;
static char *const out = all.text;

static void translate(enum import_format format, const char *text)
{
    assert_true(import_translate(format, "f", text, strlen(text), &draft, out));
}

struct row { enum import_format format; const char *text, *words; };

static const struct row rows[] = {
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
    { IMPORT_CHRONY, "refclock SHM 0 refid GPS offset 0.1375 delay 0.2", "  - shm: 0  # f:1\n    refid: \"GPS\"\n    error: 100ms\n    offset: 137.5ms\n" },
    { IMPORT_CHRONY, "refclock SHM 1:perm=0644 prefer", "  - shm: 1  # f:1\n    error: 1ms\n    prefer: true\n" },
    { IMPORT_CHRONY, "refclock SHM 0", "a careful guess" },
    { IMPORT_CHRONY, "refclock SHM 0", "    error: 500ms\n" },
    { IMPORT_CHRONY, "refclock SOCK /run/chrony.ttyS0.sock refid PPS", "  - sock: \"/run/chrony.ttyS0.sock\"  # f:1\n    refid: \"PPS\"\n    error: 1ms\n" },
    { IMPORT_CHRONY, "refclock SOCK relative", "\"relative\" is no absolute path of a socket" },
    { IMPORT_CHRONY, "refclock SOCK /x pps", "it is left out; gpsd numbers its own" },
    { IMPORT_CHRONY, "refclock SOCK /x pps", "sources: []" },
    { IMPORT_CHRONY, "refclock SHM 1 tai", "samples have to be UTC" },
    { IMPORT_CHRONY, "refclock SHM 4 tai\nrefclock SHM 4", "  - shm: 4  # f:2\n" },
    { IMPORT_CHRONY, "refclock SHM 256", "only SHM and SOCK are built" },
    { IMPORT_CHRONY, "refclock SHM 1 refid TOOLONG", "no reference id" },
    { IMPORT_CHRONY, "refclock SHM 1 offset 11", "no offset within 10 s" },
    { IMPORT_CHRONY, "refclock SHM 1 dimension 4", "option of a reference clock" },
    { IMPORT_CHRONY, "refclock SHM 1\nrefclock SHM 1", "may not vote twice" },
    { IMPORT_CHRONY, "refclock PPS /dev/pps0 lock GPS", "# f:1: refclock: of reference clocks only SHM and SOCK are built" },
    { IMPORT_CHRONY, "sever a.b", "there is no directive of chrony \"sever\"" },
    { IMPORT_CHRONY, "driftfile x\x01\xff", "drift_file: \"/var/lib/simple-utcd/drift\"" },
    { IMPORT_CHRONY, "ntsservercert relative", "\"relative\" is no absolute path" },
    { IMPORT_CHRONY, "ntsservercert /a\nntsservercert /b", "# f:2: ntsservercert: one certificate is served; the first stands there" },
    { IMPORT_CHRONY, "ntstrustedcerts 1 /c", "one set of trusted certificates is for all sources" },
    { IMPORT_CHRONY, "ntsport 99999", "\"99999\" is no port; write it into nts.listen by hand" },
    { IMPORT_CHRONY, "ntsntpserver a_b!", "\"a_b!\" is not taken over; set nts.ntp_server by hand" },
    { IMPORT_CHRONY, "ntsservercert /a\nntsntpserver ntp.example", "ntp_server: \"ntp.example\"" },
    { IMPORT_CHRONY, "ntsservercert /a\nntsrotate 10", "10s is outside what nts.cookie_key_lifetime takes: 60s stands there now" },
    { IMPORT_CHRONY, "ntsrotate x", "\"x\" is no number" },
    { IMPORT_CHRONY, "authselectmode require", "\"require\": authenticated sources do not outweigh others" },
    { IMPORT_CHRONY, "authselectmode ignore", "sources: []" },
    { IMPORT_CHRONY, "minsources 99\nserver a.b", "99 is outside what clock.min_sources takes: 16 stands there now" },
    { IMPORT_CHRONY, "leapsecmode system", "mode: step" },
    { IMPORT_CHRONY, "leapsecmode STEP", "mode: step" },
    { IMPORT_CHRONY, "leapsecmode slew", "mode: slew" },
    { IMPORT_CHRONY, "leapsecmode ignore", "mode: ignore" },
    { IMPORT_CHRONY, "leapsecmode jump", "there is no mode of leap seconds \"jump\"" },
    { IMPORT_CHRONY, "leapsectz right/UTC", "zone: \"/usr/share/zoneinfo/right/UTC\"" },
    { IMPORT_CHRONY, "makestep 1 -1", "step_limit: 1000" },
    { IMPORT_CHRONY, "makestep 1 0", "step_limit: 0" },
    { IMPORT_CHRONY, "makestep 1", "\"\" is no number" },
    { IMPORT_CHRONY, "maxclockerror 20", "20ppm is outside what clock.max_drift takes: 15ppm stands there now" },
    { IMPORT_CHRONY, "maxdrift 10", "10ppm is outside what clock.max_frequency takes: 15ppm stands there now" },
    { IMPORT_CHRONY, "maxslewrate 0.1", "max_slew: 1ppm" },
    { IMPORT_CHRONY, "maxslewrate x", "\"x\" is no number" },
    { IMPORT_CHRONY, "maxdrift x", "\"x\" is no number" },
    { IMPORT_CHRONY, "maxclockerror x", "\"x\" is no number" },
    { IMPORT_CHRONY, "maxchange x", "\"x\" is no number" },
    { IMPORT_CHRONY, "minsources x", "\"x\" is no number" },
    { IMPORT_CHRONY, "local stratum 9 orphan distance 3", "stratum: 9  # f:1\n  orphan: true" },
    { IMPORT_CHRONY, "local waitsynced 3", "waitsynced: the statement holds while no source is known" },
    { IMPORT_CHRONY, "local nonsense", "there is no option of local \"nonsense\"" },
    { IMPORT_CHRONY, "bindaddress [::1]", "\"[::1]\" is no numeric address" },
    { IMPORT_CHRONY, "bindaddress /run/x", "\"/run/x\" is no numeric address" },
    { IMPORT_CHRONY, "allow\nport 1123\nbindaddress 192.0.2.1\nbinddevice eth0", "listen: [\"192.0.2.1:1123\", \"[::%eth0]:1123\"]" },
    { IMPORT_CHRONY, "port 99999", "\"99999\" is no port" },
    { IMPORT_CHRONY, "allow all 10.0.0.0/8", "- \"10.0.0.0/8\"" },
    { IMPORT_CHRONY, "deny all", "- action: deny\n    nets:\n      - \"0.0.0.0/0\"" },
    { IMPORT_CHRONY, "allow 10.0.0.0/8\nallow 11.0.0.0/8\nallow 2001:db8::/32\ndeny all 10.0.0.0/7\nallow 10.1.0.0/16",
      "  - action: allow\n    nets:\n      - \"2001:db8::/32\"  # f:3\n      - \"10.1.0.0/16\"  # f:5\n  - action: deny\n    nets:\n      - \"10.0.0.0/7\"" },
    { IMPORT_CHRONY, "allow 10.0.0.0/8\ndeny 11\nallow all", "sources: []\n\nntp:" },
    { IMPORT_CHRONY, "allow 10.0.0.0/8\nallow 2001:db8::/32\ndeny all",
      "access:\n  - action: deny\n    nets:\n      - \"0.0.0.0/0\"  # f:3\n      - \"::/0\"" },
    { IMPORT_CHRONY, "allow all host.example", "\"host.example\" is no numeric network" },
    { IMPORT_CHRONY, "ratelimit interval 1 burst 4 leak 20", "rate: 1  # f:1\n  burst: 4  # f:1\n  leak: 65536" },
    { IMPORT_CHRONY, "ratelimit interval -4 leak -1", "rate: 16  # f:1\n  burst: 8  # f:1\n  leak: 0" },
    { IMPORT_CHRONY, "ratelimit interval -30", "rate: 1  # f:1" },
    { IMPORT_CHRONY, "ratelimit bogus 1", "there is no option of ratelimit \"bogus\"" },
    { IMPORT_CHRONY, "ratelimit burst x", "there is no option of ratelimit \"burst\"" },
    { IMPORT_CHRONY, "hwtimestamp *", "each interface is named" },
    { IMPORT_CHRONY, "hwtimestamp", "each interface is named" },
    { IMPORT_CHRONY, "hwtimestamp eth0 minpoll 0", "hardware_timestamps: [\"eth0\"]" },
    { IMPORT_CHRONY, "server a.b port 99999", "99999 is outside 1 .. 65535" },
    { IMPORT_CHRONY, "server", "\"\" is no name or address of a server" },
    { IMPORT_NTP, "server 127.127.1.0", "stratum: 10  # f:1" },
    { IMPORT_NTP, "restrict 10.0.0.0 mask 255.255.0 nopeer", "is no prefix; write the networks it covers into `access`" },
    { IMPORT_NTP, "restrict 10.0.0.0 mask 256.0.0.0", "is no prefix; write the networks it covers into `access`" },
    { IMPORT_NTP, "restrict 10.0.0.0 mask 0.0.0.0 notrust", "- action: authenticate\n    nets:\n      - \"0.0.0.0/0\"" },
    { IMPORT_NTP, "restrict -4 default notrust", "- action: authenticate\n    nets:\n      - \"0.0.0.0/0\"  # f:1\n" },
    { IMPORT_NTP, "restrict -6 default notrust ignore", "- action: deny\n    nets:\n      - \"::/0\"  # f:1\n" },
    { IMPORT_NTP, "restrict source notrap", "servers that are asked need no line of their own" },
    { IMPORT_NTP, "restrict 12.0.0.1 flake", "flake: answers are not dropped at random" },
    { IMPORT_NTP, "restrict 12.0.0.1 sneeze", "there is no flag of restrict \"sneeze\"" },
    { IMPORT_NTP, "restrict default limited\ndiscard average 3", "rate: 32  # f:1" },
    { IMPORT_NTP, "discard average 3", "rate: 32  # f:1" },
    { IMPORT_NTP, "interface ignore all", "what is not in ntp.listen is not listened on" },
    { IMPORT_NTP, "interface listen all\ninterface listen 192.0.2.1\ninterface listen ::1", "listen: [\"192.0.2.1:123\", \"[::1]:123\"]" },
    { IMPORT_NTP, "port 0", "\"0\" is no port" },
    { IMPORT_NTP, "tos orphan 7 floor 1", "stratum: 7  # f:1\n  orphan: true" },
    { IMPORT_NTP, "tos floor 1", "floor: which sources are used follows from their bounds" },
    { IMPORT_NTP, "tos minsane x", "\"x\" is no number" },
    { IMPORT_NTP, "tinker step 0.2 allan 1500", "step_threshold: 0.2s" },
    { IMPORT_NTP, "tinker step 0", "step_limit: 0" },
    { IMPORT_NTP, "tinker allan 1500", "allan: how the clock is followed is found by measuring" },
    { IMPORT_NTP, "tinker panic x", "\"x\" is no number" },
    { IMPORT_NTP, "keys relative", "\"relative\" is no absolute path" },
    { IMPORT_NTP, "nts enable cert /c key /k ca /ca", "certificate: \"/c\"  # f:1\n  private_key: \"/k\"  # f:1\n  trusted_certificates: \"/ca\"" },
    { IMPORT_NTP, "nts nonsense", "nts nonsense: TLS 1.3 and its parameters are fixed" },
    { IMPORT_NTP, "peer a.b", "a symmetric peer is no kind of source here" },
    { IMPORT_NTP, "allow\ndscp 99", "63 stands there now" },
    { IMPORT_NTP, "dscp x", "\"x\" is no number" },
    { IMPORT_NTP, "server 127.127.20.1", "of reference clocks only SHM" },
    { IMPORT_NTP, "server 127.127.28.0 minpoll 4 prefer\nfudge 127.127.28.0 time1 -0.5 refid GPS",
      "  - shm: 0  # f:1\n    refid: \"GPS\"\n    error: 500ms\n    offset: -500ms\n    prefer: true\n" },
    { IMPORT_NTP, "fudge 127.127.28.0 time1 -0.5", "see its server or refclock line" },
    { IMPORT_NTP, "refclock shm unit 2 refid PPS time1 0.0000012", "  - shm: 2  # f:1\n    refid: \"PPS\"\n    error: 1ms\n    offset: 0.0012ms\n" },
    { IMPORT_NTP, "refclock nmea unit 0", "of reference clocks only SHM" },
    { IMPORT_NTP, "server -6 a.b burst", "both families are used" },
    { IMPORT_NTP, "restrict 10.0.0.0 mask 255.255.0.0 ignore", "- action: deny\n    nets:\n      - \"10.0.0.0/16\"  # f:1" },
    { IMPORT_NTP, "restrict 10.0.0.0 mask 255.0.255.0", "the mask \"255.0.255.0\" is no prefix" },
    { IMPORT_NTP, "restrict 2001:db8:7:: mask ffff:ffff:: ignore", "- action: deny\n    nets:\n      - \"2001:db8::/32\"  # f:1" },
    { IMPORT_NTP, "restrict 2001:db8:: mask ffff:0:ffff:: ignore", "the mask \"ffff:0:ffff::\" is no prefix" },
    { IMPORT_NTP, "restrict 10.0.0.0 mask *", "the mask \"*\" is no prefix" },
    { IMPORT_NTP, "server 127.127.1.0\nfudge 127.127.1.0 stratum 12", "  stratum: 12  # f:2\n" },
    { IMPORT_NTP, "server 127.127.1.0\nfudge 127.127.1.0 stratum x refid LOCL", "# f:2: fudge: refid: of the local clock the stratum alone is taken" },
    { IMPORT_NTP, "fudge 127.127.1.0 stratum 12", "see its server or refclock line" },
    { IMPORT_NTP, "restrict default limited kod", "rate_limit:\n  rate: 32" },
    { IMPORT_NTP, "interface listen eth0", "listen: [\"[::%eth0]:123\"]" },
    { IMPORT_NTP, "interface listen a\"b", "\"*%a\"b\" is no address to listen on" },
    { IMPORT_NTP, "tinker panic 0", "panic_threshold: 86400s" },
    { IMPORT_NTP, "leapfile \"/a b\"", "list: \"/a b\"" },
    { IMPORT_NTPD_RS, "[[server]]\nlisten = \"127.0.0.1:123\" # c", "listen: [\"127.0.0.1:123\"]" },
    { IMPORT_NTPD_RS, "[[server]]\nlisten = \"[::]:123\"\ndenylist = { filter = [\n\"10.0.0.0/8\"], action = \"deny\" }", "- \"10.0.0.0/8\"  # f:3" },
    { IMPORT_NTPD_RS, "[[server]]\nlisten = \"127.0.0.1:123\"\ndenylist = { filter = [\"10.0.0.0/8\"] }\n[[server]]\nlisten = \"[::]:123\"",
      "# f:0: server: the lists of one server are for all here" },
    { IMPORT_NTPD_RS, "[synchronization]\nno-such = 1", "there is no key of ntpd-rs in its section \"no-such\"" },
    { IMPORT_NTPD_RS, "[[source]]\nmode = \"gps\"\naddress = \"a.b\"", "a source of mode \"gps\" is not built" },
    { IMPORT_NTPD_RS, "[[source]]\nmode = \"sock\"\npath = \"/run/chrony.ttyS0.sock\"\nprecision = 1e-3",
      "# f:1: source: true time has to lie within `error`" },
    { IMPORT_NTPD_RS, "[[source]]\nmode = \"sock\"\npath = \"/run/chrony.ttyS0.sock\"\nprecision = 1e-3",
      "  - sock: \"/run/chrony.ttyS0.sock\"  # f:1\n    error: 4ms\n" },
    { IMPORT_NTPD_RS, "[[source]]\nmode = \"sock\"\npath = \"/a\"\nprecision = 1e-6", "    error: 1ms\n" },
    { IMPORT_NTPD_RS, "[[source]]\nmode = \"sock\"\npath = \"/a\"\nprecision = 3", "    error: 10000ms\n" },
    { IMPORT_NTPD_RS, "[[source]]\nmode = \"sock\"\nprecision = 3", "\"\" is no absolute path of a socket" },
    { IMPORT_NTPD_RS, "[[source]]\nmode = \"pps\"\npath = \"/dev/pps0\"\nperiod = 1", "a source of mode \"pps\" is not built" },
    { IMPORT_NTPD_RS, "[[source]]\nmode = \"pool\"\naddress = \"a.b:1123\"\ncount = 9\nntp-version = 5", "port: 1123\n    members: 4" },
    { IMPORT_NTPD_RS, "[[source]]\nmode = \"pool\"\naddress = \"a.b\"\nntp-version = 5", "ntp-version = 5: version 4 is asked" },
    { IMPORT_NTPD_RS, "[[source]]\nmode = \"nts\"\naddress = \"a.b:4461\"\ncertificate-authority = \"/ca\"", "nts: true\n    nts_port: 4461" },
    { IMPORT_NTPD_RS, "[[source]]\nmode = \"nts-pool\"\naddress = \"a.b\"", "nts: true" },
    { IMPORT_NTPD_RS, "[[source]]\nmode = \"server\"", "\"\" is no name or address of a server" },
    { IMPORT_NTPD_RS, "[[nts-ke-server]]\nlisten = \"0.0.0.0:4460\"\ncertificate-chain-path = \"/c\"\nprivate-key-path = \"/k\"", "private_key: \"/k\"" },
    { IMPORT_NTPD_RS, "[[server]]\nlisten = \"0.0.0.0:123\"\nallowlist = { filter = [\"10.0.0.0/8\"], action = \"ignore\" }",
      "- \"10.0.0.0/8\"  # f:3\n  - action: deny\n    nets:\n      - \"0.0.0.0/0\"" },
    { IMPORT_NTPD_RS, "[[server]]\nlisten = \"0.0.0.0:123\"\nrequire-nts = true", "answers authenticated requests alone" },
    { IMPORT_NTPD_RS, "[source-defaults]\npoll-interval-limits = { min = -9, max = 99 }\n[[source]]\nmode = \"server\"\naddress = \"a.b\"",
      "min_poll: -4\n    max_poll: 17" },
    { IMPORT_NTPD_RS, "[source-defaults]\npoll-interval-limits = { min = 99, max = -9 }\n[[source]]\nmode = \"server\"\naddress = \"a.b\"", "server: \"a.b\"" },
    { IMPORT_NTPD_RS, "[synchronization]\nminimum-agreeing-sources = 3\n[[source]]\nmode = \"server\"\naddress = \"a.b\"", "3 sources can never agree" },
    { IMPORT_NTPD_RS, "[synchronization]\nsingle-step-panic-threshold = \"inf\"", "panic_threshold: 86400s" },
    { IMPORT_NTPD_RS, "[synchronization]\nsingle-step-panic-threshold = { forward = 10, backward = 5 }", "panic_threshold: 10s" },
    { IMPORT_NTPD_RS, "[synchronization]\naccumulated-step-panic-threshold = 100", "step_budget: 100s" },
    { IMPORT_NTPD_RS, "[synchronization]\nlocal-stratum = 5", "stratum: 5" },
    { IMPORT_NTPD_RS, "[synchronization]\nlocal-stratum = 16", "sources: []" },
    { IMPORT_NTPD_RS, "[synchronization]\nnonsense", "there is no key of ntpd-rs \"nonsense\"" },
    { IMPORT_NTPD_RS, "[observability]\nlog-level = \"trace\"", "level: debug" },
    { IMPORT_TIMESYNCD, "[Time]\nFallbackNTP=a\n", "- server: \"a\"  # f:2\n" },
    { IMPORT_TIMESYNCD, "[Time]\nNTP=a\nFallbackNTP = b\n", "there are no sources for the case that others fail" },
    { IMPORT_TIMESYNCD, "[Time]\nNTP=a\nPollIntervalMaxSec=1min 4s\n", "max_poll: 6" },
    { IMPORT_TIMESYNCD, "[Time]\nNTP=a\nPollIntervalMaxSec=2 h\n", "max_poll: 13" },
    { IMPORT_TIMESYNCD, "[Time]\nPollIntervalMaxSec=5 moons\n", "\"5 moons\" is no time" },
    { IMPORT_TIMESYNCD, "[Time]\nPollIntervalMaxSec=soon\n", "\"soon\" is no time" },
    { IMPORT_TIMESYNCD, "[Time]\nRootDistanceMaxSec=5\n", "a source far away widens the bound" },
    { IMPORT_TIMESYNCD, "[Time]\nNonsense=1\n; comment\n", "there is no key of timesyncd \"Nonsense\"" },
    { IMPORT_TIMESYNCD, "nonsense\n", "there is no key of timesyncd \"nonsense\"" },
    { IMPORT_TIMESYNCD, "[Time]\nNTP=a b\n", "- server: \"a\"  # f:2\n  - server: \"b\"  # f:2\n" },
    { IMPORT_TIMESYNCD, "[Time]\nPollIntervalMinSec=1min\nNTP=a\n", "intervals are powers of two of a second: 64 s" },
};

/* What is seldom written. */
static const struct row odd_rows[] = {
    { IMPORT_CHRONY, "maxchange 30 1 2\nmakestep 20 3", "panic_threshold: 30s  # f:1" },
    { IMPORT_CHRONY, "local stratum x", "there is no stratum \"x\"" },
    { IMPORT_CHRONY, "local stratum", "there is no stratum \"\"" },
    { IMPORT_CHRONY, "local activate 0.5", "activate: the statement holds while no source is known" },
    { IMPORT_CHRONY, "local waitunsynced 3", "waitunsynced: the statement holds while no source is known" },
    { IMPORT_CHRONY, "port 0\nallow\nbindaddress 192.0.2.1\nbinddevice eth0", "sources: []\n" },
    { IMPORT_CHRONY, "hwtimestamp sixteencharacter", "each interface is named" },
    { IMPORT_CHRONY, "hwtimestamp eth?", "each interface is named" },
    { IMPORT_CHRONY, "hwtimestamp eth0\nhwtimestamp eth0", "hardware_timestamps: [\"eth0\"]" },
    { IMPORT_CHRONY, "keyfile relative", "\"relative\" is no absolute path" },
    { IMPORT_CHRONY, "keyfile /a?", "\"/a?\" is no absolute path of plain text" },
    { IMPORT_CHRONY, "ntstrustedcerts /c", "trusted_certificates: \"/c\"" },
    { IMPORT_CHRONY, "ntsport x", "\"x\" is no port" },
    { IMPORT_CHRONY, "ntsport 0", "\"0\" is no port" },
    { IMPORT_CHRONY, "ntsport 4461\nallow\nntsservercert /c\nntsserverkey /k", "listen: [\"[::]:4461\"]" },
    { IMPORT_CHRONY, "port x", "\"x\" is no port" },
    { IMPORT_CHRONY, "rtcsync", "by `utcctl import`; behind each line the one it comes from.\n\nsources: []\n" },
    { IMPORT_CHRONY, "server a.b maxsources 3\nserver c.d", "\"a.b\"  # f:1\n  - server: \"c.d\"" },
    { IMPORT_CHRONY, "pool a.b minpoll -2", "every 1 s is too often for the servers of a pool" },
    { IMPORT_CHRONY, "pool a.b maxpoll 3", "min_poll: 4\n    max_poll: 4\n" },
    { IMPORT_CHRONY, "keyfile /k\nserver a.b nts key 7", "a source has either NTS or a key: NTS stands there now" },
    { IMPORT_CHRONY, "minsources 1\nserver a.b", "min_sources: 1  # f:1" },
    { IMPORT_CHRONY, "minsources -1e16", "\"-1e16\" is no number" },
    { IMPORT_CHRONY, "minsources 1e16", "\"1e16\" is no number" },
    { IMPORT_CHRONY, "allow 10", "\"10.0.0.0/8\"" },
    { IMPORT_CHRONY, "allow 192.168", "\"192.168.0.0/16\"" },
    { IMPORT_CHRONY, "allow 192.168.1", "\"192.168.1.0/24\"" },
    { IMPORT_CHRONY, "allow 192.168.1/24", "\"192.168.1.0/24\"" },
    { IMPORT_CHRONY, "allow /24", "\"/24\" is no numeric network" },
    { IMPORT_CHRONY, "allow [::1]", "\"[::1]\" is no numeric network" },
    { IMPORT_CHRONY, "allow 192.0.2.1:5", "\"192.0.2.1:5\" is no numeric network" },
    { IMPORT_CHRONY, "allow 10.0.0.0/x", "\"10.0.0.0/x\" is no numeric network" },
    { IMPORT_CHRONY, "allow 10.0.0.0/-1", "\"10.0.0.0/-1\" is no numeric network" },
    { IMPORT_CHRONY, "allow 10.0.0.0/33", "\"10.0.0.0/33\" is no numeric network" },
    { IMPORT_CHRONY, "minsources \x7f", "\"?\" is no number" },
    { IMPORT_NTP, "server --ipv4 a.b", "both families are used" },
    { IMPORT_NTP, "server --ipv6 a.b", "both families are used" },
    { IMPORT_NTP, "restrict 10.0.0.0 mask 255.256.0.0", "is no prefix; write the networks it covers into `access`" },
    { IMPORT_NTP, "restrict 10.0.0.0 mask 255.255.256.0", "is no prefix; write the networks it covers into `access`" },
    { IMPORT_NTP, "restrict 10.0.0.0 mask 255.255.255.256", "is no prefix; write the networks it covers into `access`" },
    { IMPORT_NTP, "restrict 10.0.0.0 mask 255.0.0.0 ignore notrust", "- action: deny\n    nets:\n      - \"10.0.0.0/8\"" },
    { IMPORT_NTP, "discard average 3\nrestrict default limited", "rate: 32  # f:1" },
    { IMPORT_NTP, "interface listen wildcard\ninterface listen ipv4\ninterface listen ipv6\ninterface listen", "listen: [\"[::]:123\"]" },
    { IMPORT_NTP, "interface listen", "\"\" is no address to listen on" },
    { IMPORT_NTP, "nts disable", "by `utcctl import`; behind each line the one it comes from.\n\nsources: []\n" },
    { IMPORT_NTPD_RS, "[synchronization]\nminimum-agreeing-sources =", "sources: []" },
    { IMPORT_NTPD_RS, "[synchronization]\naccumulated-step-panic-threshold = \"inf\"", "sources: []" },
    { IMPORT_NTPD_RS, "[synchronization]\nlocal-stratum = \"x\"", "sources: []" },
    { IMPORT_NTPD_RS, "[synchronization]\nsingle-step-panic-threshold = { backward = 5 }", "panic_threshold: 5s" },
    { IMPORT_NTPD_RS, "[source-defaults]\npoll-interval-limits = { max = 7 }\n[[source]]\nmode = \"server\"\naddress = \"a.b\"",
      "- server: \"a.b\"  # f:3\n" },
    { IMPORT_NTPD_RS, "[source-defaults]\npoll-interval-limits = { min = 7 }\n[[source]]\nmode = \"server\"\naddress = \"a.b\"",
      "- server: \"a.b\"  # f:3\n" },
    { IMPORT_NTPD_RS, "[[source]]\nmode = \"server\"\naddress = \"2001:db8::1\"\ncount = 3\nntp-version = 4", "- server: \"2001:db8::1\"  # f:1\n" },
    { IMPORT_NTPD_RS, "[[source]]\nmode = \"server\"\naddress = \"a_b!:123\"", "\"a_b!\" is no name or address of a server" },
    { IMPORT_NTPD_RS, "[[server]]\nlisten = \"0.0.0.0:123\"\nrequire-nts = \"deny\"", "answers authenticated requests alone" },
    { IMPORT_NTPD_RS, "[[server]]\nlisten = \"0.0.0.0:123\"\nrequire-nts = false", "listen: [\"0.0.0.0:123\"]" },
    { IMPORT_NTPD_RS, "[[source]]\n\"mode\" = 'server'\n\"address\" = 'a.b'", "- server: \"a.b\"" },
    { IMPORT_NTPD_RS, "= 1", "there is no key of ntpd-rs in its section \"\"" },
    { IMPORT_TIMESYNCD, "[Time]\nNTP=a\nPollIntervalMaxSec=00000000000000000000000000000064\n", "is no time" },
    { IMPORT_TIMESYNCD, "[Time]\nNTP=a\nPollIntervalMaxSec=7d\n", "131072 s stand there now" },
    { IMPORT_TIMESYNCD, "[Time]\nNTP=a\nPollIntervalMaxSec=1.2.3\n", "is no time" },
    { IMPORT_TIMESYNCD, "[Time]\nFallbackNTP=b\nNTP=a\n", "sources:\n  - server: \"a\"  # f:3\n" },
    { IMPORT_TIMESYNCD, "[Time]\nFallbackNTP=b\nNTP=a\n", "# f:2: FallbackNTP: there are no sources for the case that others fail" },
    { IMPORT_TIMESYNCD, "[Time]\nNTP=a\nNTP=\nNTP=b\nFallbackNTP=\n", "by `utcctl import`; behind each line the one it comes from.\n\nsources:\n"
                                                                     "  - server: \"b\"  # f:4\n" },
    { IMPORT_TIMESYNCD, "[Time]\n =x\n", "there is no key of timesyncd \"\"" },
};

static const struct row reference_rows[] = {
    { IMPORT_CHRONY, "refclock SHM x", "only SHM and SOCK are built" },
    { IMPORT_CHRONY, "refclock SHM -1", "only SHM and SOCK are built" },
    { IMPORT_CHRONY, "refclock SOCK /a\"b", "is no absolute path of a socket" },
    { IMPORT_CHRONY, "refclock SHM 1 refid", "\"\" is no reference id" },
    { IMPORT_CHRONY, "refclock SHM 1 refid A\x01", "is no reference id" },
    { IMPORT_CHRONY, "refclock SHM 1 refid A\"", "is no reference id" },
    { IMPORT_CHRONY, "refclock SHM 1 refid A\\", "is no reference id" },
    { IMPORT_CHRONY, "refclock SHM 1 offset x", "\"x\" is no offset within 10 s" },
    { IMPORT_CHRONY, "refclock SHM 1 offset -11", "\"-11\" is no offset within 10 s" },
    { IMPORT_CHRONY, "refclock SHM 1 delay x", "\"x\" is no delay from which an error could be made" },
    { IMPORT_CHRONY, "refclock SHM 1 delay 1e-9", "is no delay from which an error could be made" },
    { IMPORT_CHRONY, "refclock SHM 1 delay 21", "is no delay from which an error could be made" },
    { IMPORT_NTP, "server 127.127.28.x", "of reference clocks only SHM" },
    { IMPORT_NTP, "server 127.127.28.-1", "of reference clocks only SHM" },
    { IMPORT_NTP, "server 127.127.28.256", "of reference clocks only SHM" },
    { IMPORT_NTP, "server a.b\nserver 127.127.28.1\nserver 127.127.28.2\nfudge 127.127.28.2 refid GPS", "- shm: 2  # f:3\n    refid: \"GPS\"\n" },
    { IMPORT_NTP, "fudge 127.127.28.2 refid GPS", "sources: []" },
    { IMPORT_NTP, "refclock shm unit x", "of reference clocks only SHM" },
    { IMPORT_NTP, "refclock shm unit -1", "of reference clocks only SHM" },
    { IMPORT_NTP, "refclock shm unit 256", "of reference clocks only SHM" },
    { IMPORT_NTP, "restrict 10.0.0.1 mask 255.255.255.255 ignore", "- \"10.0.0.1/32\"" },
    { IMPORT_NTP, "restrict 10.0.0.0 mask 255.0.0.0:5 ignore", "is no prefix" },
    { IMPORT_CHRONY, "allow 10.0.0.0/8\nallow 10.1.0.0/16\nallow 10.2.0.0/16\ndeny all 10.1.0.0/16", "- \"10.2.0.0/16\"" },
    { IMPORT_NTPD_RS, "[[server]]\nlisten = \"0.0.0.0:123\"\n[[server]]\nlisten = \"[::]:123\"", "listen: [\"0.0.0.0:123\", \"[::]:123\"]" },
};

static void translate_rows(const struct row *row, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        translate(row[i].format, row[i].text);
        if (!strstr(out, row[i].words))
            fail_msg("%s: %s is not in\n%s", row[i].text, row[i].words, out);
    }
}

static void what_becomes_of_a_line(void **state)
{
    (void)state;
    translate_rows(rows, sizeof rows / sizeof rows[0]);
    translate_rows(odd_rows, sizeof odd_rows / sizeof odd_rows[0]);
    translate_rows(reference_rows, sizeof reference_rows / sizeof reference_rows[0]);
}

static void more_than_there_is_room_for_is_named(void **state)
{
    static char many[64 * 1024], largest[IMPORT_SIZE_MAX];
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
    assert_true(import_translate(IMPORT_NTP, " ~", largest, IMPORT_SIZE_MAX, &draft, out));
    assert_memory_equal(out, "# Made from  ~ (ntp)", 20);
}

/* `times` lines of this format, with a number from 0 on in them. */
static const char *lines(const char *format, int times)
{
    static char text[IMPORT_SIZE_MAX];
    size_t n = 0;

    text[0] = '\0';
    for (int i = 0; i < times && n < sizeof text; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, format, i);
    return text;
}

static void lists_that_are_full_are_named(void **state)
{
    (void)state;
    translate(IMPORT_CHRONY, lines("hwtimestamp eth%d\n", DRAFT_ITEMS_MAX + 1));
    assert_non_null(strstr(out, "# f:17: hwtimestamp: .hardware_timestamps takes 16 items, this is one more"));
    translate(IMPORT_CHRONY, lines("pool h%d.example maxsources 3\n", 7));
    assert_non_null(strstr(out, "# f:6: h5.example: 16 servers and pool members together are followed at the most; 1 of these are"));
    assert_non_null(strstr(out, "# f:7: h6.example: 16 servers and pool members together are followed at the most; 0 of these are"));
    assert_int_equal(draft.sources, 6);
    assert_int_equal(draft.source[5].number[DRAFT_MEMBERS], 1);
}

static void long_lines_names_and_paths_are_cut_or_refused(void **state)
{
    static char text[3 * 2048];
    static const char keyfile[] = "keyfile /", sock[] = "refclock SOCK /";

    (void)state;
    memset(text, 'x', sizeof text - 1);
    memcpy(text, keyfile, sizeof keyfile - 1);
    translate(IMPORT_CHRONY, text); /* a line is cut at 2047 bytes, a path may have 250 */
    assert_non_null(strstr(out, "is no absolute path of plain text; set keys.file by hand"));
    text[sizeof keyfile - 2 + 250] = '\0';
    translate(IMPORT_CHRONY, text);
    assert_non_null(strstr(out, "no source uses a key; to answer clients by theirs"));
    memset(text, 'x', 300);
    memcpy(text, sock, sizeof sock - 1);
    translate(IMPORT_CHRONY, text);
    assert_non_null(strstr(out, "is no absolute path of a socket"));
    text[0] = '\0';
    for (int i = 0; i < 70; i++)
        strcat(text, i ? " w" : "server a.b");
    translate(IMPORT_CHRONY, text); /* 64 words of a line are looked at */
    assert_int_equal(draft.count.unknown, 62);
    memset(text, 'n', 300);
    memcpy(text, "\x01\xff\x7f", 3);
    text[300] = '\0';
    assert_true(import_translate(IMPORT_CHRONY, text, "", 0, &draft, out));
    text[200] = '\0';
    memcpy(text, "???", 3);
    assert_int_equal(strncmp(out, "# Made from ", 12), 0);
    assert_int_equal(strncmp(out + 12, text, 200), 0);
    assert_int_equal(out[212], ' ');
}

static const char not_read[] = "the line is too long and was not wholly read";

/* The line begins with `head`, then comes `more` again and again, `tail` at the end. */
static bool is_told_as_cut(enum import_format format, const char *head, const char *more, unsigned times, const char *tail)
{
    static char text[8192];
    size_t n = (size_t)snprintf(text, sizeof text, "%s", head);

    for (unsigned i = 0; i < times; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s", more);
    snprintf(text + n, sizeof text - n, "%s\n", tail);
    translate(format, text);
    return strstr(out, not_read) && strstr(out, "# f:1: ");
}

static void a_line_that_is_not_wholly_read_is_named(void **state)
{
    static const struct { enum import_format format; const char *head, *more; unsigned times; const char *tail; bool cut; } lines[] = {
        { IMPORT_CHRONY, "server a.b", " prefer", 62, "", false },
        { IMPORT_NTP, "server a.b", " prefer", 62, " # c", false },
        { IMPORT_CHRONY, "server a.b", " prefer", 63, "", true },
        { IMPORT_CHRONY, "server a.b", " ", 2037, "\r", false },
        { IMPORT_CHRONY, "server a.b", " ", 2100, "", true },
        { IMPORT_NTP, "server a.b #", " prefer", 400, "", false },
        { IMPORT_CHRONY, "#", " prefer", 400, "", false },
        { IMPORT_NTP, "server a.b", " prefer", 63, "", true },
        { IMPORT_TIMESYNCD, "NTP=", "a ", 64, "", false },
        { IMPORT_TIMESYNCD, "NTP=", "a ", 64, "b", true },
        { IMPORT_TIMESYNCD, "NTP=a.b", " ", 2100, "c.d", true },
        { IMPORT_TIMESYNCD, "#", "a ", 2100, "c.d", false },
        { IMPORT_NTPD_RS, "log-level = ", " ", 2100, "\"info\"", true },
        { IMPORT_NTPD_RS, "log-level = \"info\" # ", " ", 2100, "", false },
        { IMPORT_NTPD_RS, "filter = [", "\"192.0.2.1\",\n", 320, "]", true },
        { IMPORT_NTPD_RS, "filter = [\n", " ", 2100, "]", true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (is_told_as_cut(lines[i].format, lines[i].head, lines[i].more, lines[i].times, lines[i].tail) != lines[i].cut)
            fail_msg("row %zu: %.300s", i, out);
}

static void remarks_without_end_are_cut(void **state)
{
    (void)state;
    translate(IMPORT_CHRONY, lines("x%d\n", 10000));
    assert_non_null(strstr(out, "# ... and more\n\nsources: []\n"));
    assert_int_equal(draft.count.unknown, 10000);
}

/* More than any file makes of it. */
static void a_page_that_is_too_large_is_cut(void **state)
{
    (void)state;
    draft_init(&draft, "f");
    for (unsigned i = 0; i < DRAFT_SETTINGS_MAX; i++) {
        draft.setting[i] = (struct draft_setting){ .section = "s", .key = "k", .list = true, .count = DRAFT_ITEMS_MAX };
        for (unsigned k = 0; k < DRAFT_ITEMS_MAX; k++)
            memset(draft.setting[i].value[k], 'v', DRAFT_VALUE_MAX - 1);
    }
    draft.settings = DRAFT_SETTINGS_MAX;
    memset(draft.remark, 'r', DRAFT_REMARKS_SIZE - 1);
    draft.remark_len = DRAFT_REMARKS_SIZE - 1;
    draft_write(&draft, IMPORT_CHRONY, out);
    assert_int_equal(strlen(out), IMPORT_OUT_SIZE - 1);
    for (size_t i = 0; i < sizeof all.behind; i++)
        assert_int_equal(all.behind[i], 0);
    assert_false(draft_has(&draft, "ntp", "listen"));
    draft.setting[0].count = 0;
    assert_false(draft_has(&draft, "s", "k")); /* taken back */
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

static void lines_are_told_by_the_files_own_name(void **state)
{
    (void)state;
    assert_true(import_translate(IMPORT_CHRONY, "/etc/chrony/chrony.conf", "server a.b\nlogdir /x\n", 21, &draft, out));
    assert_non_null(strstr(out, "# Made from /etc/chrony/chrony.conf (chrony)"));
    assert_non_null(strstr(out, "  # chrony.conf:1\n"));
    assert_non_null(strstr(out, "\n# chrony.conf:2: logdir: "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_becomes_of_a_line),
        cmocka_unit_test(more_than_there_is_room_for_is_named),
        cmocka_unit_test(lists_that_are_full_are_named),
        cmocka_unit_test(long_lines_names_and_paths_are_cut_or_refused),
        cmocka_unit_test(a_line_that_is_not_wholly_read_is_named),
        cmocka_unit_test(remarks_without_end_are_cut),
        cmocka_unit_test(a_page_that_is_too_large_is_cut),
        cmocka_unit_test(a_file_is_known_by_its_name),
        cmocka_unit_test(lines_are_told_by_the_files_own_name),
    };

    return cmocka_run_group_tests_name("import", tests, NULL, NULL);
}
