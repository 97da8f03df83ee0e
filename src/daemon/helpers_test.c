/* Core and the programs that look names up and establish keys for it: questions, answers of every kind, and none at all. */
#include "base/test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/become.h"
#include "daemon/core_part.h"
#include "daemon/follow.h"
#include "daemon/ke_client.h"
#include "daemon/place.h"
#include "daemon/resolve.h"

/* -- a core of which nothing but this runs ------------------------------------------------------------------------------ */

static struct core core;
static struct core_world world;
static struct daemon_options options;
static struct event event;                          /* the last that came of it */
static char wrong[KE_WRONG_MAX];                    /* its text, if it has one */
static unsigned events;
static struct { loop_ready *ready; void *ctx; } watched[64]; /* by descriptor */
static bool no_dup, no_map;

void __wrap_core_input(struct core *c, const struct event *ev);
int __wrap_loop_watch(struct loop *l, int fd, short wanted, loop_ready *ready, void *ctx);
void __wrap_loop_forget(struct loop *l, int fd);
const struct engine_options *__wrap_engine_options_now(const struct engine *e);
void __wrap_place_of_helper(const char *name, char out[PLACE_PATH_MAX]);
int __real_dup2(int from, int to);
int __wrap_dup2(int from, int to);
void *__real_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);

void __wrap_core_input(struct core *c, const struct event *ev)
{
    assert_ptr_equal(c, &core);
    event = *ev;
    events++;
    if (ev->kind == EVENT_NTS)
        snprintf(wrong, sizeof wrong, "%s", ev->u.nts.wrong ? ev->u.nts.wrong : "");
}

int __wrap_loop_watch(struct loop *l, int fd, short wanted, loop_ready *ready, void *ctx)
{
    (void)l;
    assert_true(wanted == (POLLIN | POLLRDHUP) || wanted == POLLRDHUP);
    assert_in_range(fd, 0, 63);
    watched[fd].ready = ready;
    watched[fd].ctx = ctx;
    return 0;
}

static int forgotten;

void __wrap_loop_forget(struct loop *l, int fd)
{
    (void)l;
    forgotten = fd;
}

const struct engine_options *__wrap_engine_options_now(const struct engine *e)
{
    (void)e;
    return &options.engine;
}

void __wrap_place_of_helper(const char *name, char out[PLACE_PATH_MAX]) { snprintf(out, PLACE_PATH_MAX, "/nonexistent/%s", name); }

int __wrap_dup2(int from, int to) { return no_dup ? -1 : __real_dup2(from, to); }

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    return no_map ? MAP_FAILED : __real_mmap(at, size, protection, flags, fd, offset);
}

static int ours, theirs; /* the two ends of a helper's socket */

static int begin(void **state)
{
    int fd[2];

    (void)state;
    if (resolve_pair(fd) != 0)
        return -1;
    ours = fd[0];
    theirs = fd[1];
    memset(&core, 0, sizeof core);
    world = (struct core_world){ .options = &options, .resolve_fd = ours, .ke_fd = ours };
    core.world = &world;
    core.turn = 5;
    core.names_due = core.keys_due = MONO_NEVER;
    events = 0;
    wrong[0] = '\0';
    forgotten = -1;
    return 0;
}

static int end(void **state)
{
    (void)state;
    close(ours);
    close(theirs);
    return 0;
}

static void helper_says(const void *answer, size_t len)
{
    assert_int_equal(send(theirs, answer, len, 0), len);
    watched[ours].ready(watched[ours].ctx, ours, POLLIN, (struct mono_ns){ 0 });
}

