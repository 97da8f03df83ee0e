/* An attacker's code inside serve: linked into a test build of the daemon, in place of what answers. A datagram "EVIL" and a number makes the process try that
 * escape, confined as it is; the answer, if there is one, tells what came of it. `simple-utcd-evil --escapes` lists them. */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <netinet/in.h>
#include <time.h>
#include <unistd.h>

#include "base/wire.h"
#include "daemon/shared.h"
#include "serve/serve.h"

#define LASTS_S 4
#define PARENT 1 /* the attacker's guess: any process will do, none may be reached */

bool __real_serve_begin(const struct serve_options *o, const struct serve_moment *m, const struct serve_request *r, struct serve_stats *stats,
                        struct serve_answer *a);
bool __wrap_serve_begin(const struct serve_options *o, const struct serve_moment *m, const struct serve_request *r, struct serve_stats *stats,
                        struct serve_answer *a);
int __real_page_read(const struct page *p, struct page_data *out);
int __wrap_page_read(const struct page *p, struct page_data *out);

static struct page *the_page;
static struct serve_stats *the_counters;

/* -- what needs more than one call --------------------------------------------------------------------------------- */

static long write_to_the_page(void)
{
    memset(the_page, 0xff, 64); /* one time for everybody */
    return 0;
}

/* The clock role would answer with an int. */
static long order_a_step_on_every_descriptor(void)
{
    uint8_t command[64] = { 1 };
    struct iovec iov = { command, sizeof command };
    long heard = -1;

    for (int fd = 0; fd < 256; fd++) {
        struct mmsghdr m = { .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } };

        if (sendmmsg(fd, &m, 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1 && recvmmsg(fd, &m, 1, MSG_DONTWAIT, NULL) == 1)
            heard = fd;
    }
    return heard;
}

/* With a message of no length, and with one that nobody understands. */
static long leave_descriptors(void)
{
    union { struct cmsghdr head; char bytes[CMSG_SPACE(16 * sizeof(int))]; } control = {
        .head = { .cmsg_len = CMSG_LEN(16 * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
    char byte = 0;
    struct iovec iov = { &byte, 0 };
    struct mmsghdr m = { .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control } };

    memset(CMSG_DATA(&control.head), 0, 16 * sizeof(int)); /* descriptor 0, sixteen times */
    for (int round = 0; round < 32; round++)
        for (int fd = 3; fd < 128; fd++) {
            iov.iov_len = round % 2;
            sendmmsg(fd, &m, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
        }
    return -1; /* what comes of it is seen in the parent */
}

/* Of the listeners, which are not connected, nothing is sent. */
static long hang_up(void)
{
    struct iovec iov = { NULL, 0 };

    for (int fd = 3; fd < 128; fd++) {
        struct mmsghdr m = { .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } };

        if (sendmmsg(fd, &m, 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1)
            shutdown(fd, SHUT_WR);
    }
    return -1;
}

static int64_t seconds(void)
{
    struct timespec t = { 0, 0 };

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

/* Whatever others write into the memory that all share is gone at once. */
static long silence_others(void)
{
    struct shared_state *all = (struct shared_state *)((char *)the_counters - offsetof(struct shared_state, served)); /* the first worker's */
    const int64_t end = seconds() + LASTS_S;

    while (seconds() < end) {
        memset(all, 0, offsetof(struct shared_state, served));
        memset(all->served + WORKERS_MAX, 0, sizeof *all - offsetof(struct shared_state, served) - sizeof all->served);
    }
    return -1;
}

/* It answers by the first configuration, and so do all the others, for ever. */
static long hold_reloads(void)
{
    struct shared_state *all = (struct shared_state *)((char *)the_counters - offsetof(struct shared_state, served)); /* the first worker's */

    for (int i = 0; i < WORKERS_MAX; i++)
        all->in_use[i] = 1;
    return -1;
}

static long call_by_the_32_bit_door(void)
{
#if defined __x86_64__
    long result;

    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory", "r8", "r9", "r10", "r11"); /* getpid of i386 */
    return result;
#else
    return syscall(SYS_getpid);
#endif
}

static long call_by_the_x32_door(void) { return syscall(0x40000000 | SYS_getpid); }

static long shell(void)
{
    char *const argv[] = { (char *)"sh", NULL };

    return syscall(SYS_execve, "/bin/sh", argv, NULL);
}

static long step_by_adjtimex(void)
{
    struct timex t = { .modes = ADJ_SETOFFSET, .time = { 1, 0 } };

    return syscall(SYS_adjtimex, &t);
}

static long step_by_clock_adjtime(void)
{
    struct timex t = { .modes = ADJ_SETOFFSET, .time = { 1, 0 } };

    return syscall(SYS_clock_adjtime, CLOCK_REALTIME, &t);
}

static long set_the_clock(void) { return syscall(SYS_clock_settime, CLOCK_REALTIME, &(struct timespec){ 1, 0 }); }
static long set_time_of_day(void) { return syscall(SYS_settimeofday, &(struct timeval){ 1, 0 }, NULL); }

static long connect_a_listener(void)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = 53 };

    return syscall(SYS_connect, 3, &to, sizeof to);
}

static long bind_a_port(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET };

    return syscall(SYS_bind, 3, &at, sizeof at);
}

static long write_to_the_parent(void)
{
    char byte = 1;
    struct iovec here = { &byte, 1 }, there = { the_page, 1 };

    return syscall(SYS_process_vm_writev, PARENT, &here, 1, &there, 1, 0);
}

static long load_a_filter(void)
{
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, NULL);
}

