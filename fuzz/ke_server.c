/* The server of NTS key establishment over a while: connections come, speak TLS well, badly or not at all, say something in pieces, fall silent and go,
 * while time passes, the ring turns and the certificate is read again. The input is a list of {what, who, length, bytes}. Both ends are real TLS in one
 * process; sockets, clocks and who asks are played. However it goes, what is counted adds up, a certificate that cannot be used leaves the one in use,
 * and what is granted is what the client holds: cookies that the ring opens to its keys. */
#include <assert.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define fprintf(to, ...) snprintf(NULL, 0, __VA_ARGS__) /* what the server tells of its certificates */
#include "ke/server.c" /* NOLINT(bugprone-suspicious-include): its loop is what is tried, and nobody else's to call */
#undef fprintf

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_clock_gettime(clockid_t clock, struct timespec *t);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms);
int __real_poll(struct pollfd *fds, nfds_t n, int timeout_ms);
int __wrap_io_tcp_accept(int listener, struct net_addr *from, int flags);

#define CLIENTS 8
#define ANSWER_SIZE 4096

static struct client {
    int fd;                      /* -1: there is none */
    SSL *ssl;                    /* NULL: it does not speak TLS */
    size_t len;
    uint8_t answer[ANSWER_SIZE];
    bool judged;
} client[CLIENTS];

static struct { int64_t now_ns; int waiting_fd; uint8_t from; char folder[32], certificate[64], key[64]; SSL_CTX *tls; } world = { .waiting_fd = -1 };

/* ---- what is played ---- */

int __wrap_clock_gettime(clockid_t clock, struct timespec *t)
{
    int64_t ns = world.now_ns + (clock == CLOCK_REALTIME ? INT64_C(1800000000) * NS_PER_S : 0);

    *t = (struct timespec){ .tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S };
    return 0;
}

int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
    int ready = __real_poll(fds, n, 0);

    assert(timeout_ms > 0 && n >= 1);
    fds[0].revents = world.waiting_fd >= 0 ? POLLIN : 0;
    return ready;
}

int __wrap_io_tcp_accept(int listener, struct net_addr *from, int flags)
{
    int fd = world.waiting_fd < 0 ? 0 : world.waiting_fd;

    (void)listener;
    if (fd > 0 && flags & SOCK_NONBLOCK)
        io_tcp_adopt(fd);
    *from = (struct net_addr){ .family = world.from & 1 ? ADDR_IPV6 : ADDR_IPV4, .port = 4000, .bytes = { 192, 0, 2, world.from } };
    world.waiting_fd = -1;
    return fd;
}

/* ---- the start ---- */

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert(f);
    fputs(text, f);
    fclose(f);
}

static void write_pair(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    FILE *f;

    assert(key && x);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -86400);
    X509_gmtime_adj(X509_getm_notAfter(x), 86400);
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const uint8_t *)"localhost", -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    X509_sign(x, key, EVP_sha256());
    f = fopen(world.certificate, "w");
    assert(f);
    PEM_write_X509(f, x);
    fclose(f);
    f = fopen(world.key, "w");
    assert(f);
    PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
    fclose(f);
    X509_free(x);
    EVP_PKEY_free(key);
}

static void remove_pair(void)
{
    unlink(world.certificate);
    unlink(world.key);
    rmdir(world.folder);
}

static void begin(void)
{
    static struct ke_shared shared;
    static struct ke_picture picture;
    bool good;

    strcpy(world.folder, "/tmp/fuzz_ke_XXXXXX");
    umask(077);
    assert(mkdtemp(world.folder));
    snprintf(world.certificate, sizeof world.certificate, "%s/certificate", world.folder);
    snprintf(world.key, sizeof world.key, "%s/key", world.folder);
    atexit(remove_pair);
    write_pair();
    signal(SIGPIPE, SIG_IGN);
    shared.orders.listeners = shared.orders.certified = ke.listeners = 1;
    shared.orders.ntp_port = 123;
    strcpy(shared.orders.options.certificate.s, world.certificate);
    strcpy(shared.orders.options.private_key.s, world.key);
    shared.orders.options.cookie_key_lifetime.ns = 3600 * NS_PER_S;
    ke.shared = &shared;
    ke.picture = &picture;
    ke.most = KE_CONNECTIONS_MAX;
    ke.poll[0].fd = -1;
    world.tls = SSL_CTX_new(TLS_client_method());
    good = begin_stream() && load();
    assert(world.tls && good);
    for (unsigned i = 0; i < CLIENTS; i++)
        client[i].fd = -1;
}

/* ---- clients ---- */

static void leave(struct client *c)
{
    SSL_free(c->ssl);
    if (c->fd >= 0)
        close(c->fd);
    *c = (struct client){ .fd = -1 };
}

