/* Preloaded where coverage is measured: what counts writes that when it ends by exit(), so a helper that is ended by a signal is made to, and
 * a child that would end by _exit(). */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OURS "simple-utcd"

static bool is_ours(const char *name) { return strncmp(name, OURS, strlen(OURS)) == 0; }

static void leave(int number)
{
    (void)number;
    exit(0);
}

/* Who wants to be ended by it, as the clock role does, ends so too. */
sighandler_t signal(int number, sighandler_t handler)
{
    struct sigaction is = { .sa_handler = handler, .sa_flags = SA_RESTART }, was;

    if (number == SIGTERM && handler == SIG_DFL && is_ours(program_invocation_short_name))
        is.sa_handler = leave;
    return sigaction(number, &is, &was) == 0 ? was.sa_handler : SIG_ERR;
}

__attribute__((constructor)) static void take_over(void)
{
    if (is_ours(program_invocation_short_name))
        signal(SIGTERM, leave);
}

/* Roles have names of their own; programs beside the daemon are called by their file. */
static bool is_helper(pid_t pid)
{
    char path[32], name[32] = "";
    int fd;

    snprintf(path, sizeof path, "/proc/%ld/comm", (long)pid);
    fd = open(path, O_RDONLY);
    if (fd < 0)
        return false;
    if (read(fd, name, sizeof name - 1) < 0)
        name[0] = '\0';
    close(fd);
    return strncmp(name, OURS "-", strlen(OURS "-")) == 0;
}

int kill(pid_t pid, int number)
{
    if (number == SIGKILL && is_ours(program_invocation_short_name) && is_helper(pid)) {
        syscall(SYS_kill, pid, SIGTERM);
        number = SIGCONT; /* one that was stopped hears nothing before */
    }
    return (int)syscall(SYS_kill, pid, number);
}

void _exit(int code)
{
    if (is_ours(program_invocation_short_name))
        exit(code);
    syscall(SYS_exit_group, code);
    __builtin_unreachable();
}
