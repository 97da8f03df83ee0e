#include "host/phc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ptp_clock.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "base/err.h"
#include "host/clock.h"

#define BURST 8u
#define REALTIME_AGE_MAX_NS (100 * NS_PER_MS) /* between a reading and the look at both of our clocks: more means that REALTIME was set */

int phc_open(struct phc *p, int index)
{
    char path[32];

    snprintf(path, sizeof path, "/dev/ptp%d", index);
    *p = (struct phc){ open(path, O_RDONLY | O_CLOEXEC), 0 };
    if (p->fd >= 0)
        return 0;
    return errno == EACCES || errno == EPERM ? -UE_PERMISSION : errno == ENOENT ? -UE_NO_FILE : -UE_UNSUPPORTED;
}

static int64_t count(const struct ptp_clock_time *t) { return ns_add(t->sec * NS_PER_S, t->nsec); }

/* The PHC between two looks at another clock. */
static struct phc_reading between(int64_t before_ns, int64_t phc_ns, int64_t after_ns)
{
    int64_t width = ns_sub(after_ns, before_ns);

    return (struct phc_reading){ phc_ns, { before_ns + width / 2 }, { width } };
}

/* What was read against CLOCK_REALTIME, against RAW. */
static bool realtime_to_raw(struct phc_reading *r)
{
    struct host_pair now = host_pair();
    int64_t age = ns_sub(now.system.ns, r->raw.ns);

    if (age < 0 || age > REALTIME_AGE_MAX_NS)
        return false;
    r->raw.ns = now.raw.ns - age;
    r->width = dur_add(r->width, now.width);
    return true;
}

static bool read_precise(int fd, struct phc_reading *out)
{
    struct ptp_sys_offset_precise o = { .rsv = { 0 } };

    if (ioctl(fd, PTP_SYS_OFFSET_PRECISE, &o) != 0)
        return false;
    *out = (struct phc_reading){ count(&o.device), { count(&o.sys_monoraw) }, { 0 } };
    return true;
}

static bool read_extended(int fd, clockid_t against, struct phc_reading *out)
{
    struct ptp_sys_offset_extended o = { .n_samples = BURST };
    struct phc_reading r[BURST];

    /* linux/ptp_clock.h since 6.12: `clockid`, before that a reserved word of the same place and size, which must be 0 as CLOCK_REALTIME is. */
    memcpy((char *)&o + sizeof o.n_samples, &against, sizeof(int32_t));
    if (ioctl(fd, PTP_SYS_OFFSET_EXTENDED, &o) != 0)
        return false;
    for (unsigned i = 0; i < BURST; i++)
        r[i] = between(count(&o.ts[i][0]), count(&o.ts[i][1]), count(&o.ts[i][2]));
    return phc_narrowest(r, BURST, out);
}

static bool read_extended_raw(int fd, struct phc_reading *out) { return read_extended(fd, CLOCK_MONOTONIC_RAW, out); }

static bool read_extended_realtime(int fd, struct phc_reading *out) { return read_extended(fd, CLOCK_REALTIME, out) && realtime_to_raw(out); }

static bool read_plain(int fd, struct phc_reading *out)
{
    struct ptp_sys_offset o = { .n_samples = BURST };
    struct phc_reading r[BURST];

    if (ioctl(fd, PTP_SYS_OFFSET, &o) != 0)
        return false;
    for (unsigned i = 0; i < BURST; i++)
        r[i] = between(count(&o.ts[2 * i]), count(&o.ts[2 * i + 1]), count(&o.ts[2 * i + 2]));
    return phc_narrowest(r, BURST, out) && realtime_to_raw(out);
}

static bool (*const ways[])(int fd, struct phc_reading *out) = { read_precise, read_extended_raw, read_extended_realtime, read_plain };
#define WAYS (sizeof ways / sizeof ways[0])

int phc_read(struct phc *p, struct phc_reading *out)
{
    for (size_t i = 0; i < WAYS; i++, p->way = (uint8_t)((p->way + 1) % WAYS))
        if (ways[p->way](p->fd, out))
            return 0;
    return -UE_UNSUPPORTED;
}
