/* What is Linux's own: clock_adjtime, /proc, capabilities. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <link.h>
#include <linux/capability.h>
#include <signal.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "host/clock.h"
#include "host/privilege.h"

#define PAIR_TRIES 5
#define PRECISION_READS 64
#define MAX_ERROR_LIMIT_US 16000000     /* kernel: at 16 s the clock counts as unsynchronised */
#define KEPT_LATELY_US 2000000          /* maxerror grows by 0.5 ms/s: below 2 s somebody wrote it within about an hour */
#define TAI_SANE_S 1000

/* -- reading the clocks -------------------------------------------------------------------------------------- */

static bool read_clock(clockid_t id, int64_t *ns)
{
    struct timespec ts;

    if (clock_gettime(id, &ts) != 0)
        return false;
    *ns = (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
    return true;
}

struct mono_ns host_mono(void)
{
    int64_t ns = 0;

    if (!read_clock(CLOCK_MONOTONIC_RAW, &ns))
        read_clock(CLOCK_MONOTONIC, &ns);
    return (struct mono_ns){ ns };
}

/* RAW - the other clock - RAW, the tightest of a few tries. */
static struct host_pair pair_with(clockid_t other)
{
    struct host_pair best = { .width = { INT64_MAX } };

    for (int i = 0; i < PAIR_TRIES; i++) {
        struct mono_ns before = host_mono(), after;
        struct utc_ns read = { 0 };

        read_clock(other, &read.ns);
        after = host_mono();
        if (after.ns - before.ns < best.width.ns)
            best = (struct host_pair){ { before.ns + (after.ns - before.ns) / 2 }, read, { after.ns - before.ns } };
    }
    return best;
}

struct host_pair host_pair(void) { return pair_with(CLOCK_REALTIME); }

struct host_boot host_boot(void)
{
    struct host_pair p = pair_with(CLOCK_BOOTTIME);

    return (struct host_boot){ p.raw, p.system.ns };
}

int8_t host_precision_log2(void)
{
    int64_t before = 0, after = 0, smallest = NS_PER_S;
    int8_t log2_s = 0;

    read_clock(CLOCK_REALTIME, &before);
    for (int i = 0; i < PRECISION_READS; i++, before = after) {
        read_clock(CLOCK_REALTIME, &after);
        if (after > before && after - before < smallest)
            smallest = after - before;
    }
    while (log2_s > -29 && (NS_PER_S >> -log2_s) > smallest)
        log2_s--;
    return log2_s;
}

/* -- the system clock ---------------------------------------------------------------------------------------- */

static int adjust(struct timex *t)
{
    int r = clock_adjtime(CLOCK_REALTIME, t);

    if (r < 0 && (errno == ENOSYS || errno == EOPNOTSUPP))
        r = adjtimex(t);
    if (r >= 0)
        return 0;
    return errno == EPERM ? -UE_PERMISSION : errno == EINVAL ? -UE_RANGE : -UE_UNSUPPORTED;
}

static struct host_rate rate_of(const struct timex *t) { return (struct host_rate){ t->tick, t->freq }; }

static int system_probe(void)
{
    struct timex now = { .modes = 0 };
    int err = adjust(&now);

    if (err)
        return err;
    return adjust(&(struct timex){ .modes = ADJ_FREQUENCY, .freq = now.freq });
}

static int system_frequency(double ppm)
{
    struct host_rate r = host_rate_from_ppm(ppm);

    return adjust(&(struct timex){ .modes = ADJ_FREQUENCY | ADJ_TICK, .freq = r.freq_scaled, .tick = r.tick_us });
}

static int system_read_frequency(double *ppm)
{
    struct timex t = { .modes = 0 };
    int err = adjust(&t);

    if (!err)
        *ppm = host_rate_to_ppm(rate_of(&t));
    return err;
}

/* Seconds and a never negative rest, as ADJ_SETOFFSET and struct timespec want it. */
static void split(int64_t ns, int64_t *sec, int64_t *nsec)
{
    *sec = ns / NS_PER_S;
    *nsec = ns % NS_PER_S;
    if (*nsec < 0) {
        *nsec += NS_PER_S;
        *sec -= 1;
    }
}

static int system_set(struct dur_ns by)
{
    int64_t now, sec, nsec;

    if (!read_clock(CLOCK_REALTIME, &now))
        return -UE_UNSUPPORTED;
    split(ns_add(now, by.ns), &sec, &nsec);
    if (clock_settime(CLOCK_REALTIME, &(struct timespec){ .tv_sec = (time_t)sec, .tv_nsec = (long)nsec }) == 0)
        return 0;
    return errno == EPERM ? -UE_PERMISSION : -UE_RANGE;
}

static int system_step(struct dur_ns by)
{
    struct timex t = { .modes = ADJ_SETOFFSET | ADJ_NANO };
    int64_t sec, nsec;
    int err;

    split(by.ns, &sec, &nsec);
    t.time.tv_sec = (time_t)sec;
    t.time.tv_usec = (suseconds_t)nsec; /* nanoseconds, by ADJ_NANO */
    err = adjust(&t);
    return err == 0 || err == -UE_PERMISSION ? err : system_set(by);
}

static long microseconds_up(struct dur_ns d)
{
    int64_t us = d.ns < 0 ? 0 : d.ns / NS_PER_US + 1;

    return us > MAX_ERROR_LIMIT_US ? MAX_ERROR_LIMIT_US : (long)us;
}

/* STA_UNSYNC cleared and maxerror kept below 16 s also make the kernel write the hardware clock every 11 minutes. Without STA_PLL the kernel's own loops
 * are off. */
static int system_status(const struct host_clock_status *s)
{
    struct timex t = { .modes = ADJ_STATUS | ADJ_MAXERROR | ADJ_ESTERROR,
                       .maxerror = microseconds_up(s->max_error), .esterror = microseconds_up(s->est_error) };

    if (!s->synchronised)
        t.status |= STA_UNSYNC;
    else if (s->leap == LEAP_INSERT)
        t.status |= STA_INS;
    else if (s->leap == LEAP_DELETE)
        t.status |= STA_DEL;
    if (s->synchronised && s->tai_minus_utc_s > 0 && s->tai_minus_utc_s < TAI_SANE_S) {
        t.modes |= ADJ_TAI;
        t.constant = s->tai_minus_utc_s;
    }
    return adjust(&t);
}

const struct host_clock host_clock_system = { "system", system_probe, system_frequency, system_step, system_status, system_read_frequency };

/* -- other disciplines of the same clock ----------------------------------------------------------------------- */

/* As the kernel shows them: 15 characters at most. openntpd calls itself ntpd. */
static const char *const disciplines[] = { "chronyd", "ntpd", "systemd-timesyn", "openntpd", "phc2sys", "ptp4l", "ntpd-rs", "ntp-daemon", "sntp" };

static bool process_name(const char *pid, char *name, size_t size)
{
    char path[64];
    ssize_t n;
    int fd;

    if (pid[0] < '0' || pid[0] > '9' || (size_t)snprintf(path, sizeof path, "/proc/%.20s/comm", pid) >= sizeof path)
        return false;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    n = read(fd, name, size - 1);
    close(fd);
    if (n <= 0)
        return false;
    name[n] = '\0';
    name[strcspn(name, "\n")] = '\0';
    return true;
}

#define DISCIPLINES (sizeof disciplines / sizeof disciplines[0])

static unsigned discipline_number(const char *name)
{
    for (unsigned i = 0; i < DISCIPLINES; i++)
        if (strcmp(name, disciplines[i]) == 0)
            return i + 1;
    return 0;
}

unsigned host_discipline_running(void)
{
    DIR *proc = opendir("/proc");
    const struct dirent *d;
    char name[32];
    unsigned found = 0;

    while (proc && !found && (d = readdir(proc)))
        if (process_name(d->d_name, name, sizeof name))
            found = discipline_number(name);
    if (proc)
        closedir(proc);
    return found;
}

const char *host_discipline_name(unsigned n) { return n >= 1 && n <= DISCIPLINES ? disciplines[n - 1] : ""; }

#define FIRST_PID_NAMESPACE "pid:[4026531836]" /* PROC_PID_INIT_INO of linux/proc_ns.h: the machine's own */

bool host_sees_others(void)
{
    char where[64] = "", name[32];

    return readlink("/proc/self/ns/pid", where, sizeof where - 1) > 0 && strcmp(where, FIRST_PID_NAMESPACE) == 0 && process_name("1", name, sizeof name);
}

bool host_other_discipliner(char *name, size_t size)
{
    struct timex t = { .modes = 0 };

    snprintf(name, size, "%s", host_discipline_name(host_discipline_running()));
    if (name[0] != '\0')
        return true;
    return adjust(&t) == 0 && !(t.status & STA_UNSYNC) && t.maxerror < KEPT_LATELY_US;
}

enum leap host_leap_armed(void)
{
    struct timex t = { .modes = 0 };

    if (adjust(&t) != 0)
        return LEAP_NONE;
    return t.status & STA_INS ? LEAP_INSERT : t.status & STA_DEL ? LEAP_DELETE : LEAP_NONE;
}

/* -- rights ---------------------------------------------------------------------------------------------------- */

static int set_capabilities(uint64_t set)
{
    struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct data[2] = {
        { (uint32_t)set, (uint32_t)set, 0 },
        { (uint32_t)(set >> 32), (uint32_t)(set >> 32), 0 },
    };

    return syscall(SYS_capset, &head, data) == 0 ? 0 : -UE_PERMISSION;
}

static int become(const struct host_user *u)
{
    if (setgroups(0, NULL) != 0 || setresgid(u->gid, u->gid, u->gid) != 0 || setresuid(u->uid, u->uid, u->uid) != 0)
        return -UE_PERMISSION;
    return 0;
}

int host_confine(enum host_right right, const struct host_user *user)
{
    uint64_t keep = right == HOST_RIGHT_SET_CLOCK ? UINT64_C(1) << CAP_SYS_TIME : 0;
    int err;

    if (user) {
        prctl(PR_SET_KEEPCAPS, keep != 0, 0, 0, 0);
        err = become(user);
        if (err)
            return err;
    }
    err = set_capabilities(keep);
    if (err && keep)
        err = set_capabilities(0); /* the right was never there: the driver will say so */
    if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        err = -UE_UNSUPPORTED;
    return err;
}

void host_hide_memory(void) { prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

static int keep_code(struct dl_phdr_info *info, size_t size, void *ctx)
{
    (void)size;
    (void)ctx;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];

        if (part->p_type == PT_LOAD && !(part->p_flags & PF_W) && mlock((const void *)(info->dlpi_addr + part->p_vaddr), part->p_memsz) != 0)
            return 1;
    }
    return 0;
}