/* As if the helper would not read. */
static void fill_socket(void)
{
    static const char byte;

    while (send(ours, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1)
        continue;
}

/* -- names ---------------------------------------------------------------------------------------------------------------- */

static void a_name_that_cannot_be_asked_for_has_no_address(void **state)
{
    (void)state;
    world.resolve_fd = -1;
    core_resolve(&core, 3, "ntp.example");
    assert_int_equal(events, 1);
    assert_int_equal(event.kind, EVENT_ADDRESSES);
    assert_true(event.u.addresses.configured == 3 && event.u.addresses.err == -UE_UNSUPPORTED);
    world.resolve_fd = ours;
    fill_socket();
    core_resolve(&core, 4, "ntp.example");
    assert_true(event.u.addresses.configured == 4 && event.u.addresses.err == -UE_BUSY);
    assert_int_equal(core.names_asked, 0);
}

static void addresses_come_for_what_was_asked(void **state)
{
    struct resolve_answer a = { .configured = 5 << 8 | 3, .count = RESOLVE_ADDRESSES_MAX };

    (void)state;
    for (unsigned i = 0; i < a.count; i++)
        a.addr[i].family = ADDR_IPV4;
    world.ke_fd = -1;
    core_watch_helpers(&core);
    core_watch_helpers(&core);
    core_resolve(&core, 3, "ntp.example");
    core_resolve(&core, 4, "ntp.example");
    assert_int_equal(core.names_asked, 1 << 3 | 1 << 4);
    a.configured = 4 << 8 | 3; /* of the configuration before */
    helper_says(&a, sizeof a);
    a.configured = 5 << 8 | 6; /* nobody asked */
    helper_says(&a, sizeof a);
    a.configured = 5 << 8 | 0xff; /* there is no such line */
    helper_says(&a, sizeof a);
    helper_says(&a, 7);
    assert_int_equal(events, 0);
    a.configured = 5 << 8 | 3;
    helper_says(&a, sizeof a);
    assert_true(events == 1 && event.u.addresses.configured == 3 && event.u.addresses.count == EVENT_ADDRESSES_MAX);
    assert_true(core.names_asked == 1 << 4 && core.names_due.ns != MONO_NEVER.ns);
    a.configured = 5 << 8 | 4;
    helper_says(&a, sizeof a);
    assert_true(events == 2 && core.names_asked == 0 && core.names_due.ns == MONO_NEVER.ns);
    assert_int_equal(forgotten, -1);
}

/* What another process may send. */
static void addresses_that_there_cannot_be_are_refused(void **state)
{
    static const struct { uint32_t count; int32_t err; uint8_t first, last; bool taken; } rows[] = {
        { RESOLVE_ADDRESSES_MAX, 0, ADDR_IPV4, ADDR_IPV6, true }, { 0, -UE_NO_NAME, ADDR_NONE, ADDR_NONE, true },
        { 0, 1 - UE_COUNT, ADDR_NONE, ADDR_NONE, true },          { 0, -UE_COUNT, ADDR_NONE, ADDR_NONE, false },
        { 0, 1, ADDR_NONE, ADDR_NONE, false },                    { RESOLVE_ADDRESSES_MAX + 1, 0, ADDR_IPV4, ADDR_IPV4, false },
        { RESOLVE_ADDRESSES_MAX, 0, ADDR_NONE, ADDR_IPV4, false }, { RESOLVE_ADDRESSES_MAX, 0, ADDR_IPV4, 9, false },
    };
    struct resolve_answer a, got;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        a = (struct resolve_answer){ .configured = 1, .err = rows[i].err, .count = rows[i].count };
        for (unsigned k = 0; k < RESOLVE_ADDRESSES_MAX; k++)
            a.addr[k].family = k + 1 < RESOLVE_ADDRESSES_MAX ? rows[i].first : rows[i].last;
        assert_int_equal(send(theirs, &a, sizeof a, 0), sizeof a);
        if (resolve_take(ours, &got) != (rows[i].taken ? 0 : -UE_SYNTAX))
            fail_msg("row %zu", i);
    }
    assert_int_equal(send(theirs, &a, sizeof a - 1, 0), sizeof a - 1);
    assert_int_equal(resolve_take(ours, &got), -UE_TRUNCATED);
}