static long start_a_ring(void)
{
    struct io_uring_params p = { 0 };

    return syscall(SYS_io_uring_setup, 8, &p);
}

static long watch_the_cpu(void)
{
    struct perf_event_attr a = { .type = PERF_TYPE_SOFTWARE, .size = sizeof a };

    return syscall(SYS_perf_event_open, &a, 0, -1, -1, 0);
}

static long handle_signals(void)
{
    struct { void *handler; unsigned long flags; void *restorer; uint64_t mask; } act = { 0 };

    return syscall(SYS_rt_sigaction, SIGSYS, &act, NULL, 8);
}

static long more_memory_with_code(void) { return (long)mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }

/* -- the table ------------------------------------------------------------------------------------------------------- */

#define CALL(group, title, ...) static long group(void) { return syscall(__VA_ARGS__); }
#define DEED(group, title, function)
#include "escapes.def"
#undef CALL
#undef DEED

static const struct { const char *name, *title; long (*run)(void); } escapes[] = {
#define CALL(group, title, ...) { #group, title, group },
#define DEED(group, title, function) { #group, title, function },
#include "escapes.def"
#undef CALL
#undef DEED
};

#define ESCAPE_COUNT (sizeof escapes / sizeof escapes[0])

__attribute__((constructor)) static void list_escapes(int argc, char **argv)
{
    if (argc != 2 || strcmp(argv[1], "--escapes") != 0)
        return;
    for (size_t i = 0; i < ESCAPE_COUNT; i++)
        printf("%zu\t%s\t%s\n", i, escapes[i].name, escapes[i].title);
    exit(0);
}

/* -- the doors --------------------------------------------------------------------------------------------------------- */

int __wrap_page_read(const struct page *p, struct page_data *out)
{
    the_page = (struct page *)p;
    return __real_page_read(p, out);
}

bool __wrap_serve_begin(const struct serve_options *o, const struct serve_moment *m, const struct serve_request *r, struct serve_stats *stats,
                        struct serve_answer *a)
{
    static const uint8_t word[4] = "EVIL";

    if (r->bytes.len < 5 || memcmp(r->bytes.at, word, sizeof word) != 0 || r->bytes.at[4] >= ESCAPE_COUNT)
        return __real_serve_begin(o, m, r, stats, a);
    errno = 0;
    the_counters = stats;
    memcpy(a->out, word, sizeof word);
    a->out[4] = escapes[r->bytes.at[4]].run() == -1 ? 'F' : 'E'; /* failed, escaped */
    a->out[5] = (uint8_t)errno;
    a->len = 6;
    return a->waits = false;
}
