/* Structured events. A core returns what happened; the engine emits a record; daemon/ renders it as text or JSON and writes it.
 *
 * One row of log.def names an event, its level and its sentence; {field} in the sentence is replaced by that field's value. Text strings in
 * records are borrowed and may hold bytes from outside: renderers escape them. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/time.h"

enum log_level { LOG_DEBUG_LEVEL, LOG_INFO_LEVEL, LOG_NOTICE_LEVEL, LOG_WARNING_LEVEL, LOG_ERROR_LEVEL, LOG_LEVELS };

/* What an event is about; each has a level of its own in log.topics. */
enum log_topic { LOG_TOPIC_DAEMON, LOG_TOPIC_SOURCES, LOG_TOPIC_CLOCK, LOG_TOPIC_NTS, LOG_TOPIC_LEAP, LOG_TOPIC_SERVICE, LOG_TOPIC_AUDIT, LOG_TOPICS };

enum log_id {
#define LOG(name, level, sentence) LOG_##name,
#include "base/log.def"
#undef LOG
    LOG_ID_COUNT
};

enum log_kind { LOG_FIELD_INT, LOG_FIELD_NS, LOG_FIELD_TEXT, LOG_FIELD_ADDR, LOG_FIELD_DOUBLE, LOG_FIELD_UTC };

struct log_field {
    const char *name;      /* static, unit last: "offset_ns" */
    enum log_kind kind;
    union { int64_t i; const char *text; struct net_addr addr; double d; } u;
};

#define LOG_FIELDS_MAX 8
struct log_record {
    enum log_id id;
    unsigned count;
    struct log_field field[LOG_FIELDS_MAX];
};

const char *log_name(enum log_id id);          /* "source_selected" */
enum log_level log_level_of(enum log_id id);

enum log_topic log_topic_of(enum log_id id);   /* by the first word of its name */
const char *log_topic_name(enum log_topic t);  /* "sources" */
enum log_topic log_topic_find(const char *name); /* LOG_TOPICS: there is none */
const char *log_level_name(enum log_level l);  /* "warning" */
int log_severity(enum log_level l);            /* of RFC 5424 section 6.2.1, as sd-daemon(3) and syslog(3) have it */

/* Each appends one field; a record with LOG_FIELDS_MAX fields takes no more. Text is borrowed until the record is rendered: a core's records are handed out
 * after the function that made them has returned. */
void log_int(struct log_record *r, const char *name, int64_t v);
void log_ns(struct log_record *r, const char *name, int64_t ns);
void log_double(struct log_record *r, const char *name, double v);
void log_text(struct log_record *r, const char *name, const char *text);
void log_addr(struct log_record *r, const char *name, const struct net_addr *a);
void log_utc(struct log_record *r, const char *name, struct utc_ns t); /* to the second */

/* Renderers: NUL-terminated, cut at size, one line, no line feed. Bytes from outside come out escaped. Return the length. */
size_t log_render_text(const struct log_record *r, char *out, size_t size);
size_t log_render_json(const struct log_record *r, struct utc_ns at, char *out, size_t size);

/* key=value, text quoted where it needs to be. Here, in JSON and for the journal a field that has no room is left out whole. */
size_t log_render_logfmt(const struct log_record *r, struct utc_ns at, char *out, size_t size);

/* The native protocol of systemd's journal: one FIELD=value a line; fields of ours begin with UTC_. The message is the sentence. */
size_t log_render_journal(const struct log_record *r, char *out, size_t size);

/* RFC 5424 section 6 around a message that is rendered already: facility daemon, the event as MSGID, no structured data. */
struct log_sender { const char *host, *program; int pid; };
size_t log_render_syslog(const struct log_record *r, struct utc_ns at, const struct log_sender *from, const char *message, char *out, size_t size);

/* "1.234 ms", "-5 ns", "3.2 s": at most four significant digits, but for whole days. size >= 24. */
const char *ns_to_text(int64_t ns, char *out);

#endif
