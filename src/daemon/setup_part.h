/* What the files of setup share: setup.c has the order of the steps, listeners, memory and sockets; setup_place.c who and where; setup_clock.c the clock.
 * Each step returns 0 or the exit code, after a sentence on standard error. */
#ifndef DAEMON_SETUP_PART_H
#define DAEMON_SETUP_PART_H

#include "daemon/setup.h"

/* The sentence, and `code` back. */
__attribute__((format(printf, 2, 3))) int setup_refuse(int code, const char *format, ...);

/* process.user, control.operators and the users of roles that come by themselves: they have to be there. */
int setup_find_user(struct setup *s);
int setup_find_roles(struct setup *s);

/* The run directory, made and locked; a client in the foreground may do without (detached). Then the socket in it that roles join by. */
int setup_take_run_dir(struct setup *s);
int setup_open_join(struct setup *s);

/* Is the system clock steered? */
int setup_decide_clock(struct setup *s);

/* What clock.drift_file tells: before any process is started, so that all of them go by the same memory, and the clock role's limits are not the network
 * process's to tell. */
int setup_recall(struct setup *s);

/* What is known before anybody is asked, so that those who answer need not wait for core. */
int setup_publish_first_page(struct setup *s);

#endif
