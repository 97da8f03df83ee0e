/* Each test enters the sandbox in a child of its own and looks at how that ends. */
#include "host/sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/test.h"

static struct sandbox_note *note; /* shared with the children */

/* The exit code of a child that enters the list and then does `deed`; 128 and the signal if one ended it. */
static int code_of(enum sandbox_list l, const struct sandbox_files *files, int (*deed)(void))
{
    int status;
    pid_t pid;

    note->refused_call = -1;
    pid = fork();
    if (pid == 0) {
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        if (sandbox_enter(l, files, note) & SANDBOX_NO_FILTER)
            _exit(77);
        syscall(SYS_exit_group, deed());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int nothing(void) { return 0; }
static int asks_who_it_is(void) { return syscall(SYS_getppid) > 0; }
static int opens(void) { return open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0; }
static int reads_the_password_file(void) { return open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0; }
static int makes_a_raw_socket(void) { return socket(AF_PACKET, SOCK_RAW, 0) >= 0; }
static int makes_code(void) { return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED; }

static void assert_refused(enum sandbox_list l, int (*deed)(void), long call)
{
    assert_int_equal(code_of(l, NULL, deed), SANDBOX_EXIT);
    assert_int_equal(note->refused_call, call);
}

static void what_is_in_the_list_works(void **state)
{
    (void)state;
    for (int l = 0; l < SANDBOX_LISTS; l++)
        assert_int_equal(code_of((enum sandbox_list)l, NULL, nothing), 0);
}

/* PROC-08 */
static void what_is_not_ends_the_process_and_is_noted(void **state)
{
    (void)state;
    for (int l = 0; l < SANDBOX_LISTS; l++)
        assert_refused((enum sandbox_list)l, asks_who_it_is, SYS_getppid);
    assert_refused(SANDBOX_SERVE, opens, SYS_openat);
    assert_refused(SANDBOX_CLOCK, opens, SYS_openat);
    assert_refused(SANDBOX_CORE, makes_a_raw_socket, SYS_socket);
    assert_refused(SANDBOX_CORE, makes_code, SYS_mmap);
}

static char folder[] = "/tmp/sandbox_test_XXXXXX", state_file[64], elsewhere[64];

static int writes_its_file(void)
{
    char beside[80];
    int fd;

    snprintf(beside, sizeof beside, "%s.new", state_file);
    fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    return fd < 0 || write(fd, "x", 1) != 1 || close(fd) != 0 || rename(beside, state_file) != 0;
}

static int writes_elsewhere(void) { return open(elsewhere, O_WRONLY | O_CREAT | O_CLOEXEC, 0644) >= 0; }

/* Where it writes lie others' files as well: keys of cookies, say. */
static int reads_where_it_writes(void) { return open(state_file, O_RDONLY | O_CLOEXEC) >= 0; }

static int connects_by_tcp(void)
{
    struct sockaddr_in nobody = { .sin_family = AF_INET, .sin_port = htons(1), .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    return connect(fd, (struct sockaddr *)&nobody, sizeof nobody) == 0 || errno != EACCES;
}

static bool landlock_is_there(void) { return syscall(SYS_landlock_create_ruleset, NULL, 0, 1) >= 4; }

static void core_reaches_its_own_files_alone(void **state)
{
    const struct sandbox_files files = { state_file, { "/usr/share/zoneinfo/leap-seconds.list" } };

    (void)state;
    if (!landlock_is_there())
        skip();
    assert_int_equal(code_of(SANDBOX_CORE, &files, writes_its_file), 0);
    assert_int_equal(code_of(SANDBOX_CORE, &files, reads_where_it_writes), 0);
    assert_int_equal(code_of(SANDBOX_CORE, &files, writes_elsewhere), 0);
    assert_int_equal(code_of(SANDBOX_CORE, &files, reads_the_password_file), 0);
    assert_int_equal(code_of(SANDBOX_CORE, &files, connects_by_tcp), 0);
}

/* Exit code: a bit for each thing that it could do. */
static int does_what_it_may_not(void)
{
    const pid_t child = fork();
    int done = 0, status;

    if (child == 0) {
        pause();
        _exit(0);
    }
    done |= writes_elsewhere() ? 1 : 0;
    done |= truncate(state_file, 0) == 0 ? 2 : 0;
    done |= unlink(state_file) == 0 ? 4 : 0;
    done |= kill(getppid(), 0) == 0 ? 8 : 0;
    done |= open(state_file, O_RDONLY | O_CLOEXEC) < 0 ? 16 : 0; /* which it may, */
    done |= kill(child, SIGKILL) != 0 ? 32 : 0;                  /* and this */
    return waitpid(child, &status, 0) == child ? done : 64;
}

/* The programs that look names up and connect run as the same user as all the others. */
static void PROC_09_who_reads_changes_no_file_and_ends_nobody(void **state)
{
    int status;
    pid_t pid;

    (void)state;
    if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 6)
        skip();
    close(open(state_file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    pid = fork();
    if (pid == 0) {
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        sandbox_read_only();
        _exit(does_what_it_may_not());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void a_root_without_a_name_is_empty(void **state)
{
    char scratch[80];
    int status;
    pid_t pid;

    (void)state;
    pid = fork();
    if (pid == 0) {
        if (sandbox_empty_root(folder, 0) != 0)
            _exit(77);
        _exit(access("/etc", F_OK) == 0 || access("/..", F_OK) != 0 || open("/x", O_WRONLY | O_CREAT | O_CLOEXEC, 0644) >= 0 || mkdir("/y", 0755) == 0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WEXITSTATUS(status) == 77)
        skip(); /* neither root nor user namespaces */
    assert_int_equal(status, 0);
    snprintf(scratch, sizeof scratch, "%s/empty-0", folder);
    assert_int_not_equal(access(scratch, F_OK), 0);
}

static void descriptors_that_are_not_named_close(void **state)
{
    int keep[] = { 40, -1, 12, 30 }, status;
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        for (int fd = 10; fd < 60; fd++)
            dup2(0, fd);
        sandbox_keep_descriptors(keep, 4);
        for (int fd = 3; fd < 60; fd++)
            if ((fcntl(fd, F_GETFD) >= 0) != (fd == 12 || fd == 30 || fd == 40))
                _exit(fd);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void calls_and_what_is_missing_have_names(void **state)
{
    char name[SANDBOX_NAME_MAX], text[64];

    (void)state;
    sandbox_call_name(SYS_openat, name);
    assert_string_equal(name, "openat");
    sandbox_call_name(-1, name);
    assert_string_equal(name, "");
    sandbox_call_name(INT32_MAX, name);
    assert_string_equal(name, "");
    assert_string_equal(sandbox_missing_text(SANDBOX_NO_ROOT | SANDBOX_NO_FILTER, text), "an empty root, a filter of system calls");
    assert_string_equal(sandbox_missing_text(0, text), "");
}

static int make_folder(void **state)
{
    (void)state;
    note = mmap(NULL, sizeof *note, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (note == MAP_FAILED || !mkdtemp(folder))
        return -1;
    snprintf(state_file, sizeof state_file, "%s/drift", folder);
    snprintf(elsewhere, sizeof elsewhere, "/tmp/sandbox_test_elsewhere");
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(state_file);
    return rmdir(folder);
}

#define ALWAYS 2 /* the first ones hold in instrumented builds as well */

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descriptors_that_are_not_named_close),
        cmocka_unit_test(calls_and_what_is_missing_have_names),
        cmocka_unit_test(what_is_in_the_list_works),
        cmocka_unit_test(what_is_not_ends_the_process_and_is_noted),
        cmocka_unit_test(core_reaches_its_own_files_alone),
        cmocka_unit_test(PROC_09_who_reads_changes_no_file_and_ends_nobody),
        cmocka_unit_test(a_root_without_a_name_is_empty),
    };

    return _cmocka_run_group_tests("sandbox", tests, sandbox_confines() ? sizeof tests / sizeof tests[0] : ALWAYS, make_folder, remove_folder);
}
