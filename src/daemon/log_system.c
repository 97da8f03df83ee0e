#include "daemon/log_system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "io/socket.h"

#define FACILITY_DAEMON (3 << 3)
#define LINE_SIZE 4160          /* a line of the logger, with what stands before it */

void log_system_start(struct log_system *s, const char *path)
{
    *s = (struct log_system){ path, -1, false };
    tzset();
}

void log_system_forget(struct log_system *s) { s->fd = -1; }

static int open_as(const char *path, int type)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = io_socket(AF_UNIX, type), err;

    if (fd < 0)
        return fd;
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); /* connect(2) waits where many do */
    snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    if (connect(fd, (const struct sockaddr *)&at, sizeof at) == 0)
        return fd;
    err = io_error(errno);
    close(fd);
    return err;
}

static void begin(struct log_system *s)
{
    s->stream = false;
    s->fd = open_as(s->path, SOCK_DGRAM);
    if (s->fd >= 0)
        return;
    s->stream = true;
    s->fd = open_as(s->path, SOCK_STREAM);
}

/* Returns whether it is worth another try: who listened was started anew, say. Of a stream no half line may stay. */
static bool put(struct log_system *s, const char *line, size_t len)
{
    size_t all = len + (s->stream ? 1 : 0); /* there each line ends with a zero byte */
    ssize_t n = s->fd < 0 ? -1 : send(s->fd, line, all, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (s->fd < 0 || n == (ssize_t)all || (n < 0 && (errno == EAGAIN || errno == ENOBUFS || errno == EMSGSIZE || errno == EINTR)))
        return false;
    close(s->fd);
    s->fd = -1;
    return true;
}

void log_system_say(struct log_system *s, int severity, const char *text, struct utc_ns at)
{
    time_t seconds = (time_t)(at.ns / NS_PER_S);
    char line[LINE_SIZE], when[32] = "";
    struct tm local;
    int n;

    if (localtime_r(&seconds, &local))
        strftime(when, sizeof when, "%h %e %T ", &local);
    n = snprintf(line, sizeof line, "<%d>%ssimple-utcd[%ld]: %s", FACILITY_DAEMON | severity, when, (long)getpid(), text);
    if (n < 0)
        return;
    if (s->fd < 0)
        begin(s);
    if (!put(s, line, strlen(line)))
        return;
    begin(s);
    put(s, line, strlen(line));
}
