/* The file of the ClockBound segment: mapped by the parent, written by core. */
#ifndef DAEMON_CLOCKBOUND_FILE_H
#define DAEMON_CLOCKBOUND_FILE_H

#include <stddef.h>

#include "host/clock.h"
#include "observe/clockbound.h"

/* Map the file, made if need be, in a folder that is made if need be. Returns NULL with a sentence in `why` when the folder or what lies there is not ours
 * alone: it is left as it is, and there is no segment. */
struct clockbound_segment *clockbound_open(const char *path, char *why, size_t size);

/* Write what the page says about the system clock now. No call to the system but reading clocks and the kernel's rate. NULL: nothing to do. */
void clockbound_update(struct clockbound_segment *s, const struct page_data *page, bool steered, bool vmclock);

/* Until the next update nothing is known. */
void clockbound_withdraw(struct clockbound_segment *s);

#endif
