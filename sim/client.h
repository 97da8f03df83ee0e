/* A client of the story: a real engine on a simulated machine, whose clocks, sleep, death and sources are here too. What daemon/ does with sockets and clocks
 * is done here with events. The state is struct sim_client (sim/world.h). */
#ifndef SIM_CLIENT_H
#define SIM_CLIENT_H

#include "sim/world.h"

/* client.c: the engine, fed and obeyed. */
void client_init(struct sim_node *n, const struct attributes *a, struct tai_ns start);
void client_start(struct sim_world *w, struct sim_node *n);
void client_event(struct sim_world *w, struct sim_node *n, const struct sim_event *e);
/* Another engine, which goes on from the page `before` (NULL: from nothing) with the sources in the set `offline` not asked. */
void client_begin(struct sim_world *w, struct sim_node *n, const struct page_data *before, uint32_t offline);
void client_restart(struct sim_world *w, struct sim_node *n, bool afresh);
/* A file of leap seconds that knows the one at `midnight`, or none after 2017; valid, or expired before the start. */
void client_leap_file(struct sim_world *w, struct sim_node *n, enum leap what, struct utc_ns midnight, bool valid);
/* The daemon reads its configuration again: what `set` and `source` have changed holds from now on. */
void client_reload(struct sim_world *w, struct sim_node *n);
/* Is there a page, and nothing that makes its readers refuse it? */
bool client_serves(const struct sim_node *n);
void client_free(struct sim_node *n);
/* An event for the engine, with the invariants checked on both sides of it; its next wake-up is set. */
void client_feed(struct sim_world *w, struct sim_node *n, const struct event *ev);
/* The same without either. */
void client_step(struct sim_world *w, struct sim_node *n, const struct event *ev);

/* system.c: the machine's clocks. */
/* Both at the world's now. Returns the raw one. */
struct mono_ns client_advance(struct sim_world *w, struct sim_node *n);
struct utc_ns client_system(const struct sim_node *n);
/* The kernel does what the engine asks for. */
void client_obey(struct sim_node *n, const struct clock_command *k);
/* The system clock is set forward by `d`, by whatever else; _at_once: its machine's clocks are at the world's now already. */
void client_step_system(struct sim_world *w, struct sim_node *n, struct dur_ns d);
void client_step_at_once(struct sim_node *n, struct dur_ns d);
/* Another program set the system clock's frequency. */
void client_retune(struct sim_world *w, struct sim_node *n, double rate);
void client_jump_raw(struct sim_world *w, struct sim_node *n, struct dur_ns d);

/* outage.c: the machine sleeps, or the process that measures is dead. */
/* moved: its virtual machine is taken to another host meanwhile, where nobody counts how long it was away, but the host tells of the move itself. */
void client_suspend(struct sim_world *w, struct sim_node *n, struct dur_ns d, bool moved);
void client_resume(struct sim_world *w, struct sim_node *n);
/* The process that measures ends without a word; after `d` another goes on from its page. Not in a sleep. */
void client_core_dies(struct sim_world *w, struct sim_node *n, struct dur_ns d);
void client_core_returns(struct sim_world *w, struct sim_node *n);

/* sources.c: what is configured, and what names stand for. */
/* The configured source of that name, made with default options if it is new; NULL: there are too many. */
struct source_options *client_source(struct sim_node *n, const char *name, bool pool, uint64_t members);
/* The line of that name is configured no more, from the next reload or start on. */
void client_forget(struct sim_node *n, const char *name);
/* Whoever looks the name up is told of the nodes in the set `whom`. */
void client_resolves(struct sim_node *n, const char *name, uint64_t whom);
/* An operator's word about its sources in the set `whom`. Heard by nobody in a sleep. */
void client_tell_sources(struct sim_world *w, struct sim_node *n, enum engine_source_act act, uint64_t whom);
/* The engine hears what the name in its line `configured` stands for. */
void client_feed_names(struct sim_world *w, struct sim_node *n, uint16_t configured);

#endif
