#include "daemon/wire.h"

#include "daemon/options.h"

/* Where a daemon without `sources` asks. Whoever ships this program to others asks the pool for a zone of their own (www.ntppool.org/vendors) and
 * writes its name here. */
#define DEFAULT_SOURCES "[{ pool: pool.ntp.org }]"

/* Each room's rows once more, now as descriptors. */
#define OPTION CONF_ROW
#define CONF_STRUCT struct top_options
static const struct conf_row top_rows[] = {
#include "daemon/top.def"
};
#undef CONF_STRUCT
#define CONF_STRUCT struct clock_own_options
static const struct conf_row clock_rows[] = {
#include "clock/options.def"
};
#undef CONF_STRUCT
#define CONF_STRUCT struct holdover_options
static const struct conf_row holdover_rows[] = {
#include "clock/holdover.def"
};
#undef CONF_STRUCT
#define CONF_STRUCT struct local_options
static const struct conf_row local_rows[] = {
#include "clock/local.def"
};
#undef CONF_STRUCT
#define CONF_STRUCT struct leap_options
static const struct conf_row leap_rows[] = {
#include "clock/leap.def"
};
#undef CONF_STRUCT
#define CONF_STRUCT struct source_options
static const struct conf_row source_rows[] = {
#include "engine/source.def"
};
#undef CONF_STRUCT
#define CONF_STRUCT struct access_options
static const struct conf_row access_rows[] = {
#include "guard/access.def"
};
#undef CONF_STRUCT
#define CONF_STRUCT struct rate_limit_options
static const struct conf_row rate_limit_rows[] = {
#include "guard/rate_limit.def"
};
#undef CONF_STRUCT
#define CONF_STRUCT struct ntp_options
static const struct conf_row ntp_rows[] = {
#include "ntp/options.def"
};
#undef CONF_STRUCT
#define CONF_STRUCT struct keys_options
static const struct conf_row keys_rows[] = {
#include "keys/options.def"
};
#undef CONF_STRUCT
#define CONF_STRUCT struct nts_options
static const struct conf_row nts_rows[] = {
#include "nts/options.def"
};
#undef CONF_STRUCT
#define CONF_STRUCT struct time_options
static const struct conf_row time_rows[] = {
#include "timeproto/time.def"
};
#undef CONF_STRUCT
#define CONF_STRUCT struct daytime_options
static const struct conf_row daytime_rows[] = {
#include "timeproto/daytime.def"
};
#undef CONF_STRUCT
#define CONF_STRUCT struct log_options
static const struct conf_row log_rows[] = {
#include "daemon/log.def"
};
#undef CONF_STRUCT
#define CONF_STRUCT struct control_options
static const struct conf_row control_rows[] = {
#include "daemon/control.def"
};
#undef CONF_STRUCT
#define CONF_STRUCT struct clockbound_options
static const struct conf_row clockbound_rows[] = {
#include "daemon/clockbound.def"
};
#undef CONF_STRUCT
#define CONF_STRUCT struct http_options
static const struct conf_row http_rows[] = {
#include "admin/options.def"
};
#undef CONF_STRUCT
#define CONF_STRUCT struct process_options
static const struct conf_row process_rows[] = {
#include "daemon/process.def"
};
#undef CONF_STRUCT
#undef OPTION

#define AT(member) offsetof(struct daemon_options, member)
#define ROWS(rows_) .rows = rows_, .row_count = sizeof rows_ / sizeof rows_[0]
#define MAP(name_, rows_, member) .kind = CONF_MAP, .name = name_, ROWS(rows_), .offset = AT(member), .present_offset = CONF_NONE

static const struct conf_section sections[] = {
    { .kind = CONF_TOP, .name = "", ROWS(top_rows), .offset = AT(top), .present_offset = CONF_NONE, .sentence = "Keys that stand by themselves" },
    { MAP("clock", clock_rows, engine.clock.clock), .sentence = "Which clock is kept, and how it is corrected" },
    { .kind = CONF_LIST, .name = "sources", ROWS(source_rows), .offset = AT(engine.source), .present_offset = CONF_NONE,
      .count_offset = AT(engine.source_count), .item_size = sizeof(struct source_options), .item_max = ENGINE_CONFIGURED_MAX,
      .default_text = DEFAULT_SOURCES,
      .sentence = "Where time is learned from; each item has one of `server`, `pool`, `shm` and `sock`, the last two for reference clocks; [] for nowhere" },
    { MAP("holdover", holdover_rows, engine.clock.holdover), .sentence = "What happens while every source is silent" },
    { .kind = CONF_MAP, .name = "local", ROWS(local_rows), .offset = AT(engine.clock.local), .present_offset = AT(engine.clock.local.present),
      .sentence = "The operator's statement that this machine's own clock may be served while no source is known; only where the section is given" },
    { MAP("leap", leap_rows, engine.clock.leap), .sentence = "Leap seconds: where they are learned from, and what the system clock makes of them" },
    { MAP("keys", keys_rows, keys), .sentence = "Symmetric keys, by which servers and clients authenticate: a source names its key, a client brings it" },
    { MAP("ntp", ntp_rows, ntp), .default_port = 123, .sentence = "The NTP server" },
    { MAP("nts", nts_rows, nts), .default_port = 4460, .sentence = "Network Time Security, RFC 8915: its key establishment, as server and for `sources`" },
    { MAP("time", time_rows, timeproto.time), .default_port = 37, .sentence = "The TIME server, RFC 868" },
    { MAP("daytime", daytime_rows, timeproto.daytime), .default_port = 13, .sentence = "The DAYTIME server, RFC 867" },
    { .kind = CONF_LIST, .name = "access", ROWS(access_rows), .offset = AT(guard.access), .present_offset = CONF_NONE,
      .count_offset = AT(guard.access_count), .item_size = sizeof(struct access_options), .item_max = GUARD_ITEMS_MAX, .default_text = "[]",
      .sentence = "Who is answered: for each address the item with the longest prefix that covers it; an address that no item covers is answered" },
    { .kind = CONF_MAP, .name = "rate_limit", ROWS(rate_limit_rows), .offset = AT(guard.rate_limit), .present_offset = AT(guard.rate_limit.present),
      .sentence = "How often one source, or all behind one address, is answered over UDP; without the section there is no limit" },
    { MAP("log", log_rows, log), .default_port = 514, .sentence = "What is logged, and where" },
    { MAP("control", control_rows, control), .sentence = "How utcctl reaches the daemon" },
    { MAP("clockbound", clockbound_rows, clockbound), .sentence = "The bound of the system clock for ClockBound's clients (docs/libutc.md)" },
    { MAP("http", http_rows, http), .default_port = HTTP_PORT, .sentence = "Metrics and health answers over HTTP" },
    { MAP("process", process_rows, process), .sentence = "How the daemon runs" },
};

const struct conf_schema daemon_schema = {
    .sections = sections, .section_count = sizeof sections / sizeof sections[0], .title = "simple-utcd", .env_prefix = "SIMPLE_UTCD_"
};
