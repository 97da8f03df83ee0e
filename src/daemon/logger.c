#include "daemon/logger.h"

#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "daemon/log_remote.h"
#include "daemon/log_system.h"
#include "daemon/options_rules.h"
#include "host/clock.h"
#include "host/sandbox.h"
#include "io/socket.h"

#define LINE_SIZE 4032  /* two names of 255 bytes, each of which JSON gives six characters, and more; a pipe takes it at once with what put() adds: PIPE_BUF */
#define SAID_SIZE 512
#define REMOTE_SIZE (LOG_MESSAGE_MAX - 384) /* beside what RFC 5424 puts before it: a host's name of 255 bytes, and numbers */
#define NAMES_A_SECOND 16 /* as many as there can be sources */
#define JOURNAL_SOCKET "/run/systemd/journal/socket"

/* One line a second of each event; but of each source and process its own, or the log of a start would tell of one server in four. */
struct limit { struct mono_ns last; bool any; uint32_t left_out, told, name[NAMES_A_SECOND]; };

static struct {
    enum log_format format;
    enum log_level level[LOG_TOPICS];
    enum log_target target; /* never AUTO once started */
    int fd;
    bool opened;            /* the sockets: once, before any role gives up the right to */
    int journal;            /* the journal's own socket; -1: lines to standard error */
    struct log_system system;
    uint32_t remotes;
    struct log_remote remote[OPTION_LIST_MAX];
    char host[256];
    int pid;
    struct limit limit[LOG_ID_COUNT];
} logger = { .fd = STDERR_FILENO, .journal = -1, .level = { [0 ... LOG_TOPICS - 1] = LOG_INFO_LEVEL }, .target = LOG_TARGET_STDERR };

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

/* The journal's own socket, connected; -1: there is none. */
static int open_journal(void)
{
    const struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = JOURNAL_SOCKET };
    int fd = io_socket(AF_UNIX, SOCK_DGRAM);

    if (fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof at) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static void open_sockets(const struct log_options *o)
{
    logger.opened = true;
    log_system_start(&logger.system, LOG_SYSTEM_PATH);
    if (logger.target == LOG_TARGET_JOURNAL)
        logger.journal = open_journal();
    logger.remotes = o->remote.count;
    logger.pid = (int)getpid();
    if (logger.remotes && gethostname(logger.host, sizeof logger.host - 1) != 0)
        logger.host[0] = '\0';
    for (uint32_t i = 0; i < logger.remotes; i++)
        log_remote_open(&logger.remote[i], &o->remote.item[i], o->remote_protocol == LOG_PROTOCOL_TCP);
}

static void take_levels(const struct log_options *o)
{
    enum log_topic topic;
    enum log_level level;

    logger_set_level(LOG_TOPICS, (enum log_level)o->level);
    for (uint32_t i = 0; i < o->topics.count; i++)
        if (options_log_topic(o->topics.item[i].s, &topic, &level))
            logger.level[topic] = level;
}

void logger_start(const struct log_options *o)
{
    logger.format = o->format;
    logger.target = o->target;
    take_levels(o);
    if (logger.target == LOG_TARGET_AUTO)
        logger.target = stderr_is_journal() ? LOG_TARGET_JOURNAL : LOG_TARGET_STDERR;
    append_to_file();
    if (!logger.opened)
        open_sockets(o);
}

void logger_set_level(enum log_topic topic, enum log_level level)
{
    for (int t = 0; t < LOG_TOPICS; t++)
        if (topic == LOG_TOPICS || topic == (enum log_topic)t)
            logger.level[t] = level;
}

size_t logger_descriptors(int out[LOGGER_DESCRIPTORS_MAX])
{
    size_t n = 0;

    out[n++] = logger.journal;
    for (uint32_t i = 0; i < logger.remotes; i++)
        out[n++] = logger.remote[i].fd;
    return n;
}

void logger_reopen(void)
{
    for (uint32_t i = 0; i < logger.remotes; i++)
        log_remote_reopen(&logger.remote[i]);
    if (logger.remotes)
        logger.pid = (int)getpid();
    log_system_forget(&logger.system); /* closed with all that is not kept */
}

void logger_forget(void)
{
    logger.journal = -1;
    logger.remotes = 0;
    log_system_forget(&logger.system);
}

void logger_to(int fd) { logger.fd = fd; }

/* Who reads the pipe or terminal may have stopped, and time goes on: a line that would be waited for is left out. A file is always ready. */
static bool takes_a_line(int fd)
{
    struct pollfd p = { fd, POLLOUT, 0 };

    return poll(&p, 1, 0) > 0;
}