void host_keep_code(void) { dl_iterate_phdr(keep_code, NULL); }

void host_run_on(unsigned i, unsigned n)
{
    cpu_set_t may, ours;

    if (sched_getaffinity(0, sizeof may, &may) != 0)
        return;
    CPU_ZERO(&ours);
    for (unsigned cpu = i; cpu < CPU_SETSIZE; cpu += n)
        if (CPU_ISSET(cpu, &may))
            CPU_SET(cpu, &ours);
    sched_setaffinity(0, sizeof ours, &ours); /* refused for an empty set */
}

unsigned host_allow_descriptors(unsigned wanted)
{
    struct rlimit l = { wanted, wanted };

    if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < wanted && l.rlim_max > l.rlim_cur) {
        l.rlim_cur = l.rlim_max < wanted ? l.rlim_max : wanted;
        setrlimit(RLIMIT_NOFILE, &l);
    }
    return l.rlim_cur < wanted ? (unsigned)l.rlim_cur : wanted;
}

void host_name_process(const char *role)
{
    char name[16] = "utcd-"; /* as much as the kernel keeps */

    strncat(name, role, sizeof name - sizeof "utcd-"); /* not snprintf: a new process has to map it in, which takes longer than all else here */
    prctl(PR_SET_NAME, name, 0, 0, 0);
}

void host_end_with_parent(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
    if (getppid() != parent) /* it ended before we asked */
        raise(SIGTERM);
}
