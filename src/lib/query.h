/* One question to one address. utc_query (utc/utc.h) looks the name up and hands each address to the protocol's function here. */
#ifndef LIB_QUERY_H
#define LIB_QUERY_H

#include "base/addr.h"
#include "base/time.h"
#include "base/wire.h"
#include "utc/utc.h"

/* Each returns 0 with *out's outcome, reason, offset, error, delay, server and protocol's own fields set, or -UE_.... `to` has its port.
 * Until `deadline` they wait for an answer; answers that are not genuine are passed over. */
int query_ntp(const struct net_addr *to, struct mono_ns deadline, struct utc_answer *out);
int query_time(const struct net_addr *to, struct mono_ns deadline, struct utc_answer *out);
int query_daytime(const struct net_addr *to, struct mono_ns deadline, struct utc_answer *out);

/* Wait until fd has `events` (poll's), or the deadline. Returns 0 or -UE_TIMEOUT. */
int query_wait(int fd, short events, struct mono_ns deadline);

/* The instant `at` on the system clock. */
struct utc_ns query_system_at(struct mono_ns at);

/* Bytes from outside, printable: \xNN for the others, cut to fit. */
void query_printable(struct span bytes, char *out, size_t size);

/* "Monday, November 23, 2026 01:02:03-UTC", with anything after it. Returns 0 or -UE_SYNTAX: any other form, zone or date that does not exist. */
int query_daytime_parse(struct span line, struct utc_ns *out);

#endif