static void a_question_for_a_name_is_declined_or_asked_whole(void **state)
{
    struct resolve_question q;
    struct resolve_answer got;
    char name[sizeof q.name + 1];

    (void)state;
    resolve_decline(theirs, -UE_UNSUPPORTED); /* none waits */
    assert_int_equal(resolve_take(ours, &got), -UE_TRUNCATED);
    assert_int_equal(resolve_ask(ours, 7, "ntp.example"), 0);
    resolve_decline(theirs, -UE_UNSUPPORTED);
    assert_int_equal(resolve_take(ours, &got), 0);
    assert_true(got.configured == 7 && got.err == -UE_UNSUPPORTED && got.count == 0);
    memset(name, 'x', sizeof name);
    name[sizeof q.name] = '\0';
    assert_int_equal(resolve_ask(ours, 7, name), -UE_NO_NAME);
    assert_int_equal(resolve_ask(ours, 8, name + 1), 0);
    assert_int_equal(recv(theirs, &q, sizeof q, MSG_DONTWAIT), sizeof q);
    assert_true(q.configured == 8 && strcmp(q.name, name + 1) == 0);
}

static void a_resolver_that_never_answers_is_given_up(void **state)
{
    (void)state;
    core_resolve(&core, 3, "ntp.example");
    core_resolve(&core, 5, "ntp.example");
    core_give_up_names(&core);
    assert_int_equal(events, 2);
    assert_true(event.u.addresses.configured == 5 && event.u.addresses.err == -UE_TIMEOUT);
    assert_true(core.names_asked == 0 && core.names_due.ns == MONO_NEVER.ns);
    core_give_up_names(&core);
    assert_int_equal(events, 2);
}

/* -- keys ----------------------------------------------------------------------------------------------------------------- */

static void establish(uint16_t configured)
{
    const struct action a = { .kind = ACTION_ESTABLISH, .u.establish = { .configured = configured, .name = "nts.example", .port = 4460 } };

    core_establish(&core, &a);
}

/* What would be believed. */
static struct ke_answer good_answer(uint16_t configured)
{
    struct ke_answer a = { .configured = configured, .ntp.family = ADDR_IPV6, .keys.aead = CRYPTO_AEAD_SIV_CMAC_256 };

    a.grant.aead = CRYPTO_AEAD_SIV_CMAC_256;
    a.grant.cookie_count = 1;
    a.grant.cookie_size = 100;
    return a;
}

static void whom_to_trust_goes_with_the_question(void **state)
{
    struct ke_question q;

    (void)state;
    strcpy(options.nts.trusted_certificates.s, "/all");
    strcpy(options.nts.revoked_certificates.s, "/revoked");
    strcpy(options.engine.source[2].nts_trusted.s, "/this");
    strcpy(options.engine.source[2].nts_pin.s, "sha256//x");
    establish(1);
    assert_int_equal(recv(theirs, &q, sizeof q, MSG_DONTWAIT), sizeof q);
    assert_string_equal(q.name, "nts.example");
    assert_true(q.configured == (5 << 8 | 1) && q.port == 4460);
    assert_string_equal(q.trust.authorities, "/all");
    assert_string_equal(q.trust.revoked, "/revoked");
    assert_string_equal(q.trust.pin, "");
    establish(2);
    assert_int_equal(recv(theirs, &q, sizeof q, MSG_DONTWAIT), sizeof q);
    assert_string_equal(q.trust.authorities, "/this");
    assert_string_equal(q.trust.pin, "sha256//x");
}

static void without_the_program_there_are_no_keys(void **state)
{
    (void)state;
    world.ke_fd = -1;
    establish(1);
    assert_true(events == 1 && event.kind == EVENT_NTS && event.u.nts.configured == 1 && core.keys_asked == 0);
    assert_string_equal(wrong, ue_text(-UE_UNSUPPORTED));
    world.ke_fd = ours;
    fill_socket();
    establish(1);
    assert_string_equal(wrong, ue_text(-UE_BUSY));
}

static void keys_come_for_what_was_asked(void **state)
{
    struct ke_answer a = good_answer(4 << 8 | 1);

    (void)state;
    world.resolve_fd = -1;
    core_watch_helpers(&core);
    core_watch_helpers(&core);
    establish(1);
    establish(2);
    helper_says(&a, sizeof a); /* of the configuration before */
    a.configured = 5 << 8 | 3; /* nobody asked */
    helper_says(&a, sizeof a);
    helper_says(&a, 7);
    assert_int_equal(events, 0);
    a.configured = 5 << 8 | 1;
    helper_says(&a, sizeof a);
    assert_true(events == 1 && event.u.nts.configured == 1 && !event.u.nts.wrong && core.keys_due.ns != MONO_NEVER.ns);
    a.configured = 5 << 8 | 2;
    strcpy(a.wrong, "no reason");
    helper_says(&a, sizeof a);
    assert_int_equal(events, 2);
    assert_string_equal(wrong, "no reason");
    assert_true(core.keys_asked == 0 && core.keys_due.ns == MONO_NEVER.ns);
}

