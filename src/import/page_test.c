/* Whole files in, the whole page out: what is not asked for is not there either. */
#include "base/test.h"

#include <string.h>

#include "import/draft.h"

/* What many pages have in common. */
#define WITHOUT "#\n# Without an equivalent, or not quite with one:\n"
#define NO_SOURCES "\nsources: []\n"
#define SOURCES "\nsources:\n"
#define SERVES "\nntp:\n  listen: [\"[::]:123\"]\n"
#define SERVES_SOME SERVES "\naccess:\n  - action: allow\n    nets:\n"

struct page { enum import_format format; const char *text; struct import_count count; const char *page; };

static const struct page pages[] = {
    /* polls, ports and keys at their edges */
    { IMPORT_CHRONY,
      "server a.b minpoll -4 maxpoll 17 port 1 key 1\n"
      "server c.d minpoll 3 maxpoll 5 port 65535\n"
      "server e.f minpoll 7\n"
      "server g.h maxpoll 6\n"
      "server i.j minpoll 10\n"
      "server k.l minpoll 11 maxpoll 12\n"
      "server m.n minpoll 8 maxpoll 7\n"
      "server o.p minpoll 11\n"
      "server q.r maxpoll 5\n"
      "keyfile /k\n",
      { .translated = 10, .remarks = 1, .unknown = 0 },
      WITHOUT
      "# f:10: keys: MD5 and SHA1 keys in \"/k\" are taken with keys.allow_legacy: true alone; better give both sides AES128 or SHA256 keys\n"
      SOURCES
      "  - server: \"a.b\"  # f:1\n"
      "    port: 1\n"
      "    min_poll: -4\n"
      "    max_poll: 17\n"
      "    key: 1\n"
      "  - server: \"c.d\"  # f:2\n"
      "    port: 65535\n"
      "    min_poll: 3\n"
      "    max_poll: 5\n"
      "  - server: \"e.f\"  # f:3\n"
      "    min_poll: 7\n"
      "  - server: \"g.h\"  # f:4\n"
      "    max_poll: 6\n"
      "  - server: \"i.j\"  # f:5\n"
      "    min_poll: 10\n"
      "  - server: \"k.l\"  # f:6\n"
      "    min_poll: 11\n"
      "    max_poll: 12\n"
      "  - server: \"m.n\"  # f:7\n"
      "    min_poll: 8\n"
      "    max_poll: 8\n"
      "  - server: \"o.p\"  # f:8\n"
      "    min_poll: 11\n"
      "    max_poll: 11\n"
      "  - server: \"q.r\"  # f:9\n"
      "    min_poll: 5\n"
      "    max_poll: 5\n"
      "\n"
      "keys:\n"
      "  file: \"/k\"  # f:10\n"
      "  format: chrony  # f:10\n" },
    { IMPORT_CHRONY,
      "pool a.b minpoll 4 maxpoll 4\n"
      "pool c.d minpoll 0 maxsources 4\n"
      "pool e.f minpoll 1\n"
      "pool g.h nts\n"
      "server i.j nts version 4 ntsport 4461\n"
      "minsources 10\n",
      { .translated = 6, .remarks = 3, .unknown = 0 },
      WITHOUT
      "# f:2: c.d: every 1 s is too often for the servers of a pool: every 16 s stands there now\n"
      "# f:3: e.f: every 2 s is too often for the servers of a pool: every 16 s stands there now\n"
      "# f:4: g.h: a pool with NTS is no kind of source here: it is asked as one server\n"
      SOURCES
      "  - pool: \"a.b\"  # f:1\n"
      "    min_poll: 4\n"
      "    max_poll: 4\n"
      "  - pool: \"c.d\"  # f:2\n"
      "    min_poll: 4\n"
      "    members: 4\n"
      "  - pool: \"e.f\"  # f:3\n"
      "    min_poll: 4\n"
      "  - server: \"g.h\"  # f:4\n"
      "    nts: true\n"
      "  - server: \"i.j\"  # f:5\n"
      "    nts: true\n"
      "    nts_port: 4461\n"
      "\n"
      "clock:\n"
      "  min_sources: 10  # f:6\n" },
    { IMPORT_CHRONY,
      "pool a.b\n"
      "pool c.d\n"
      "pool e.f\n"
      "pool g.h\n"
      "minsources 16\n",
      { .translated = 5, .remarks = 0, .unknown = 0 },
      SOURCES
      "  - pool: \"a.b\"  # f:1\n"
      "  - pool: \"c.d\"  # f:2\n"
      "  - pool: \"e.f\"  # f:3\n"
      "  - pool: \"g.h\"  # f:4\n"
      "\n"
      "clock:\n"
      "  min_sources: 16  # f:5\n" },
    { IMPORT_CHRONY,
      "pool a.b\n"
      "pool c.d\n"
      "server e.f\n"
      "server g.h\n"
      "minsources 10\n"
      "keyfile /k\n"
      "server i.j key 2\n"
      "minsources 1\n"
      "server k.l version 2\n",
      { .translated = 8, .remarks = 2, .unknown = 0 },
      WITHOUT
      "# f:9: server: 2 is outside 3 .. 4: the nearer one stands there now; see whether that will do\n"
      "# f:6: keys: MD5 and SHA1 keys in \"/k\" are taken with keys.allow_legacy: true alone; better give both sides AES128 or SHA256 keys\n"
      SOURCES
      "  - pool: \"a.b\"  # f:1\n"
      "  - pool: \"c.d\"  # f:2\n"
      "  - server: \"e.f\"  # f:3\n"
      "  - server: \"g.h\"  # f:4\n"
      "  - server: \"i.j\"  # f:7\n"
      "    key: 2\n"
      "  - server: \"k.l\"  # f:9\n"
      "    version: 3\n"
      "\n"
      "clock:\n"
      "  min_sources: 1  # f:8\n"
      "\n"
      "keys:\n"
      "  file: \"/k\"  # f:6\n"
      "  format: chrony  # f:6\n" },
    { IMPORT_CHRONY,
      "keyfile relative\n"
      "server a.b key 3\n",
      { .translated = 1, .remarks = 2, .unknown = 0 },
      WITHOUT
      "# f:1: keyfile: \"relative\" is no absolute path of plain text; set keys.file by hand\n"
      "# f:2: a.b: its key is in no key file: the source is left out; set keys.file and add it with its key\n"
      NO_SOURCES },
    /* reference clocks */
    { IMPORT_CHRONY,
      "refclock SHM 0 refid ABCD offset 10\n"
      "refclock SHM 255 refid ABCDE offset -10\n"
      "refclock SOCK /s offset 10.5 delay 2e-9\n"
      "refclock SHM 0\n"
      "minsources 4\n",
      { .translated = 1, .remarks = 7, .unknown = 0 },
      WITHOUT
      "# f:1: refclock: true time has to lie within `error` of each sample: what stands there is a careful guess, see whether it will do\n"
      "# f:2: refclock: \"ABCDE\" is no reference id of up to four ASCII characters\n"
      "# f:2: refclock: true time has to lie within `error` of each sample: what stands there is a careful guess, see whether it will do\n"
      "# f:3: refclock: \"10.5\" is no offset within 10 s; write it by hand\n"
      "# f:3: refclock: true time has to lie within `error` of each sample: what stands there is a careful guess, see whether it will do\n"
      "# f:4: refclock: SHM(0) stands in line 1 already, and one machine may not vote twice; nothing to do\n"
      "# f:5: min_sources: 4 sources can never agree, there are 3: that many stand there now\n"
      SOURCES
      "  - shm: 0  # f:1\n"
      "    refid: \"ABCD\"\n"
      "    error: 500ms\n"
      "    offset: 10000ms\n"
      "  - shm: 255  # f:2\n"
      "    error: 1ms\n"
      "    offset: -10000ms\n"
      "  - sock: \"/s\"  # f:3\n"
      "    error: 0.000001ms\n"
      "\n"
      "clock:\n"
      "  min_sources: 3  # f:5\n" },
    { IMPORT_CHRONY,
      "refclock SHM 1 offset -10.5 delay 20\n"
      "refclock SHM 2 delay 20.1\n"
      "refclock SHM 3 delay 1e-9 refid ~!~!\n"
      "refclock SHM 4 poll 3 pps\n"
      "server a.b\n"
      "refclock SHM 5 refid\n",
      { .translated = 1, .remarks = 10, .unknown = 0 },
      WITHOUT
      "# f:1: refclock: \"-10.5\" is no offset within 10 s; write it by hand\n"
      "# f:1: refclock: true time has to lie within `error` of each sample: what stands there is a careful guess, see whether it will do\n"
      "# f:2: refclock: \"20.1\" is no delay from which an error could be made; write `error` by hand\n"
      "# f:2: refclock: true time has to lie within `error` of each sample: what stands there is a careful guess, see whether it will do\n"
      "# f:3: refclock: \"1e-9\" is no delay from which an error could be made; write `error` by hand\n"
      "# f:3: refclock: true time has to lie within `error` of each sample: what stands there is a careful guess, see whether it will do\n"
      "# f:4: refclock: poll: the clock takes a sample every 4 to 16 s; nothing to do\n"
      "# f:4: refclock: pps: pulses numbered by another source are not built yet: it is left out; gpsd numbers its own, in the next unit\n"
      "# f:6: refclock: \"\" is no reference id of up to four ASCII characters\n"
      "# f:6: refclock: true time has to lie within `error` of each sample: what stands there is a careful guess, see whether it will do\n"
      SOURCES
      "  - shm: 1  # f:1\n"
      "    error: 10000ms\n"
      "  - shm: 2  # f:2\n"
      "    error: 1ms\n"
      "  - shm: 3  # f:3\n"
      "    refid: \"~!~!\"\n"
      "    error: 1ms\n"
      "  - server: \"a.b\"  # f:5\n"
      "  - shm: 5  # f:6\n"
      "    error: 1ms\n" },
    /* values at their edges */
    { IMPORT_CHRONY,
      "makestep 10 1\n"
      "maxchange 1e15 1 1\n"
      "maxdrift -1e15\n"
      "ratelimit\n"
      "ratelimit interval 0\n"
      "hwtimestamp eth0 minpoll\n"
      "hwtimestamp fifteencharacte\n"
      "ntstrustedcerts /c\n"
      "local distance\n"
      "local stratum 15\n"
      "ntsservercert /n\n"
      "ntsserverkey /p\n"
      "allow\n"
      "ntsport 1\n",
      { .translated = 9, .remarks = 5, .unknown = 0 },
      WITHOUT
      "# f:2: maxchange: \"1e15\" is no number; write the value by hand\n"
      "# f:3: maxdrift: \"-1e15\" is no number; write the value by hand\n"
      "# f:4: ratelimit: the strictest limit is one answer a second: that stands there now\n"
      "# f:6: hwtimestamp: \"minpoll\" and what follows: delays of the card and filters are found by themselves; nothing to do\n"
      "# f:9: local: distance: the statement holds while no source is known, whatever was before; its own error is `local.error`\n"
      NO_SOURCES
      "\n"
      "clock:\n"
      "  step_threshold: 10s  # f:1\n"
      "  step_limit: 1  # f:1\n"
      "\n"
      "rate_limit:\n"
      "  rate: 1  # f:5\n"
      "  burst: 8  # f:5\n"
      "  leak: 4  # f:5\n"
      "\n"
      "hardware_timestamps: [\"eth0\", \"fifteencharacte\"]  # f:6\n"
      "\n"
      "nts:\n"
      "  trusted_certificates: \"/c\"  # f:8\n"
      "  certificate: \"/n\"  # f:11\n"
      "  private_key: \"/p\"  # f:12\n"
      "  listen: [\"[::]:1\"]  # f:14\n"
      "\n"
      "local:\n"
      "  stratum: 15  # f:10\n"
      "  public: true\n"
      SERVES },
    { IMPORT_CHRONY,
      "ntsport 65536\n"
      "ntsport 65535\n"
      "port 65536\n"
      "port 65535\n"
      "allow\n"
      "ntsservercert /n\n"
      "ntsserverkey /p\n"
      "ratelimit interval -20 leak 16\n",
      { .translated = 5, .remarks = 3, .unknown = 0 },
      WITHOUT
      "# f:3: port: \"65536\" is no port; write it into ntp.listen by hand\n"
      "# f:1: ntsport: \"65536\" is no port; write it into nts.listen by hand\n"
      "# f:8: ratelimit: 1.04858e+06 is outside what rate_limit.rate takes: 1000000 stands there now; see whether that will do\n"
      NO_SOURCES
      "\n"
      "nts:\n"
      "  listen: [\"[::]:65535\"]  # f:2\n"
      "  certificate: \"/n\"  # f:6\n"
      "  private_key: \"/p\"  # f:7\n"
      "\n"
      "rate_limit:\n"
      "  rate: 1000000  # f:8\n"
      "  burst: 8  # f:8\n"
      "  leak: 65536  # f:8\n"
      "\n"
      "ntp:\n"
      "  listen: [\"[::]:65535\"]\n" },
    { IMPORT_CHRONY,
      "port 0\n"
      "allow 10.0.0.1/32\n"
      "local\n",
      { .translated = 3, .remarks = 0, .unknown = 0 },
      NO_SOURCES
      "\n"
      "local:\n"
      "  stratum: 10  # f:3\n"
      "\n"
      "access:\n"
      "  - action: allow\n"
      "    nets:\n"
      "      - \"10.0.0.1/32\"  # f:2\n"
      "  - action: deny\n"
      "    nets:\n"
      "      - \"0.0.0.0/0\"\n"
      "      - \"::/0\"\n" },
    { IMPORT_CHRONY,
      "allow 10.255.255.255/20\n"
      "allow 10.1.0.0/16\n"
      "allow 10.128.0.0/16\n"
      "allow 10.0.0.0/8\n"
      "allow 2001:db8:ffff::/33\n"
      "allow 2001:db8:7fff::/48\n"
      "deny all 10.128.0.0/9\n"
      "allow 192.168.7.0/24\n"
      "allow 192.168.3.0/24\n"
      "allow 192.168.4.0/22\n"
      "deny 172.16.0.0/12\n"
      "deny 172.0.0.0/8\n"
      "deny all 192.168.4.0/22\n"
      "deny all 172.16.0.0/12\n"
      "local stratum 1\n",
      { .translated = 15, .remarks = 0, .unknown = 0 },
      NO_SOURCES
      "\n"
      "local:\n"
      "  stratum: 1  # f:15\n"
      "  public: true\n"
      SERVES_SOME
      "      - \"10.1.0.0/16\"  # f:2\n"
      "      - \"10.0.0.0/8\"  # f:4\n"
      "      - \"2001:db8:8000::/33\"  # f:5\n"
      "      - \"2001:db8:7fff::/48\"  # f:6\n"
      "      - \"192.168.3.0/24\"  # f:9\n"
      "  - action: deny\n"
      "    nets:\n"
      "      - \"10.128.0.0/9\"  # f:7\n"
      "      - \"172.0.0.0/8\"  # f:12\n"
      "      - \"192.168.4.0/22\"  # f:13\n"
      "      - \"172.16.0.0/12\"  # f:14\n"
      "      - \"0.0.0.0/0\"\n"
      "      - \"::/0\"\n" },
    /* ntpd */
    { IMPORT_NTP,
      "server -4 a.b minpoll 7 prefer\n"
      "server c.d\n"
      "server 127.127.28.1\n"
      "server 127.127.28.0\n"
      "fudge 127.127.28.0 refid GPS\n"
      "server 127.127.28.256\n"
      "server 127.127.28.255 prefer\n"
      "server 127.127.29.0 prefer\n"
      "server 127.127.1.0 prefer\n"
      "server --ipv6 127.127.28.3 prefer\n"
      "server 127.12.7.1\n",
      { .translated = 3, .remarks = 8, .unknown = 0 },
      WITHOUT
      "# f:1: server: both families are used; write the address to have one\n"
      "# f:3: server: true time has to lie within `error` of each sample: what stands there is a careful guess, see whether it will do\n"
      "# f:4: server: true time has to lie within `error` of each sample: what stands there is a careful guess, see whether it will do\n"
      "# f:6: server: of reference clocks only SHM (127.127.28.u) is built; stay with ntpd on this machine, or let it serve on loopback "
      "and name it here as a server\n"
      "# f:7: server: true time has to lie within `error` of each sample: what stands there is a careful guess, see whether it will do\n"
      "# f:8: server: of reference clocks only SHM (127.127.28.u) is built; stay with ntpd on this machine, or let it serve on loopback "
      "and name it here as a server\n"
      "# f:9: server: the local clock is a statement, served while no source is known: `local`, stratum 10; see whether that and its "
      "error of 1s will do\n"
      "# f:10: server: true time has to lie within `error` of each sample: what stands there is a careful guess, see whether it will do\n"
      SOURCES
      "  - server: \"a.b\"  # f:1\n"
      "    min_poll: 7\n"
      "    prefer: true\n"
      "  - server: \"c.d\"  # f:2\n"
      "  - shm: 1  # f:3\n"
      "    error: 1ms\n"
      "  - shm: 0  # f:4\n"
      "    refid: \"GPS\"\n"
      "    error: 500ms\n"
      "  - shm: 255  # f:7\n"
      "    error: 1ms\n"
      "    prefer: true\n"
      "  - shm: 3  # f:10\n"
      "    error: 1ms\n"
      "    prefer: true\n"
      "  - server: \"127.12.7.1\"  # f:11\n"
      "\n"
      "local:\n"
      "  stratum: 10  # f:9\n"
      "  public: true\n"
      SERVES },
    { IMPORT_NTP,
      "refclock shm unit 255\n"
      "refclock shm unit 256\n"
      "refclock shm unit x\n"
      "refclock shm prefer unit 3\n"
      "refclock shm\n"
      "refclock shm unit\n"
      "server 127.127.1.1\n"
      "fudge 127.127.1.1 stratum 16\n"
      "fudge 127.127.1.1 stratum\n"
      "tos minsane 2 minsane\n"
      "tinker step 0.5 panic -1\n",
      { .translated = 2, .remarks = 9, .unknown = 0 },
      WITHOUT
      "# f:1: refclock: true time has to lie within `error` of each sample: what stands there is a careful guess, see whether it will do\n"
      "# f:2: refclock: of reference clocks only SHM (28) is built; stay with ntpd on this machine, or let it serve the clock on "
      "loopback and name it here as a server\n"
      "# f:3: refclock: of reference clocks only SHM (28) is built; stay with ntpd on this machine, or let it serve the clock on "
      "loopback and name it here as a server\n"
      "# f:4: refclock: true time has to lie within `error` of each sample: what stands there is a careful guess, see whether it will do\n"
      "# f:5: refclock: true time has to lie within `error` of each sample: what stands there is a careful guess, see whether it will do\n"
      "# f:6: refclock: SHM(0) stands in line 5 already, and one machine may not vote twice; nothing to do\n"
      "# f:7: server: the local clock is a statement, served while no source is known: `local`, stratum 10; see whether that and its "
      "error of 1s will do\n"
      "# f:8: fudge: 16 is outside what local.stratum takes: 15 stands there now; see whether that will do\n"
      "# f:9: fudge: stratum: of the local clock the stratum alone is taken\n"
      SOURCES
      "  - shm: 255  # f:1\n"
      "    error: 1ms\n"
      "  - shm: 3  # f:4\n"
      "    error: 1ms\n"
      "    prefer: true\n"
      "  - shm: 0  # f:5\n"
      "    error: 500ms\n"
      "\n"
      "local:\n"
      "  stratum: 15  # f:8\n"
      "  public: true\n"
      "\n"
      "clock:\n"
      "  min_sources: 2  # f:10\n"
      "  step_threshold: 0.5s  # f:11\n"
      "  panic_threshold: 86400s  # f:11\n"
      SERVES },
    { IMPORT_NTP,
      "restrict 10.0.0.0 mask 255.255.255.255 ignore\n"
      "restrict 11.0.0.0 mask 255.255.240.0 ignore\n"
      "restrict 12.0.0.0 mask 255.255.224.1 ignore\n"
      "restrict 13.0.0.0 mask 255.128.128.0 ignore\n"
      "restrict default nomodify\n"
      "restrict -4 1.2.3.4 notrust\n"
      "restrict 2001:db8:: mask ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ignore\n"
      "restrict 14.0.0.0 mask 255.255.0.2 ignore\n",
      { .translated = 5, .remarks = 3, .unknown = 0 },
      WITHOUT
      "# f:3: restrict: the mask \"255.255.224.1\" is no prefix; write the networks it covers into `access`\n"
      "# f:4: restrict: the mask \"255.128.128.0\" is no prefix; write the networks it covers into `access`\n"
      "# f:8: restrict: the mask \"255.255.0.2\" is no prefix; write the networks it covers into `access`\n"
      NO_SOURCES
      SERVES_SOME
      "      - \"0.0.0.0/0\"  # f:5\n"
      "      - \"::/0\"  # f:5\n"
      "  - action: deny\n"
      "    nets:\n"
      "      - \"10.0.0.0/32\"  # f:1\n"
      "      - \"11.0.0.0/20\"  # f:2\n"
      "      - \"2001:db8::/128\"  # f:7\n"
      "  - action: authenticate\n"
      "    nets:\n"
      "      - \"1.2.3.4/32\"  # f:6\n" },
    { IMPORT_NTP,
      "port 65535\n"
      "port 65536\n"
      "port 1\n"
      "interface listen eth0\n"
      "nts cert /c ca /a disable key /p\n"
      "nts cookie x enable\n"
      "discard average 1\n"
      "dscp 63\n",
      { .translated = 5, .remarks = 3, .unknown = 0 },
      WITHOUT
      "# f:2: port: \"65536\" is no port; write it into ntp.listen by hand\n"
      "# f:6: nts: nts cookie: TLS 1.3 and its parameters are fixed, keys of cookies live in memory; nothing to do\n"
      "# f:7: discard: limits are counted otherwise: so many answers a second in the long run (rate_limit.rate) and at once (rate_limit.burst)\n"
      NO_SOURCES
      "\n"
      "ntp:\n"
      "  listen: [\"[::%eth0]:1\"]  # f:4\n"
      "  dscp: 63  # f:8\n"
      "\n"
      "nts:\n"
      "  certificate: \"/c\"  # f:5\n"
      "  trusted_certificates: \"/a\"  # f:5\n"
      "  private_key: \"/p\"  # f:5\n"
      "  listen: [\"*:4460\"]\n"
      "\n"
      "rate_limit:\n"
      "  rate: 32  # f:7\n" },
    { IMPORT_NTP,
      "restrict default\n"
      "restrict source\n"
      "fudge 127.127.28.0 refid X\n"
      "server a.b nonsense\n"
      "keys /k\n",
      { .translated = 2, .remarks = 4, .unknown = 1 },
      WITHOUT
      "# f:2: restrict: servers that are asked need no line of their own; nothing to do\n"
      "# f:3: fudge: see its server or refclock line\n"
      "# f:4: server: there is no option of a source \"nonsense\"; is it misspelt, or of another version? look it up in that program's manual\n"
      "# f:5: keys: no source uses a key; to answer clients by theirs say keys: { file: \"/k\", format: ntp }\n"
      SOURCES
      "  - server: \"a.b\"  # f:4\n"
      SERVES },
    /* ntpd-rs */
    { IMPORT_NTPD_RS,
      "[source-defaults]\n"
      "poll-interval-limits = { min = 4, max = 10 }\n"
      "[[source]]\n"
      "mode = \"pool\"\n"
      "address = \"a.b\"\n"
      "count = 4\n"
      "[[source]]\n"
      "mode = \"nts\"\n"
      "address = \"c.d:1\"\n"
      "certificate-authority = \"/ca\"\n"
      "count = 2\n"
      "[[source]]\n"
      "mode = \"server\"\n"
      "address = \"e.f:65536\"\n"
      "[[source]]\n"
      "mode = \"nts-pool\"\n"
      "address = \"g.h\"\n"
      "ignore = [\"1.2.3.4\"]\n"
      "[synchronization]\n"
      "local-stratum = 15\n"
      "accumulated-step-panic-threshold = 0\n",
      { .translated = 17, .remarks = 3, .unknown = 0 },
      WITHOUT
      "# f:12: source: 65536 is outside 1 .. 65535: the nearer one stands there now; see whether that will do\n"
      "# f:18: ignore: members of a pool that are bad are replaced by themselves; nothing to do\n"
      "# f:15: g.h: a pool with NTS is no kind of source here: it is asked as one server\n"
      SOURCES
      "  - pool: \"a.b\"  # f:3\n"
      "    min_poll: 4\n"
      "    max_poll: 10\n"
      "    members: 4\n"
      "  - server: \"c.d\"  # f:7\n"
      "    min_poll: 4\n"
      "    max_poll: 10\n"
      "    nts: true\n"
      "    nts_port: 1\n"
      "  - server: \"e.f\"  # f:12\n"
      "    port: 65535\n"
      "    min_poll: 4\n"
      "    max_poll: 10\n"
      "  - server: \"g.h\"  # f:15\n"
      "    min_poll: 4\n"
      "    max_poll: 10\n"
      "    nts: true\n"
      "\n"
      "nts:\n"
      "  trusted_certificates: \"/ca\"  # f:7\n"
      "\n"
      "local:\n"
      "  stratum: 15  # f:20\n"
      "\n"
      "clock:\n"
      "  step_budget: 0s  # f:21\n" },
    { IMPORT_NTPD_RS,
      "[[server]]\n"
      "listen = \"0.0.0.0:123\"\n"
      "denylist = { filter = [\"10.0.0.0/8\", '11.0.0.0/8'], action = \"deny\" }\n"
      "allowlist = { action = \"ignore\", filter = [\"12.0.0.0/8\"] }\n"
      "require-nts = true\n"
      "[[nts-ke-server]]\n"
      "listen = \"[::]:4460\"\n"
      "certificate-chain-path = \"/c\"\n"
      "private-key-path = \"/p\"\n"
      "[observability]\n"
      "log-level = \"warn\"\n"
      "[synchronization]\n"
      "single-step-panic-threshold = { forward = \"inf\", backward = 5 }\n"
      "minimum-agreeing-sources = 2\n"
      "[synchronization.algorithm]\n"
      "x = 1\n",
      { .translated = 11, .remarks = 2, .unknown = 0 },
      WITHOUT
      "# f:5: require-nts: access: [{ nets: [0.0.0.0/0, \"::/0\"], action: authenticate }] answers authenticated requests alone\n"
      "# f:16: x: how the clock is followed is found by measuring; nothing to do\n"
      NO_SOURCES
      "\n"
      "ntp:\n"
      "  listen: [\"0.0.0.0:123\"]  # f:1\n"
      "\n"
      "nts:\n"
      "  listen: [\"[::]:4460\"]  # f:6\n"
      "  certificate: \"/c\"  # f:6\n"
      "  private_key: \"/p\"  # f:6\n"
      "\n"
      "log:\n"
      "  level: warning  # f:11\n"
      "\n"
      "clock:\n"
      "  panic_threshold: 5s  # f:13\n"
      "  min_sources: 2  # f:14\n"
      "\n"
      "access:\n"
      "  - action: allow\n"
      "    nets:\n"
      "      - \"12.0.0.0/8\"  # f:4\n"
      "  - action: deny\n"
      "    nets:\n"
      "      - \"10.0.0.0/8\"  # f:3\n"
      "      - \"11.0.0.0/8\"  # f:3\n"
      "      - \"0.0.0.0/0\"  # f:4\n"
      "      - \"::/0\"  # f:4\n" },
    { IMPORT_NTPD_RS,
      "[[source]]\n"
      "mode = \"sock\"\n"
      "path = \"/s\"\n"
      "precision = 0.00025\n"
      "[[source]]\n"
      "mode = \"sock\"\n"
      "path = \"/t\"\n"
      "precision = 0.0005\n"
      "[[source]] # c\n"
      "mode = \"server\" # d\n"
      "address = 'x#y'\n"
      "[[source]]\n"
      "mode = \"server\"\n"
      " address = [ \"p.q\" ]\n"
      "[[source]]\n"
      "mode=\"server\"\n"
      "address=\"r.s\"\n"
      "poll-interval-limits = {\n"
      " min = -4,\n"
      " max = 17 }\n"
      "[observability]\n"
      "log-level = \"fatal\"\n"
      "[synchronization]\n"
      "single-step-panic-threshold = 3\n"
      "local-stratum = 0\n",
      { .translated = 16, .remarks = 5, .unknown = 0 },
      WITHOUT
      "# f:1: source: true time has to lie within `error` of each sample: what stands there is a careful guess, see whether it will do\n"
      "# f:5: source: true time has to lie within `error` of each sample: what stands there is a careful guess, see whether it will do\n"
      "# f:9: source: \"x#y\" is no name or address of a server; add the source by hand\n"
      "# f:22: log-level: \"fatal\" is no level of the log here; see log.level\n"
      "# f:25: local-stratum: 0 is outside what local.stratum takes: 1 stands there now; see whether that will do\n"
      SOURCES
      "  - sock: \"/s\"  # f:1\n"
      "    error: 1ms\n"
      "  - sock: \"/t\"  # f:5\n"
      "    error: 2ms\n"
      "  - server: \"p.q\"  # f:12\n"
      "    min_poll: -4\n"
      "    max_poll: 17\n"
      "  - server: \"r.s\"  # f:15\n"
      "    min_poll: -4\n"
      "    max_poll: 17\n"
      "\n"
      "clock:\n"
      "  panic_threshold: 3s  # f:24\n"
      "\n"
      "local:\n"
      "  stratum: 1  # f:25\n" },
    { IMPORT_NTPD_RS,
      "[[source]]\n"
      "mode = \"pool\"\n"
      "address = \"a.b\"\n"
      "count = 1\n"
      "[[server]]\n"
      "listen = \"0.0.0.0:123\"\n"
      "denylist = { none = [\"10.0.0.0/8\"] }\n"
      "allowlist = [\"11.0.0.0/8\"]\n",
      { .translated = 8, .remarks = 0, .unknown = 0 },
      SOURCES
      "  - pool: \"a.b\"  # f:1\n"
      "    members: 1\n"
      "\n"
      "ntp:\n"
      "  listen: [\"0.0.0.0:123\"]  # f:5\n"
      "\n"
      "access:\n"
      "  - action: deny\n"
      "    nets:\n"
      "      - \"0.0.0.0/0\"  # f:8\n"
      "      - \"::/0\"  # f:8\n" },
    { IMPORT_NTPD_RS,
      "[source-defaults]\n"
      "poll-interval-limits = { min = 99, max = -9 }\n"
      "[[source]]\n"
      "mode = \"server\"\n"
      "address = \"a.b\"\n"
      "[[server]]\n"
      "listen = \"0.0.0.0:123\"\n"
      "[[server]]\n"
      "listen = \"[::1]:123\"\n",
      { .translated = 8, .remarks = 0, .unknown = 0 },
      SOURCES
      "  - server: \"a.b\"  # f:3\n"
      "    min_poll: 17\n"
      "    max_poll: 17\n"
      "\n"
      "ntp:\n"
      "  listen: [\"0.0.0.0:123\", \"[::1]:123\"]  # f:6\n" },
    /* timesyncd */
    { IMPORT_TIMESYNCD,
      "[Time]\n"
      "NTP=a.b c.d\n"
      " NTP = e.f \n"
      "PollIntervalMinSec=16\n"
      "PollIntervalMaxSec=17s\n"
      "RootDistanceMaxSec=5\n",
      { .translated = 3, .remarks = 2, .unknown = 0 },
      WITHOUT
      "# f:5: PollIntervalMaxSec: intervals are powers of two of a second: 32 s stand there now\n"
      "# f:6: RootDistanceMaxSec: a source far away widens the bound; see it with utcctl sources\n"
      SOURCES
      "  - server: \"a.b\"  # f:2\n"
      "    min_poll: 4\n"
      "    max_poll: 5\n"
      "  - server: \"c.d\"  # f:2\n"
      "    min_poll: 4\n"
      "    max_poll: 5\n"
      "  - server: \"e.f\"  # f:3\n"
      "    min_poll: 4\n"
      "    max_poll: 5\n" },
    { IMPORT_TIMESYNCD,
      "[Time]\n"
      "# c\n"
      "; d\n"
      "\n"
      "NTP=a.b\n"
      "PollIntervalMinSec=1\n"
      "PollIntervalMaxSec=131072\n"
      "SaveIntervalSec=1\n"
      "FallbackNTP= \n",
      { .translated = 3, .remarks = 2, .unknown = 0 },
      WITHOUT
      "# f:6: PollIntervalMinSec: intervals are powers of two of a second: 16 s stand there now\n"
      "# f:8: SaveIntervalSec: the time is kept in clock.drift_file, hourly and at the end\n"
      SOURCES
      "  - server: \"a.b\"  # f:5\n"
      "    min_poll: 4\n"
      "    max_poll: 17\n" },
    { IMPORT_TIMESYNCD,
      "[Time]\n"
      "NTP=a.b\n"
      "PollIntervalMinSec=2 min 8sec\n"
      "PollIntervalMaxSec=1h 8min 16000ms\n"
      "PollIntervalMaxSec=1d\n"
      "[X]\n"
      "NTP\n"
      "fallbackntp=x.y\n",
      { .translated = 3, .remarks = 3, .unknown = 1 },
      WITHOUT
      "# f:8: fallbackntp: there are no sources for the case that others fail: all are asked always; leave out what that is not meant for\n"
      "# f:5: PollIntervalMaxSec: intervals are powers of two of a second: 131072 s stand there now\n"
      "# f:7: line: there is no key of timesyncd \"NTP\"; is it misspelt, or of another version? look it up in that program's manual\n"
      SOURCES
      "  - server: \"a.b\"  # f:2\n"
      "    min_poll: 7\n"
      "    max_poll: 17\n" },
};

static void every_line_of_the_page_is_as_it_has_to_be(void **state)
{
    static struct draft draft;
    static char out[IMPORT_OUT_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        const struct page *p = &pages[i];

        assert_true(import_translate(p->format, "f", p->text, strlen(p->text), &draft, out));
        assert_string_equal(strchr(out, '\n') + 1, p->page); /* behind the line that says what it is made from */
        assert_int_equal(draft.count.translated, p->count.translated);
        assert_int_equal(draft.count.remarks, p->count.remarks);
        assert_int_equal(draft.count.unknown, p->count.unknown);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_line_of_the_page_is_as_it_has_to_be) };

    return cmocka_run_group_tests_name("import page", tests, NULL, NULL);
}
