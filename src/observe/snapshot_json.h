/* A snapshot as JSON. The keys are a promise: they may grow in number, never change meaning. Docs: man utcctl, "JSON".
 *
 * Instants are nanoseconds of UTC since 1970 with the suffix _ns (integers beyond 2^53: readers that use doubles take the text beside them), durations
 * nanoseconds as well; what is not known is null. */
#ifndef OBSERVE_SNAPSHOT_JSON_H
#define OBSERVE_SNAPSHOT_JSON_H

#include "observe/json.h"
#include "observe/snapshot.h"

#define SNAPSHOT_JSON_MAX 163840

/* "daemon": {version, uptime_ns} */
void snapshot_json_daemon(struct json *j, const struct snapshot *s);
/* "clock": {status, usable, utc ...} as it stands at s->now */
void snapshot_json_clock(struct json *j, const struct snapshot *s);
/* "sources": [{name, address, state ...}] */
void snapshot_json_sources(struct json *j, const struct snapshot *s);
/* "services": [{name, requests, verdicts}] */
void snapshot_json_services(struct json *j, const struct snapshot *s);
/* "hardware_timestamps": [{interface, on, detail}] */
void snapshot_json_cards(struct json *j, const struct snapshot *s);

/* "problems": [{id, subject, grave, age_ns, sentence, cause, fix}] */
void snapshot_json_problems(struct json *j, const struct snapshot *s);
/* "clients": {counted, known, ever, list: [{prefix, requests ...}]} */
void snapshot_json_clients(struct json *j, const struct snapshot *s);
/* "access": [{address, service, listener, action ...}] */
void snapshot_json_access(struct json *j, const struct snapshot *s);

#endif