static void a_program_that_never_answers_is_given_up(void **state)
{
    (void)state;
    establish(1);
    establish(3);
    core_give_up_keys(&core);
    assert_true(events == 2 && event.u.nts.configured == 3 && core.keys_asked == 0 && core.keys_due.ns == MONO_NEVER.ns);
    assert_string_equal(wrong, ue_text(UE_TIMEOUT));
}

/* What another process may send. */
static void keys_that_there_cannot_be_are_refused(void **state)
{
    static const struct { size_t at, len; uint64_t value; } rows[] = {
#define ROW(member, v) { offsetof(struct ke_answer, member), sizeof(((struct ke_answer *)0)->member), v }
        ROW(ntp.family, ADDR_NONE), ROW(ntp.family, 9), ROW(grant.aead, 0), ROW(keys.aead, CRYPTO_AEAD_SIV_CMAC_512), ROW(grant.cookie_count, 0),
        ROW(grant.cookie_count, NTS_COOKIES_MAX + 1), ROW(grant.cookie_size, 0), ROW(grant.cookie_size, NTS_COOKIE_KEPT_MAX + 4), ROW(grant.cookie_size, 6),
#undef ROW
    };
    struct ke_answer a, got;

    (void)state;
    for (int least = 0; least <= 1; least++) { /* the least and the most there can be */
        a = good_answer(1);
        a.ntp.family = least ? ADDR_IPV4 : ADDR_IPV6;
        a.grant.cookie_count = least ? 1 : NTS_COOKIES_MAX;
        a.grant.cookie_size = least ? 4 : NTS_COOKIE_KEPT_MAX;
        assert_int_equal(send(theirs, &a, sizeof a, 0), sizeof a);
        assert_int_equal(ke_client_take(ours, &got), 0);
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        a = good_answer(1);
        memset((char *)&a + rows[i].at, 0, rows[i].len);
        memcpy((char *)&a + rows[i].at, &rows[i].value, rows[i].len < sizeof rows[i].value ? rows[i].len : sizeof rows[i].value);
        assert_int_equal(send(theirs, &a, sizeof a, 0), sizeof a);
        if (ke_client_take(ours, &got) != -UE_SYNTAX)
            fail_msg("row %zu", i);
    }
    a = good_answer(1);
    a.grant.aead = a.keys.aead = 99; /* both the same, and none that we have */
    assert_int_equal(send(theirs, &a, sizeof a, 0), sizeof a);
    assert_int_equal(ke_client_take(ours, &got), -UE_SYNTAX);
    memset(a.wrong, 'x', sizeof a.wrong); /* a text without an end */
    assert_int_equal(send(theirs, &a, sizeof a, 0), sizeof a);
    assert_int_equal(ke_client_take(ours, &got), -UE_SYNTAX);
}

/* -- starting them ---------------------------------------------------------------------------------------------------------- */

static void a_question_for_keys_that_nobody_takes_is_declined(void **state)
{
    struct ke_answer got;

    (void)state;
    ke_client_program.decline(theirs, -UE_UNSUPPORTED); /* none waits */
    assert_int_equal(ke_client_take(ours, &got), -UE_TRUNCATED);
    establish(3);
    ke_client_program.decline(theirs, -UE_UNSUPPORTED);
    assert_int_equal(ke_client_take(ours, &got), 0);
    assert_int_equal(got.configured, 5 << 8 | 3);
    assert_int_equal(strncmp(got.wrong, "simple-utcd-ke: ", 16), 0);
}

/* One without its socket is not even looked for. */
static void a_program_that_is_missing_ends_with_127(void **state)
{
    pid_t (*const spawn[])(int fd, const struct host_user *user) = { ke_client_program.spawn, resolve_spawn };
    int status;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        pid_t pid;

        no_dup = i / 2;
        pid = spawn[i % 2](theirs, NULL);
        assert_true(pid > 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == (no_dup ? 1 : 127));
    }
    no_dup = false;
}

