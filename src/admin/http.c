#include "admin/http.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "admin/authority.h"
#include "base/err.h"

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
    const struct option_texts *names = &h->answers->shared->options.hosts;

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

static struct MHD_Response *response_of(const char *body, size_t len, const char *type)
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
    struct MHD_Response *r = MHD_create_response_from_buffer(len, (void *)(uintptr_t)body, MHD_RESPMEM_MUST_COPY);

    for (size_t i = 0; r && i < sizeof fields / sizeof fields[0]; i++)
        MHD_add_response_header(r, fields[i][0], fields[i][1]);
    if (r)
        MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    return r;
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
    struct MHD_Response *r;
    char body[160];
    int len = snprintf(body, sizeof body, "%u: %s\n", status, why);

    r = response_of(body, (size_t)len, "text/plain; charset=utf-8");
    if (r)
        MHD_add_response_header(r, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    return say(c, status, r);
}

static enum MHD_Result answer(struct http *h, struct MHD_Connection *c, const char *path, const struct fields *f)
{
    const struct wish wish = { f->accept ? f->accept : "" };
    struct MHD_Response *r;
    struct body body;

    if (!answers_write(h->answers, path, &wish, h->now, h->body, &body))
        return refuse(c, MHD_HTTP_NOT_FOUND, "there is nothing at that path");
    if (body.len == 0)
        return refuse(c, MHD_HTTP_INTERNAL_SERVER_ERROR, "the answer is longer than its place");
    r = response_of(h->body, body.len, body.type);
    if (r)
        MHD_add_response_header(r, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    return say(c, body.status, r);
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
        h->closed(*connection);
}

/* Paths are compared as they came: no path of ours has an escape in it, and a %00 would otherwise end the text. */
static size_t leave_escapes(void *ctx, struct MHD_Connection *c, char *text)
{
    (void)ctx;
    (void)c;
    return strlen(text);
}

int http_start(struct http *h, const struct answers *answers, void (*closed)(void *connection))
{
    const union MHD_DaemonInfo *info;

    memset(h, 0, sizeof *h);
    h->answers = answers;
    h->closed = closed;
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
    MHD_run(h->mhd);
    return MHD_get_timeout(h->mhd, &ms) == MHD_YES ? (int)(ms < 1000 ? ms : 1000) : -1;
}