/* One write a line, so that the lines of several processes do not mix. */
static void put(enum log_level level, const char *text, struct utc_ns at)
{
    char line[LINE_SIZE + 64];
    int n;

    if (logger.target == LOG_TARGET_SYSLOG) {
        log_system_say(&logger.system, log_severity(level), text, at);
        return;
    }
    if (logger.target == LOG_TARGET_JOURNAL)
        n = snprintf(line, sizeof line, "<%d>%s\n", log_severity(level), text);
    else if (logger.format == LOG_FORMAT_TEXT && level >= LOG_WARNING_LEVEL)
        n = snprintf(line, sizeof line, "simple-utcd: %s: %s\n", level == LOG_ERROR_LEVEL ? "error" : "warning", text);
    else
        n = snprintf(line, sizeof line, "%s%s\n", logger.format == LOG_FORMAT_TEXT ? "simple-utcd: " : "", text);
    if (n > 0 && takes_a_line(logger.fd) && write(logger.fd, line, (size_t)n) < 0)
        return; /* nobody reads: nothing to be done about it */
}

static void put_journal(const struct log_record *r)
{
    char text[LOG_MESSAGE_MAX];
    size_t n = log_render_journal(r, text, sizeof text);

    if (send(logger.journal, text, n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        return; /* a full journal costs the line */
}

static void put_remote(const struct log_record *r, const char *text, struct utc_ns at, struct mono_ns now)
{
    const struct log_sender from = { logger.host, "simple-utcd", logger.pid };
    char message[LOG_MESSAGE_MAX];
    size_t n = log_render_syslog(r, at, &from, text, message, sizeof message);

    for (uint32_t i = 0; i < logger.remotes; i++)
        log_remote_send(&logger.remote[i], message, n, now);
}

/* Are there few of it, all by our own configuration? */
static bool is_name(const struct log_field *f) { return f->kind == LOG_FIELD_TEXT && (strcmp(f->name, "source") == 0 || strcmp(f->name, "role") == 0); }

/* FNV-1a of the name of a source or process: those of equal value share a line, which happens to one pair in 2^32. */
static uint32_t name_of(const struct log_record *r)
{
    uint32_t hash = 2166136261;

    for (unsigned i = 0; i < r->count; i++)
        if (is_name(&r->field[i]))
            for (const char *c = r->field[i].u.text; *c; c++)
                hash = (hash ^ (uint8_t)*c) * 16777619;
    return hash;
}

static bool is_told(const struct limit *l, uint32_t name)
{
    for (uint32_t i = 0; i < l->told; i++)
        if (l->name[i] == name)
            return true;
    return l->told == NAMES_A_SECOND;
}

/* May this event be told now? */
static bool permitted(const struct log_record *r, enum log_level level, struct mono_ns now)
{
    struct limit *l = &logger.limit[r->id];
    uint32_t name = name_of(r);

    if (level < logger.level[log_topic_of(r->id)])
        return false;
    if (level == LOG_NOTICE_LEVEL)
        return true;
    if (!l->any || mono_sub(now, l->last).ns >= NS_PER_S) {
        l->any = true;
        l->last = now;
        l->told = 0;
    }
    if (is_told(l, name)) {
        l->left_out++;
        return false;
    }
    l->name[l->told++] = name;
    return true;
}

/* As a line of the format in force. Returns its length. */
static size_t render(const struct log_record *r, struct utc_ns at, char *out, size_t size)
{
    uint32_t left_out = logger.limit[r->id].left_out;
    size_t n;

    if (logger.format == LOG_FORMAT_JSON)
        return log_render_json(r, at, out, size);
    if (logger.format == LOG_FORMAT_LOGFMT)
        return log_render_logfmt(r, at, out, size);
    n = log_render_text(r, out, size);
    if (left_out)
        snprintf(out + n, size - n, " (and %lu more like it)", (unsigned long)left_out);
    return strlen(out);
}

void logger_write(const struct log_record *r, struct mono_ns now)
{
    struct log_record with_count = *r;
    char text[LINE_SIZE];
    struct utc_ns at;
    size_t n;

    if (!permitted(r, log_level_of(r->id), now))
        return;
    at = host_pair().system;
    if (logger.limit[r->id].left_out)
        log_int(&with_count, "left_out", logger.limit[r->id].left_out);
    n = render(&with_count, at, text, sizeof text);
    if (logger.target == LOG_TARGET_JOURNAL && logger.journal >= 0)
        put_journal(&with_count);
    else
        put(log_level_of(r->id), text, at);
    if (logger.remotes && n >= REMOTE_SIZE)
        render(&with_count, at, text, REMOTE_SIZE); /* with fewer fields, instead of half a one */
    if (logger.remotes)
        put_remote(r, text, at, now);
    logger.limit[r->id].left_out = 0;
}

void logger_say(const char *format, ...)
{
    struct log_record r = { .id = LOG_TEXT };
    char text[SAID_SIZE];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    log_text(&r, "text", text);
    logger_write(&r, host_mono());
}

void logger_say_missing(const char *role, unsigned missing)
{
    char text[64];

    if (missing && sandbox_confines())
        logger_say("the process %s runs without %s, which this system does not offer or not to this user", role, sandbox_missing_text(missing, text));
}
