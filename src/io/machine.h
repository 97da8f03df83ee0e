/* Is this still the same run of the same machine? A start of it has a number of its own; a virtual one that was moved to another host, or put back to a
 * snapshot, is told so by its host through the VMClock device.
 *
 * VMClock: the "amazon,vmclock" device (UAPI header linux/vmclock-abi.h), a page of memory: magic "VCLK", size, version, a sequence count that is odd while
 * the host writes, and the disruption marker, which is another number after each disruption. All fields are little-endian. */
#ifndef IO_MACHINE_H
#define IO_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

/* Which start of the machine this is, never 0; 0 where the system does not say. */
uint64_t io_boot(void);

struct io_vmclock;

/* Map the device for reading: no call to the system afterwards. Returns NULL where there is none, it may not be read, or is something else. */
const struct io_vmclock *io_vmclock_open(const char *path);
void io_vmclock_close(const struct io_vmclock *v); /* NULL is fine */

/* The disruption marker now; 0 without a device (NULL). Never waits: while the host is writing, IO_VMCLOCK_UNREADABLE. */
#define IO_VMCLOCK_UNREADABLE UINT64_MAX
uint64_t io_vmclock_marker(const struct io_vmclock *v);

#endif
