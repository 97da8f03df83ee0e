#include "daemon/logger.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "host/clock.h"

#define LINE_SIZE 1024

static struct {
    enum log_format format;
    enum log_level level;
    enum log_target target; /* never AUTO once started */
    int fd;
    struct { struct mono_ns last; bool any; uint32_t left_out; } limit[LOG_ID_COUNT];
} logger = { .fd = STDERR_FILENO, .level = LOG_INFO_LEVEL, .target = LOG_TARGET_STDERR };

/* sd-daemon(3) and syslog(3) use the same numbers. */
static int priority(enum log_level l)
{
    static const int of_level[] = { LOG_DEBUG, LOG_INFO, LOG_NOTICE, LOG_WARNING, LOG_ERR };

    return of_level[l];
}

/* systemd.exec(5): JOURNAL_STREAM names the device and inode of the stream that goes to the journal. */
static bool stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat st;

    return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

/* Who cuts the file to nothing while it is written (logrotate's copytruncate) would else get a hole up to where the next line goes. */
static void append_to_file(void)
{
    int flags = fcntl(STDERR_FILENO, F_GETFL);
    struct stat st;

    if (flags >= 0 && fstat(STDERR_FILENO, &st) == 0 && S_ISREG(st.st_mode))
        fcntl(STDERR_FILENO, F_SETFL, flags | O_APPEND);
}

void logger_start(const struct log_options *o)
{
    logger.format = o->format;
    logger.level = o->level;
    logger.target = o->target;
    if (logger.target == LOG_TARGET_AUTO)
        logger.target = stderr_is_journal() ? LOG_TARGET_JOURNAL : LOG_TARGET_STDERR;
    append_to_file();
    if (logger.target == LOG_TARGET_SYSLOG) {
        tzset(); /* syslog() tells local time: the zone's file is read now, not by a role that has no files any more */
        openlog("simple-utcd", LOG_PID, LOG_DAEMON);
    }
}

void logger_set_level(enum log_level level) { logger.level = level; }

void logger_reopen(void)
{
    if (logger.target != LOG_TARGET_SYSLOG)
        return;
    closelog();
    openlog("simple-utcd", LOG_PID, LOG_DAEMON);
}

void logger_to(int fd) { logger.fd = fd; }

/* One write a line, so that the lines of several processes do not mix. */
static void put(enum log_level level, const char *text)
{
    char line[LINE_SIZE + 64];
    int n;

    if (logger.target == LOG_TARGET_SYSLOG) {
        syslog(priority(level), "%s", text);
        return;
    }
    if (logger.target == LOG_TARGET_JOURNAL)
        n = snprintf(line, sizeof line, "<%d>%s\n", priority(level), text);
    else if (logger.format == LOG_FORMAT_TEXT && level >= LOG_WARNING_LEVEL)
        n = snprintf(line, sizeof line, "simple-utcd: %s: %s\n", level == LOG_ERROR_LEVEL ? "error" : "warning", text);
    else
        n = snprintf(line, sizeof line, "%s%s\n", logger.format == LOG_FORMAT_TEXT ? "simple-utcd: " : "", text);
    if (n > 0 && write(logger.fd, line, (size_t)n) < 0)
        return; /* nobody reads: nothing to be done about it */
}

/* May this event be told now? */
static bool permitted(enum log_id id, enum log_level level, struct mono_ns now)
{
    if (level < logger.level)
        return false;
    if (level == LOG_NOTICE_LEVEL)
        return true;
    if (logger.limit[id].any && mono_sub(now, logger.limit[id].last).ns < NS_PER_S) {
        logger.limit[id].left_out++;
        return false;
    }
    logger.limit[id].any = true;
    logger.limit[id].last = now;
    return true;
}

void logger_write(const struct log_record *r, struct mono_ns now)
{
    struct log_record with_count = *r;
    char text[LINE_SIZE];
    size_t n;

    if (!permitted(r->id, log_level_of(r->id), now))
        return;
    if (logger.format == LOG_FORMAT_JSON) {
        if (logger.limit[r->id].left_out)
            log_int(&with_count, "left_out", logger.limit[r->id].left_out);
        log_render_json(&with_count, host_pair().system, text, sizeof text);
    } else {
        n = log_render_text(r, text, sizeof text);
        if (logger.limit[r->id].left_out)
            snprintf(text + n, sizeof text - n, " (and %lu more like it)", (unsigned long)logger.limit[r->id].left_out);
    }
    logger.limit[r->id].left_out = 0;
    put(log_level_of(r->id), text);
}

void logger_say(const char *format, ...)
{
    struct log_record r = { .id = LOG_TEXT };
    char text[LINE_SIZE / 2];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    log_text(&r, "text", text);
    logger_write(&r, host_mono());
}
