#include "host/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/sandbox_filters.h"

#ifndef SANDBOX_INSTRUMENTED
#define SANDBOX_INSTRUMENTED 0
#endif

bool sandbox_confines(void) { return !SANDBOX_INSTRUMENTED; }

/* -- descriptors --------------------------------------------------------------------------------------------------- */

static void close_between(unsigned first, unsigned last)
{
    if (first > last || syscall(SYS_close_range, first, last, 0) == 0)
        return;
    for (unsigned fd = first; fd <= last && fd < 4096; fd++) /* before Linux 5.9 */
        close((int)fd);
}

static void sort(int v[], size_t n)
{
    for (size_t i = 1; i < n; i++)
        for (size_t k = i; k > 0 && v[k] < v[k - 1]; k--) {
            int higher = v[k - 1];

            v[k - 1] = v[k];
            v[k] = higher;
        }
}

void sandbox_keep_descriptors(int keep[], size_t count)
{
    unsigned next = STDERR_FILENO + 1;

    sort(keep, count);
    for (size_t i = 0; i < count; i++) {
        if (keep[i] < (int)next)
            continue;
        close_between(next, (unsigned)keep[i] - 1);
        next = (unsigned)keep[i] + 1;
    }
    close_between(next, UINT_MAX);
}

void sandbox_silence(int fd)
{
    for (int i = STDIN_FILENO; sandbox_confines() && i <= STDERR_FILENO; i++)
        dup2(fd, i);
}

/* -- the root ------------------------------------------------------------------------------------------------------ */

#define ALWAYS_EMPTY "/proc/tty/ldisc" /* the kernel puts nothing there and lets nobody; to make a folder can wait for a disk */

/* Without that: a folder that has lost its name has nothing in it, and nothing can be made in it. */
static bool enter_nameless(const char *folder, unsigned number)
{
    char scratch[PATH_MAX];

    snprintf(scratch, sizeof scratch, "%s/empty-%u", folder, number);
    return (mkdir(scratch, 0500) == 0 || errno == EEXIST) && chdir(scratch) == 0 && rmdir(scratch) == 0;
}

static bool has_no_files, root_refused;

unsigned sandbox_empty_root(const char *folder, unsigned number)
{
    if (sandbox_confines() && (chdir(ALWAYS_EMPTY) == 0 || enter_nameless(folder, number)))
        has_no_files = chroot(".") == 0 || (syscall(SYS_unshare, CLONE_NEWUSER) == 0 && chroot(".") == 0);
    root_refused = !has_no_files;
    return has_no_files ? 0 : SANDBOX_NO_ROOT;
}

/* -- Landlock: files, TCP and signals, as far as the kernel's version of it goes -------------------------------------- */

/* The kernel's struct landlock_ruleset_attr in its third form; shorter ones are this with zeros. */
struct ruleset { uint64_t files, net, scope; };

#define FILES_SINCE_1 (((uint64_t)LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)
#define FILES_REFER (LANDLOCK_ACCESS_FS_MAKE_SYM << 1)      /* version 2 */
#define FILES_TRUNCATE (LANDLOCK_ACCESS_FS_MAKE_SYM << 2)   /* 3 */
#define FILES_IOCTL (LANDLOCK_ACCESS_FS_MAKE_SYM << 3)      /* 5 */
#define NET_TCP 3                                           /* 4: bind and connect */
#define SCOPE_ALL 3                                         /* 6: abstract UNIX sockets and signals */
#define SCOPE_SIGNALS 2

static struct ruleset ruleset_of(long version)
{
    return (struct ruleset){
        .files = FILES_SINCE_1 | (version >= 2 ? FILES_REFER : 0) | (version >= 3 ? FILES_TRUNCATE : 0) | (version >= 5 ? FILES_IOCTL : 0),
        .net = version >= 4 ? NET_TCP : 0,
        .scope = version >= 6 ? SCOPE_ALL : 0,
    };
}

static void permit(int ruleset, const char *path, uint64_t access)
{
    struct landlock_path_beneath_attr rule = { access, open(path, O_PATH | O_CLOEXEC) };

    if (rule.parent_fd < 0)
        return;
    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(rule.parent_fd);
}

static void permit_folder_of(int ruleset, const char *path, uint64_t access)
{
    char folder[PATH_MAX];
    char *slash;

    if (snprintf(folder, sizeof folder, "%s", path) >= (int)sizeof folder)
        return;
    slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    permit(ruleset, slash ? folder : ".", access);
}

