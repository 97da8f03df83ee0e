/* A stand-in for core that has a thousand sources, which no real one has (ENGINE_SOURCES_MAX): simple-utcd-admin, built for as many, renders and serves what
 * it would have to (bench/admin.py).
 *
 *     many-sources PROGRAM PORT RUN_DIR     starts PROGRAM (bench/admin-many) at 127.0.0.1:PORT and answers its questions until it is ended */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "admin/admin.h"
#include "bench/tool.h"
#include "io/stamp.h"
#include "observe/control.h"

static struct snapshot snapshot;
static uint8_t frame[CONTROL_ANSWER_MAX];

/* Numbers with as many digits as real ones. */
static void fill_source(struct snapshot_source *s, unsigned i)
{
    uint64_t random = i;

    snprintf(s->name, sizeof s->name, "ntp%u.example.org", i);
    s->addr = (struct net_addr){ .family = ADDR_IPV4, .port = 123, .bytes = { 10, 0, (uint8_t)(i >> 8), (uint8_t)i } };
    s->state = i % 50 == 0 ? SOURCE_FALSETICKER : SOURCE_SELECTED;
    s->reach = 0xff;
    s->stratum = 2;
    s->poll_log2 = 6;
    s->offset.ns = (int64_t)(tool_random(&random) % 2000000) - 1000000;
    s->delay.ns = (int64_t)(tool_random(&random) % 30000000);
    s->jitter.ns = (int64_t)(tool_random(&random) % 300000);
    s->bound.ns = (int64_t)(tool_random(&random) % 30000000);
    s->root_delay.ns = (int64_t)(tool_random(&random) % 30000000);
    s->root_dispersion.ns = (int64_t)(tool_random(&random) % 30000000);
    s->last_answer_age.ns = (int64_t)(tool_random(&random) % 64000000000);
    s->sent = tool_random(&random) % 1000000;
    s->accepted = s->verdict[VERDICT_ACCEPTED] = s->sent - s->sent / 100;
    s->dropped = s->verdict[VERDICT_DELAY] = s->sent / 200;
}

static void fill(void)
{
    struct mono_ns now = io_raw_now();

    snprintf(snapshot.version, sizeof snapshot.version, "many");
    snprintf(snapshot.clock_mode, sizeof snapshot.clock_mode, "virtual");
    snapshot.page = (struct page_data){ .raw_ref = now, .slew_end = now, .heartbeat = now, .tai_ref = { INT64_C(1800000037) * NS_PER_S }, .early = { 1000000 },
                                        .late = { 1000000 }, .tai_minus_utc_s = 37, .status = CLOCK_SYNCHRONISED, .stratum = 3, .silent_at = MONO_NEVER,
                                        .holdover_at = MONO_NEVER, .free_running_at = MONO_NEVER, .leap_at = { INT64_MAX } };
    snapshot.source_count = SNAPSHOT_SOURCES_MAX;
    for (unsigned i = 0; i < SNAPSHOT_SOURCES_MAX; i++)
        fill_source(&snapshot.source[i], i);
    snapshot.service_count = 1;
    snprintf(snapshot.service[0].name, sizeof snapshot.service[0].name, "NTP");
}

static int listener(int port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 128) != 0)
        tool_refuse("the port cannot be had");
    return fd;
}

static struct admin_shared *share(const char *run_dir, int *fd)
{
    struct admin_shared *s;

    *fd = memfd_create("admin", 0);
    if (*fd < 0 || ftruncate(*fd, sizeof *s) != 0)
        tool_refuse("no memory");
    s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
    if (s == MAP_FAILED)
        tool_refuse("no memory");
    s->orders.magic = ADMIN_MAGIC;
    s->orders.listeners = 1;
    snprintf(s->orders.version, sizeof s->orders.version, "many");
    snprintf(s->orders.run_dir, sizeof s->orders.run_dir, "%s", run_dir);
    return s;
}

/* Far away first, so that none is overwritten that is still to be moved. */
static _Noreturn void become(const char *program, int fd[3])
{
    for (int i = 0; i < 3; i++)
        fd[i] = dup2(fd[i], 20 + i);
    for (int i = 0; i < 3; i++)
        dup2(fd[i], ADMIN_SHARED_FD + i);
    execl(program, program, (char *)NULL);
    tool_refuse("the program cannot be started");
}

static void answer_questions(int fd)
{
    uint8_t bytes[CONTROL_REQUEST_MAX];
    struct control_conn conn = { 0 };
    struct control_request request;
    ssize_t n;
    size_t used;

    while ((n = recv(fd, bytes, sizeof bytes, 0)) > 0)
        if (control_input(&conn, (struct span){ bytes, (size_t)n }, &used, &request) == CONTROL_REQUEST) {
            snapshot.now = snapshot.page.heartbeat = io_raw_now();
            if (send(fd, frame, control_answer(&request, &snapshot, frame, sizeof frame), MSG_NOSIGNAL) < 0)
                tool_refuse("the answer is too long for a socket");
        }
}

int main(int argc, char **argv)
{
    const int queue = 2 * (int)sizeof frame;
    int fd[3], core[2];

    if (argc != 4)
        tool_refuse("usage: many-sources PROGRAM PORT RUN_DIR");
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, core) != 0 || setsockopt(core[0], SOL_SOCKET, SO_SNDBUFFORCE, &queue, sizeof queue) != 0)
        tool_refuse("no pair of sockets with a queue long enough");
    share(argv[3], &fd[0]);
    fd[1] = core[1];
    fd[2] = listener(atoi(argv[2]));
    if (fork() == 0)
        become(argv[1], fd);
    close(core[1]);
    fill();
    answer_questions(core[0]);
    return 0;
}
