/* A network card's clock (PTP hardware clock, /dev/ptpN), read against CLOCK_MONOTONIC_RAW. Never set or steered here: it may be somebody else's. */
#ifndef HOST_PHC_H
#define HOST_PHC_H

#include "host/phc_line.h"

/* `way`: how this driver is read, found by the first reading and kept while it works. */
struct phc { int fd; uint8_t way; };

/* Open clock number `index`. Returns 0, or -UE_NO_FILE, -UE_PERMISSION ... */
int phc_open(struct phc *p, int index);

/* One reading, the narrowest of a burst. Ways, best first: PTP_SYS_OFFSET_PRECISE (cross-stamped by the hardware), PTP_SYS_OFFSET_EXTENDED against RAW, the
 * same against CLOCK_REALTIME, PTP_SYS_OFFSET. Returns 0 or -UE_UNSUPPORTED. */
int phc_read(struct phc *p, struct phc_reading *out);

#endif