/* kind: bit 0: no TLS; bits 1, 2: TLS 1.2 alone, another protocol's name. */
static void come(struct client *c, uint8_t kind)
{
    static const uint8_t ours[] = "\x07ntske/1", other[] = "\x02h2";
    int fd[2];

    leave(c);
    if (world.waiting_fd >= 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd) != 0)
        return;
    world.waiting_fd = fd[1];
    world.from = kind;
    c->fd = fd[0];
    if (kind & 1)
        return;
    c->ssl = SSL_new(world.tls);
    assert(c->ssl && SSL_set_fd(c->ssl, c->fd) == 1);
    SSL_set_connect_state(c->ssl);
    if (kind & 2)
        SSL_set_max_proto_version(c->ssl, TLS1_2_VERSION);
    SSL_set_alpn_protos(c->ssl, kind & 4 ? other : ours, kind & 4 ? sizeof other - 1 : sizeof ours - 1);
}

static void say(struct client *c, bool raw, struct span bytes)
{
    if (c->fd < 0 || bytes.len == 0)
        return;
    ERR_clear_error();
    if (c->ssl && !raw)
        SSL_write(c->ssl, bytes.at, (int)bytes.len);
    else if (send(c->fd, bytes.at, bytes.len, MSG_NOSIGNAL) < 0)
        leave(c);
}

/* The keys of the client's own end, and no others. */
static void judge(struct client *c)
{
    struct nts_ke_grant g;
    struct nts_keys mine, opened;
    struct nts_cookie cookie;

    if (c->judged || !nts_ke_is_whole((struct span){ c->answer, c->len }))
        return;
    c->judged = true;
    if (nts_ke_read_answer((struct span){ c->answer, c->len }, &g) != NULL)
        return;
    assert(g.cookie_count == NTS_COOKIES_MAX && ke_tls_export(c->ssl, g.aead, &mine));
    for (unsigned i = 0; i < g.cookie_count; i++)
        if (nts_cookie_look(&ke.shared->ring, (struct span){ g.cookie[i], g.cookie_size }, &cookie)
            && nts_cookie_open(&cookie, &opened)) /* the ring may have turned past it */
            assert(opened.aead == mine.aead && memcmp(opened.c2s, mine.c2s, crypto_siv_key_size(mine.aead)) == 0 &&
                   memcmp(opened.s2c, mine.s2c, crypto_siv_key_size(mine.aead)) == 0);
}

static void hear(struct client *c)
{
    if (!c->ssl)
        return;
    ERR_clear_error();
    while (c->len < sizeof c->answer) {
        int n = SSL_read(c->ssl, c->answer + c->len, (int)(sizeof c->answer - c->len));

        if (n <= 0)
            break;
        c->len += (size_t)n;
    }
    judge(c);
}

/* ---- the server ---- */

static void go_round(void)
{
    look_after_ring();
    look_at_ends();
    wait_for_something();
    serve_all(world.now_ns);
}

static void read_again(bool good)
{
    SSL_CTX *before = ke.tls;
    bool loaded;

    if (!good)
        write_file(world.certificate, "no certificate\n");
    loaded = load();
    assert(loaded == good && ke.tls && (good || ke.tls == before));
    if (!good)
        write_pair();
}

static void check_sums(void)
{
    const struct ke_stats *s = &ke.picture->stats;
    uint64_t open = 0;

    for (unsigned i = 0; i < ke.count; i++)
        open += !ke.connection[i].answered;
    assert(s->accepted == s->granted + s->refused + s->failed + open && s->cut <= s->failed);
}

static void one(uint8_t what, uint8_t who, struct span bytes)
{
    struct client *c = &client[who % CLIENTS];

    switch (what % 8) {
    case 0: come(c, who / CLIENTS); break;
    case 1: hear(c); break; /* which carries the handshake on */
    case 2: say(c, false, bytes); break;
    case 3: say(c, true, bytes); break;
    case 4: leave(c); break;
    case 5: world.now_ns += who * 100 * NS_PER_MS; break;
    case 6:
        if (who % 16 == 0)
            read_again(who / 16 & 1);
        break;
    default: /* a whole exchange as it should be */
        for (int i = 0; i < 3; i++) {
            hear(c);
            go_round();
        }
        say(c, false, bytes);
    }
    go_round();
    hear(c);
    check_sums();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cursor c = cursor_of((struct span){ data, size });

    if (!ke.shared)
        begin();
    memset(&ke.picture->stats, 0, sizeof ke.picture->stats);
    while (cursor_left(&c) >= 3) {
        uint8_t what = cursor_u8(&c), who = cursor_u8(&c), len = cursor_u8(&c);

        one(what, who, cursor_take(&c, len < cursor_left(&c) ? len : cursor_left(&c)));
    }
    for (unsigned i = 0; i < CLIENTS; i++)
        leave(&client[i]);
    go_round();
    world.now_ns += (KE_TOTAL_S + 1) * NS_PER_S;
    go_round();
    assert(ke.count == 0 && world.waiting_fd < 0);
    check_sums();
    return 0;
}