static pid_t started;
static int declined;

static pid_t spawn_as_said(int fd, const struct host_user *user) { (void)fd; (void)user; return started; }
static void count_declined(int fd, int err) { (void)fd; declined = err; }

static void a_program_is_started_when_a_question_waits(void **state)
{
    static const struct resolver_program program = { spawn_as_said, count_declined, "it is missing" };
    static struct loop loop;
    struct resolver r;

    (void)state;
    declined = 0;
    resolver_start_program(&r, &loop, -1, &program, NULL);
    assert_int_equal(loop.part_count, 0);
    resolver_start_program(&r, &loop, ours, &program, NULL);
    assert_int_equal(loop.part_count, 1);
    assert_true(loop.part[0].next(&r).ns == r.begin.ns);
    loop.part[0].run(&r, r.begin);
    assert_true(r.begin.ns == MONO_NEVER.ns && watched[ours].ctx == &r);
    started = -UE_MEMORY;
    watched[ours].ready(&r, ours, POLLIN, (struct mono_ns){ 0 });
    assert_true(declined == -UE_MEMORY && r.pid == 0);
    assert_false(resolver_reaped(&r, 4711, 0)); /* none runs */
    started = 4711;
    watched[ours].ready(&r, ours, POLLIN, (struct mono_ns){ 0 });
    assert_int_equal(r.pid, 4711);
    assert_false(resolver_reaped(&r, 4712, 0));
    declined = 0;
    assert_true(resolver_reaped(&r, 4711, 0)); /* it was idle */
    assert_int_equal(declined, 0);
    for (int how = 0; how < 2; how++) {
        watched[ours].ready(&r, ours, POLLIN, (struct mono_ns){ 0 });
        declined = 0;
        assert_true(resolver_reaped(&r, 4711, how ? SIGKILL : 127 << 8));
        assert_int_equal(declined, -UE_UNSUPPORTED);
    }
    resolver_end(&r); /* none runs */
}

static unsigned renewed;

static void give_another(struct resolver *r)
{
    renewed++;
    resolver_go_on(r, ours, theirs);
}

static void give_none(struct resolver *r)
{
    (void)r;
    renewed++;
}

static unsigned spawned;

static pid_t count_spawned(int fd, const struct host_user *user)
{
    (void)fd;
    (void)user;
    spawned++;
    return started;
}

static void PROC_09_a_program_that_ends_the_way_to_core_is_no_flood_of_programs(void **state)
{
    static const struct resolver_program program = { count_spawned, count_declined, "it is missing" };
    static struct loop loop;
    struct resolver r;

    (void)state;
    spawned = renewed = 0;
    resolver_start_program(&r, &loop, ours, &program, NULL);
    loop.part[0].run(&r, r.begin);
    started = 4711;
    watched[ours].ready(&r, ours, POLLIN, (struct mono_ns){ 0 });
    watched[ours].ready(&r, ours, POLLHUP, (struct mono_ns){ 0 }); /* nobody gives another way: it is not looked at any more */
    assert_int_equal(spawned, 1);
    assert_true(resolver_reaped(&r, 4711, 0));
    r.asks = ours;
    r.renew = give_another;
    watched[ours].ready(&r, ours, POLLHUP, (struct mono_ns){ 0 });
    assert_int_equal(renewed, 1);
    assert_true(r.fd == theirs && watched[theirs].ctx == &r);
    watched[theirs].ready(&r, theirs, POLLIN, (struct mono_ns){ 0 });
    assert_int_equal(spawned, 2);
    shutdown(theirs, SHUT_WR); /* at its own end that is not seen */
    assert_true(resolver_reaped(&r, 4711, 0));
    assert_int_equal(renewed, 1); /* core would be started anew each time */
    r.renewed_at.ns -= 3601 * NS_PER_S;
    watched[theirs].ready(&r, theirs, POLLIN, (struct mono_ns){ 0 });
    assert_true(resolver_reaped(&r, 4711, 0));
    assert_int_equal(renewed, 2);
    r.renewed_at.ns = 0;
    r.renew = give_none;
    watched[theirs].ready(&r, theirs, POLLHUP, (struct mono_ns){ 0 });
    assert_true(r.fd == -1 && r.asks == -1); /* what was closed may be another's by now */
}

