/* The first lines on the screen: what runs, on what clock, where it answers, whom it asks, and what to try next. */
#ifndef DAEMON_GREETING_H
#define DAEMON_GREETING_H

#include "daemon/setup.h"

/* Once everything is set up. */
void greeting_say(const struct setup *s);

#endif
