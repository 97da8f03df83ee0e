#include "daemon/deaths.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "daemon/logger.h"
#include "host/clock.h"

#define QUICK_DEATHS 3
#define QUICK_SPAN_S 10
#define BACKOFF_MAX_S 30
#define RENEW_REST_S 3600

struct dur_ns deaths_delay(struct deaths *d, struct mono_ns now)
{
    int64_t delay_s;

    if (d->quick == 0 || mono_sub(now, d->first).ns > QUICK_SPAN_S * NS_PER_S + (INT64_C(1) << d->backoff_log2) * NS_PER_S)
        *d = (struct deaths){ 0, now, 0 };
    if (d->quick < QUICK_DEATHS) {
        d->quick++;
        return (struct dur_ns){ 0 };
    }
    delay_s = INT64_C(1) << d->backoff_log2;
    d->first = now;
    if (delay_s < BACKOFF_MAX_S)
        d->backoff_log2++;
    return (struct dur_ns){ (delay_s < BACKOFF_MAX_S ? delay_s : BACKOFF_MAX_S) * NS_PER_S };
}

bool deaths_may_renew(struct mono_ns *last, struct mono_ns now)
{
    if (last->ns != 0 && mono_sub(now, *last).ns < RENEW_REST_S * NS_PER_S)
        return false;
    *last = now;
    return true;
}

void deaths_name_call(int32_t number, char *out, size_t size)
{
    char name[SANDBOX_NAME_MAX];

    sandbox_call_name(number, name);
    snprintf(out, size, "SIGSYS: the system call %.31s (%ld) is not in its list", name[0] ? name : "unknown", (long)number);
}

void deaths_tell(enum role r, const struct death *d, struct dur_ns delay)
{
    struct log_record log = { .id = LOG_CHILD_DIED };
    char reason[96];

    if (WIFSIGNALED(d->status))
        snprintf(reason, sizeof reason, "SIG%s", sigabbrev_np(WTERMSIG(d->status)));
    else if (WEXITSTATUS(d->status) == SANDBOX_EXIT)
        deaths_name_call(d->refused_call, reason, sizeof reason);
    else
        snprintf(reason, sizeof reason, "exit code %d", WEXITSTATUS(d->status));
    log_text(&log, "role", role_name(r));
    log_int(&log, "pid", d->pid);
    log_text(&log, "reason", reason);
    log_ns(&log, "retry_ns", delay.ns);
    logger_write(&log, host_mono());
}

void deaths_tell_left(enum role r, pid_t pid, const char *reason, struct mono_ns now)
{
    struct log_record log = { .id = LOG_ROLE_LEFT };

    log_text(&log, "role", role_name(r));
    log_int(&log, "pid", pid);
    log_text(&log, "reason", reason);
    logger_write(&log, now);
}