static void core_does_not_look_where_the_way_has_ended(void **state)
{
    (void)state;
    shutdown(theirs, SHUT_WR);
    core_watch_helpers(&core);
    watched[ours].ready(watched[ours].ctx, ours, POLLIN | POLLRDHUP, (struct mono_ns){ 0 });
    assert_int_equal(forgotten, ours);
}

static void a_program_that_runs_ends_with_the_daemon(void **state)
{
    struct resolver r = { .pid = fork() };

    (void)state;
    if (r.pid == 0) {
        pause();
        _exit(0);
    }
    assert_true(r.pid > 0);
    started = r.pid;
    resolver_end(&r);
    assert_int_equal(r.pid, 0);
    assert_int_equal(waitpid(started, NULL, WNOHANG), -1);
}

/* It returns where it cannot be. */
static void a_child_that_cannot_become_a_helper_goes_on(void **state)
{
    int fd[2] = { -1, -1 };

    (void)state;
    become_helper("helper", NULL, fd, 1);
    fd[0] = dup(theirs);
    no_dup = true;
    become_helper("helper", NULL, fd, 1);
    no_dup = false;
    become_helper("helper", "argument", NULL, 0);
    close(fd[0]);
}

static void memory_to_share_is_there_or_not(void **state)
{
    const char *memory;
    int fd;

    (void)state;
    memory = become_shared("test", 4096, &fd);
    assert_non_null(memory);
    assert_true(memory[0] == 0 && memory[4095] == 0 && fd >= 0);
    assert_int_equal(ftruncate(fd, 0), -1); /* or whoever has it could end the others */
    assert_int_equal(ftruncate(fd, 8192), -1);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), -1); /* or keep the parent from giving it to the next process */
    munmap((void *)(uintptr_t)memory, 4096);
    close(fd);
    no_map = true;
    assert_null(become_shared("test", 4096, &fd));
    no_map = false;
    close(fd);
    assert_null(become_shared("test", SIZE_MAX, &fd));
    close(fd);
}

/* A worker that is not ours any more may say as much as it likes. */
static void a_worker_that_never_stops_talking_holds_nobody_up(void **state)
{
    int end[2], left = -1;
    uint8_t rest[64];
    uint32_t beat;

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, end), 0);
    for (int i = 0; i < 100; i++)
        follow_say_flood(&end[1]);
    assert_true(follow_heard_flood(end[0], &beat));
    assert_int_equal(beat, 0);
    do
        left++;
    while (recv(end[0], rest, sizeof rest, 0) > 0);
    assert_in_range(left, 50, 99);
    close(end[0]);
    close(end[1]);
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(a_name_that_cannot_be_asked_for_has_no_address), ROW(addresses_come_for_what_was_asked), ROW(addresses_that_there_cannot_be_are_refused),
        ROW(a_question_for_a_name_is_declined_or_asked_whole), ROW(a_resolver_that_never_answers_is_given_up),
        ROW(whom_to_trust_goes_with_the_question), ROW(without_the_program_there_are_no_keys), ROW(keys_come_for_what_was_asked),
        ROW(a_program_that_never_answers_is_given_up), ROW(keys_that_there_cannot_be_are_refused), ROW(a_question_for_keys_that_nobody_takes_is_declined),
        ROW(a_program_that_is_missing_ends_with_127), ROW(a_program_is_started_when_a_question_waits), ROW(a_program_that_runs_ends_with_the_daemon),
        ROW(PROC_09_a_program_that_ends_the_way_to_core_is_no_flood_of_programs), ROW(core_does_not_look_where_the_way_has_ended),
        ROW(a_child_that_cannot_become_a_helper_goes_on), ROW(a_worker_that_never_stops_talking_holds_nobody_up), ROW(memory_to_share_is_there_or_not),
    };

    return cmocka_run_group_tests_name("helpers", tests, NULL, NULL);
}
