#include "cli/ask.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/err.h"
#include "io/socket.h"
#include "io/stamp.h"
#include "lib/page.h"
#include "lib/run_dir.h"
#include "utc/utc.h"

#define ANSWER_TIMEOUT_NS (5 * NS_PER_S)
#define CHANGE_TIMEOUT_NS (60 * NS_PER_S) /* a reload reads files, on a slow disk perhaps */

static int connect_to(const char *path)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    int fd, err;

    if (strlen(path) >= sizeof a.sun_path)
        return -UE_RANGE;
    memcpy(a.sun_path, path, strlen(path));
    fd = io_socket(AF_UNIX, SOCK_STREAM);
    if (fd >= 0) /* connect(2) too waits no longer, where the daemon takes nobody in and its queue is full */
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &(struct timeval){ .tv_sec = ANSWER_TIMEOUT_NS / NS_PER_S }, sizeof(struct timeval));
    if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
        return fd;
    err = errno == EAGAIN ? -UE_TIMEOUT : io_error(errno);
    close(fd);
    return err;
}

/* Exactly `len` bytes by the deadline. */
static int read_exactly(int fd, uint8_t *out, size_t len, struct mono_ns deadline)
{
    for (size_t done = 0; done < len;) {
        int64_t left_ns = mono_sub(deadline, io_raw_now()).ns;
        struct pollfd p = { .fd = fd, .events = POLLIN };
        ssize_t n;

        if (left_ns <= 0 || poll(&p, 1, (int)(left_ns / NS_PER_MS) + 1) == 0)
            return -UE_TIMEOUT;
        n = recv(fd, out + done, len - done, MSG_DONTWAIT);
        if (n == 0)
            return -UE_TRUNCATED;
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return io_error(errno);
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int exchange(int fd, const struct control_request *request, struct asked *out)
{
    struct mono_ns deadline = mono_add(io_raw_now(), (struct dur_ns){ control_is_change(request) ? CHANGE_TIMEOUT_NS : ANSWER_TIMEOUT_NS });
    static uint8_t frame[CONTROL_ANSWER_MAX];
    size_t len = control_request_write(request, frame, sizeof frame);
    int err;

    if (send(fd, frame, len, MSG_NOSIGNAL) != (ssize_t)len)
        return errno == EAGAIN ? -UE_TIMEOUT : io_error(errno);
    err = read_exactly(fd, frame, CONTROL_HEADER_SIZE, deadline);
    if (err < 0)
        return err;
    len = control_answer_size(frame);
    if (len == 0)
        return -UE_SYNTAX;
    err = read_exactly(fd, frame + CONTROL_HEADER_SIZE, len - CONTROL_HEADER_SIZE, deadline);
    return err < 0 ? err : control_answer_read((struct span){ frame, len }, &out->result, &out->snapshot);
}

static int ask_socket(const char *path, const struct control_request *request, struct asked *out)
{
    int fd = connect_to(path), err;

    snprintf(out->where, sizeof out->where, "%s", path);
    if (fd < 0)
        return fd;
    err = exchange(fd, request, out);
    close(fd);
    return err;
}

static int read_page(const char *path, struct asked *out)
{
    struct utc *u;
    int err = utc_open(&u, path);

    if (err < 0)
        return err;
    err = utc_page(u, &out->snapshot.page, &out->snapshot.now);
    utc_close(u);
    out->result = CONTROL_OK;
    out->page_only = true;
    return err;
}

/* The page lies beside the socket. */
static int page_beside(const char *socket, struct asked *out)
{
    const char *slash = strrchr(socket, '/');
    char path[RUN_WHERE_MAX];
    int dir = slash ? (int)(slash - socket) : 1;

    if (snprintf(path, sizeof path, "%.*s/%s", dir, slash ? socket : ".", RUN_DIR_PAGE) >= (int)sizeof path)
        return -UE_RANGE;
    return read_page(path, out);
}

/* A socket that this user may not open, or that this system does not have, leaves the page, which everybody may read. */
static int ask_place(const char *socket, const struct control_request *request, struct asked *out)
{
    int err = ask_socket(socket, request, out);

    if ((err != -UE_PERMISSION && err != -UE_UNSUPPORTED) || control_is_private(request) || control_is_change(request))
        return err;
    return page_beside(socket, out) == 0 ? 0 : err;
}

int ask_request(const char *socket, const struct control_request *request, struct asked *out)
{
    char path[RUN_PATH_MAX];
    int err = -UE_NO_FILE;

    memset(out, 0, sizeof *out);
    if (socket)
        return ask_place(socket, request, out);
    for (unsigned i = 0; i < RUN_DIR_PLACES; i++) {
        int e = run_dir_find(i, RUN_DIR_SOCKET, path, sizeof path);

        e = e < 0 ? e : ask_place(path, request, out);
        if (e == 0)
            return 0;
        if (e != -UE_NO_FILE)
            err = e;
    }
    return err;
}

int ask_daemon(const char *socket, uint32_t sections, struct asked *out)
{
    return ask_request(socket, &(struct control_request){ .version = CONTROL_VERSION, .verb = CONTROL_VERB_SNAPSHOT, .sections = sections }, out);
}
