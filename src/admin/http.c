#include "admin/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "admin/authority.h"
#include "base/err.h"

#define STREAM_BLOCK 8192
#define FRAME_EVERY_NS (NS_PER_S - NS_PER_MS * 50) /* about as often as core is asked */
#define NO_POLICY "default-src 'none'; frame-ancestors 'none'"
#define PAGE_POLICY \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
#define POOL_SIZE 24576 /* of a connection: the head (HEAD_MAX), what is made of it, and the answer's head */

/* -- is it a request for us? ------------------------------------------------------------------------------------------ */

/* What the fields of a request say, as far as it matters here. */
struct fields { unsigned hosts; const char *host, *origin, *accept; };

static enum MHD_Result take_field(void *ctx, enum MHD_ValueKind kind, const char *key, const char *value)
{
    struct fields *f = ctx;

    (void)kind;
    value = value ? value : "";
    if (strcasecmp(key, "Host") == 0) {
        f->hosts++;
        f->host = value;
    } else if (strcasecmp(key, "Origin") == 0)
        f->origin = value;
    else if (strcasecmp(key, "Accept") == 0)
        f->accept = value;
    return MHD_YES;
}

/* Why a request is not looked at any further; NULL: it is. */
static const char *refusal(const struct http *h, const struct fields *f, const char *method, const char *version, unsigned *status)
{
    const struct option_texts *names = &h->answers->shared->orders.options.hosts;

    *status = MHD_HTTP_HTTP_VERSION_NOT_SUPPORTED;
    if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0)
        return "HTTP/1.1 is spoken here";
    *status = MHD_HTTP_BAD_REQUEST;
    if (f->hosts != 1)
        return "exactly one Host field is needed";
    *status = MHD_HTTP_MISDIRECTED_REQUEST;
    if (!authority_is_ours(f->host, names))
        return "this is not called by that name; names besides localhost and addresses stand in http.hosts";
    *status = MHD_HTTP_FORBIDDEN;
    if (f->origin && !authority_origin_is_ours(f->origin, names))
        return "pages of other sites may not ask here";
    *status = MHD_HTTP_METHOD_NOT_ALLOWED;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return "only GET and HEAD are understood";
    return NULL;
}

/* -- answers ---------------------------------------------------------------------------------------------------------- */

static struct MHD_Response *with_fields(struct MHD_Response *r, const char *type, bool is_page)
{
    static const char *const fields[][2] = {
        { "Connection", "close" },
        { "Cache-Control", "no-store" },
        { "X-Content-Type-Options", "nosniff" },
        { "X-Frame-Options", "DENY" },
        { "Referrer-Policy", "no-referrer" },
        { "Cross-Origin-Resource-Policy", "same-origin" },
        { "Allow", "GET, HEAD" },
    };

    for (size_t i = 0; r && i < sizeof fields / sizeof fields[0]; i++)
        MHD_add_response_header(r, fields[i][0], fields[i][1]);
    if (r)
        MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    if (r)
        MHD_add_response_header(r, "Content-Security-Policy", is_page ? PAGE_POLICY : NO_POLICY);
    return r;
}

static struct MHD_Response *response_of(const char *body, size_t len, const char *type, bool is_page)
{
    return with_fields(MHD_create_response_from_buffer(len, (void *)(uintptr_t)body, MHD_RESPMEM_MUST_COPY), type, is_page);
}

static enum MHD_Result say(struct MHD_Connection *c, unsigned status, struct MHD_Response *r)
{
    enum MHD_Result result = r ? MHD_queue_response(c, status, r) : MHD_NO;

    if (r)
        MHD_destroy_response(r); /* the connection holds its own reference */
    return result;
}

static enum MHD_Result refuse(struct MHD_Connection *c, unsigned status, const char *why)
{
    char body[160];
    int len = snprintf(body, sizeof body, "%u: %s\n", status, why);

    return say(c, status, response_of(body, (size_t)len, "text/plain; charset=utf-8", false));
}

/* -- event streams (HTML section 9.2) ------------------------------------------------------------------------------------ */

static void end_stream(void *ctx)
{
    struct http_stream *s = ctx;

    s->http->streams--;
    s->http = NULL;
}

/* The library wants more of the stream. */
static ssize_t read_stream(void *ctx, uint64_t position, char *out, size_t max)
{
    struct http_stream *s = ctx;
    struct http *h = s->http;
    size_t n;

    (void)position;
    if (s->frame_number != h->frame_number) {
        if (s->at < s->len)
            return MHD_CONTENT_READER_END_OF_STREAM; /* the frame it was at is gone */
        s->frame_number = h->frame_number;
        s->at = 0;
        s->len = h->frame_len;
        h->connections->streams(s->owner);
    }
    n = s->len - s->at < max ? s->len - s->at : max;
    if (n == 0) {
        MHD_suspend_connection(s->connection);
        s->sleeps = true;
    }
    memcpy(out, h->frame + s->at, n);
    s->at += n;
    return (ssize_t)n;
}

static void make_frame(struct http *h)
{
    h->framed_at = h->now;
    h->frame_len = answers_event(h->answers, h->now, h->frame);
    h->frame_number++;
}

