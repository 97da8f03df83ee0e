/* What the files of the core role share: core.c runs it, core_exchange.c has its client sockets, core_helpers.c asks the resolver and
 * simple-utcd-ke, core_references.c reads reference clocks, core_reload.c takes other configurations and talks with the parent,
 * core_picture.c tells the control socket. */
#ifndef DAEMON_CORE_PART_H
#define DAEMON_CORE_PART_H

#include "daemon/core.h"

/* Something happened: what the engine makes of it is done before this returns, or by who is at it already. */
void core_input(struct core *c, const struct event *ev);

/* ACTION_SEND, ACTION_CLOSE. */
void core_send_request(struct core *c, const struct action *a);
void core_close_exchange(struct core *c, uint32_t id);

/* ACTION_RESOLVE, ACTION_ESTABLISH: the answer is an event, at the latest when names_due or keys_due has come and they are given up. */
void core_resolve(struct core *c, uint16_t configured, const char *name);
void core_give_up_names(struct core *c);
void core_establish(struct core *c, const struct action *a);
void core_give_up_keys(struct core *c);

/* Reference clocks: begin to watch them; look at shared memory, each second (references_due). */
void core_start_references(struct core *c);
void core_look_at_references(struct core *c, struct mono_ns now);

/* What the processes have to do without (host/sandbox.h), once each: most can tell nobody when they know. */
void core_tell_missing(struct core *c);

/* Whatever of the helpers' sockets is there goes on the loop. */
void core_watch_helpers(struct core *c);

/* How long the machine had slept, and how it had been moved, when core last knew: what is told of the time stands for it. */
void core_tell_disruptions(const struct core *c, struct page_data *page);

/* The responder in the kernel is told what the page says, or that it says nothing any more. */
void core_tell_responder(struct core *c);

/* What the parent says from now on is heeded: another configuration is in force, a reload is done, is core alive? Without a parent nothing. */
void core_heed_parent(struct core *c);

/* What is wrong at `now`, dated: the engine's, then trouble.h's. */
void core_find_problems(struct core *c, struct mono_ns now, struct problems *out);

#endif
