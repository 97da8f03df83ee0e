/* From the estimate to what is served: the page's line, its slew, its bound and the instants at which its status changes by itself. */
#ifndef CLOCK_DISCIPLINE_H
#define CLOCK_DISCIPLINE_H

#include "clock/clock.h"

/* One more action, or log record, in out; to be filled in by the caller. */
struct clock_action *discipline_emit(struct clock_actions *out, enum clock_action_kind kind);
struct log_record *discipline_log(struct clock_actions *out, enum log_id id);

/* Publish status and estimate as of `now`. Served time is continuous: what it differs from the estimate is slewed away.
 * fresh: a measurement was just used, so the page may call itself synchronised until 8 more polls bring nothing. */
void discipline_publish(struct clock *c, enum clock_status status, bool fresh, struct mono_ns now, struct clock_actions *out);

/* The same, but served time jumps to the estimate. announce: the system clock must jump as well. */
void discipline_step(struct clock *c, bool announce, struct mono_ns now, struct clock_actions *out);

/* The longest poll interval in use. */
struct dur_ns discipline_poll(const struct clock *c);

/* How long after a good measurement the page calls itself synchronised. */
struct dur_ns discipline_silence(const struct clock *c);

/* What the page says of itself at `now`. */
enum clock_status discipline_status(const struct clock *c, struct mono_ns now);

/* Estimate minus served line at `now`. */
struct dur_ns discipline_residue(const struct clock *c, struct mono_ns now);

#endif