static void permit_files(int ruleset, const struct sandbox_files *f, uint64_t known)
{
    /* The folder is read to make the new name durable. */
    const uint64_t replace = LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                             (FILES_TRUNCATE & known);

    if (f->written && f->written[0])
        permit_folder_of(ruleset, f->written, replace);
    for (size_t i = 0; i < sizeof f->read / sizeof f->read[0]; i++)
        if (f->read[i] && f->read[i][0]) {
            char real[PATH_MAX];

            permit_folder_of(ruleset, f->read[i], LANDLOCK_ACCESS_FS_READ_FILE);
            if (realpath(f->read[i], real)) /* a link will lead to another file beside this one, as certbot's do */
                permit_folder_of(ruleset, real, LANDLOCK_ACCESS_FS_READ_FILE);
        }
}

static long landlock_version(void) { return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION); }

static bool enter_landlock(const struct sandbox_files *files)
{
    long version = landlock_version();
    struct ruleset all = ruleset_of(version);
    int fd = version < 1 ? -1 : (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
    bool entered;

    if (fd < 0)
        return false;
    if (files)
        permit_files(fd, files, all.files);
    entered = syscall(SYS_landlock_restrict_self, fd, 0) == 0;
    close(fd);
    return entered;
}

void sandbox_read_only(void)
{
    const uint64_t reads = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | FILES_IOCTL;
    const struct ruleset all = ruleset_of(landlock_version());
    const struct ruleset others = { .files = all.files & ~reads, .scope = all.scope & SCOPE_SIGNALS };
    int fd = sandbox_confines() ? (int)syscall(SYS_landlock_create_ruleset, &others, sizeof others, 0) : -1;

    if (fd < 0)
        return;
    syscall(SYS_landlock_restrict_self, fd, 0);
    close(fd);
}

/* -- system calls ---------------------------------------------------------------------------------------------------- */

#define FILTER(l) { (unsigned short)(sizeof filter_##l / sizeof filter_##l[0]), (struct sock_filter *)filter_##l }

static const struct sock_fprog filters[SANDBOX_LISTS] = { [SANDBOX_SERVE] = FILTER(SERVE), [SANDBOX_CLOCK] = FILTER(CLOCK),
                                                           [SANDBOX_CORE] = FILTER(CORE), [SANDBOX_KE] = FILTER(KE), [SANDBOX_KE_CLIENT] = FILTER(KE_CLIENT),
                                                           [SANDBOX_ADMIN] = FILTER(ADMIN) };

static struct sandbox_note *noted;

static void on_refused_call(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    if (noted)
        noted->refused_call = info->si_syscall;
    syscall(SYS_exit_group, SANDBOX_EXIT);
}

static bool enter_filter(enum sandbox_list l)
{
    const struct sigaction refused = { .sa_sigaction = on_refused_call, .sa_flags = SA_SIGINFO };

    sigaction(SIGSYS, &refused, NULL);
    /* Older kernels would slow every indirect branch and load for a process with a filter: there is no secret of others in this one to protect so. */
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &filters[l]) == 0 ||
           syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filters[l]) == 0;
}

unsigned sandbox_enter(enum sandbox_list l, const struct sandbox_files *files, struct sandbox_note *note)
{
    unsigned missing = 0;

    if (!sandbox_confines())
        return SANDBOX_NO_LANDLOCK | SANDBOX_NO_FILTER;
    noted = note;
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (!has_no_files && !enter_landlock(files))
        missing |= SANDBOX_NO_LANDLOCK;
    if (!enter_filter(l))
        missing |= SANDBOX_NO_FILTER | (has_no_files && !enter_landlock(files) ? SANDBOX_NO_LANDLOCK : 0);
    if (root_refused && missing & SANDBOX_NO_LANDLOCK)
        missing |= SANDBOX_NO_ROOT;
    if (note)
        note->missing = missing;
    return missing;
}

/* -- words ------------------------------------------------------------------------------------------------------------- */

void sandbox_call_name(int32_t number, char out[SANDBOX_NAME_MAX])
{
    const char *line = call_names;

    out[0] = '\0';
    for (int32_t i = 0; number >= 0 && line[0] != '\0'; i++) {
        size_t len = strcspn(line, "\n");

        if (i == number) {
            snprintf(out, SANDBOX_NAME_MAX, "%.*s", (int)len, line);
            return;
        }
        line += len + 1;
    }
}

const char *sandbox_missing_text(unsigned missing, char out[64])
{
    static const char *const names[] = { "an empty root", "Landlock", "a filter of system calls" };
    size_t n = 0;

    out[0] = '\0';
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (missing >> i & 1)
            n += (size_t)snprintf(out + n, 64 - n, "%s%s", n ? ", " : "", names[i]);
    return out;
}