static enum MHD_Result begin_stream(struct http *h, struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct http_stream *s = h->stream;
    struct MHD_Response *r;

    while (s < h->stream + ADMIN_STREAMS_MAX && s->http)
        s++;
    if (s == h->stream + ADMIN_STREAMS_MAX || !info)
        return refuse(c, MHD_HTTP_SERVICE_UNAVAILABLE, "there are as many event streams as there may be");
    if (h->streams++ == 0)
        make_frame(h); /* nobody renewed it while nobody read */
    *s = (struct http_stream){ .http = h, .connection = c, .owner = info->socket_context };
    r = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, read_stream, s, end_stream);
    if (!r)
        end_stream(s);
    return say(c, MHD_HTTP_OK, with_fields(r, "text/event-stream", false));
}

/* The next frame for those who read. */
static void wake_streams(struct http *h)
{
    if (h->streams == 0 || mono_sub(h->now, h->framed_at).ns < FRAME_EVERY_NS)
        return;
    make_frame(h);
    for (struct http_stream *s = h->stream; s < h->stream + ADMIN_STREAMS_MAX; s++)
        if (s->http && s->sleeps) {
            s->sleeps = false;
            MHD_resume_connection(s->connection);
        }
}

/* -- one request -------------------------------------------------------------------------------------------------------- */

static enum MHD_Result answer(struct http *h, struct MHD_Connection *c, const char *path, const struct fields *f)
{
    const struct wish wish = { f->accept ? f->accept : "" };
    struct body body;

    if (strcmp(path, ANSWERS_EVENTS) == 0)
        return begin_stream(h, c);
    if (!answers_write(h->answers, path, &wish, h->now, h->body, &body))
        return refuse(c, MHD_HTTP_NOT_FOUND, "there is nothing at that path");
    if (body.len == 0)
        return refuse(c, MHD_HTTP_INTERNAL_SERVER_ERROR, "the answer is longer than its place");
    return say(c, body.status, response_of(h->body, body.len, body.type, body.is_page));
}

/* Called first when the head is there: everything is said then, so what would follow the head is never read as anything. */
static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c, const char *url, const char *method, const char *version, const char *upload,
                                  size_t *upload_len, void **request)
{
    struct http *h = ctx;
    struct fields f = { .hosts = 0 };
    const char *why;
    unsigned status;

    (void)upload;
    (void)upload_len;
    (void)request;
    MHD_get_connection_values(c, MHD_HEADER_KIND, take_field, &f);
    why = refusal(h, &f, method, version, &status);
    return why ? refuse(c, status, why) : answer(h, c, url, &f);
}

/* -- the library -------------------------------------------------------------------------------------------------------- */

static void on_connection(void *ctx, struct MHD_Connection *c, void **connection, enum MHD_ConnectionNotificationCode code)
{
    struct http *h = ctx;

    (void)c;
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        *connection = h->handing;
    else
        h->connections->closed(*connection);
}

/* Paths are compared as they came: no path of ours has an escape in it, and a %00 would otherwise end the text. */
static size_t leave_escapes(void *ctx, struct MHD_Connection *c, char *text)
{
    (void)ctx;
    (void)c;
    return strlen(text);
}

/* The library would end by a signal; what it calls fatal is an end like another, after which the parent starts this program anew. */
static void give_up(void *ctx, const char *file, unsigned line, const char *reason)
{
    (void)ctx;
    (void)file;
    (void)line;
    fprintf(stderr, "simple-utcd-admin: HTTP cannot go on: %s\n", reason ? reason : "?");
    _exit(EXIT_FAILURE);
}

int http_start(struct http *h, const struct answers *answers, const struct http_connections *connections)
{
    const union MHD_DaemonInfo *info;

    memset(h, 0, sizeof *h);
    h->answers = answers;
    h->connections = connections;
    MHD_set_panic_func(give_up, NULL);
    h->mhd = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, h,
                              MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL_SIZE, MHD_OPTION_CONNECTION_LIMIT, (unsigned)ADMIN_CONNECTIONS_MAX,
                              MHD_OPTION_UNESCAPE_CALLBACK, leave_escapes, NULL, MHD_OPTION_NOTIFY_CONNECTION, on_connection, h,
                              MHD_OPTION_END);
    info = h->mhd ? MHD_get_daemon_info(h->mhd, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info)
        return -UE_MEMORY;
    h->epoll_fd = info->epoll_fd;
    return 0;
}

bool http_hand(struct http *h, int fd, const struct sockaddr *from, socklen_t from_len, void *connection)
{
    h->handing = connection;
    return MHD_add_connection(h->mhd, fd, from, from_len) == MHD_YES;
}

int http_run(struct http *h, struct mono_ns now)
{
    MHD_UNSIGNED_LONG_LONG ms;

    h->now = now;
    wake_streams(h);
    MHD_run(h->mhd);
    return MHD_get_timeout(h->mhd, &ms) == MHD_YES ? (int)(ms < 1000 ? ms : 1000) : -1;
}
