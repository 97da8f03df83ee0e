/* The server of key establishment: a poll loop over connections that each want one thing and have little time for it.
 *
 *   accepted --TLS--> established --a whole message--> answered --their end, or the deadline--> closed
 *
 * OpenSSL is not asked for anything before the first bytes of a connection are there, so that silent ones cost a descriptor each. When the table is full the
 * oldest connection is cut, of the newcomer's own network where that has more than its share: who means it is done within a few round trips. */
#include <errno.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>

#include "base/log.h"
#include "crypto/mac.h"
#include "crypto/stream.h"
#include "host/privilege.h"
#include "io/tcp.h"
#include "ke/ke.h"
#include "ke/ring_keep.h"
#include "ke/tls.h"
#include "nts/record.h"

#define LISTENERS_MAX KE_LISTENERS_MAX
#define ANSWER_MAX 2048
#define ACCEPTS_A_ROUND 64
#define FEW 64                  /* connections: poll looks at so many in less time than accept takes to find that nobody waits (3 us) */
#define VAIN_MAX 64             /* a request comes in a few pieces; updates of keys, which are allowed (RFC 8446 section 4.6.3), can come for ever */
#define DESCRIPTORS_SPARE 24    /* for the files of a reload */
#define EXIT_CONFIGURATION 3
#define KEEP_AGAIN_S 10         /* a disk that was full has room in a while, long before the ring turns */
#define HEAP_KEPT (4 << 20)
#define NICE 5                  /* its unit says the same */

struct connection {
    int fd;
    uint64_t network;            /* whose it is: an IPv4 address, or 64 bits of an IPv6 one */
    bool certified;              /* its client has to show a certificate */
    bool writing;                /* waits for room to write, not for bytes */
    bool established;
    bool answered;               /* all is said: what still comes is thrown away */
    SSL *ssl;                    /* NULL before the first bytes, and when answered */
    int64_t opened_ns;
    size_t in_len;
    unsigned vain;               /* how often there was something to read and nothing of a request in it */
    uint8_t *in;                 /* NTS_KE_MESSAGE_MAX bytes once established */
};

static struct {
    struct ke_shared *shared;
    struct ke_picture *picture;
    SSL_CTX *tls, *certified;    /* certified: for clients that show a certificate; NULL: there is no such listener */
    struct nts_validity valid;   /* of our certificate */
    struct nts_validity lists;   /* of the revoked */
    enum nts_expiry expiry_told, lists_told;
    unsigned listeners, count;
    unsigned most;               /* connections, KE_CONNECTIONS_MAX or as many as there are descriptors for */
    uint64_t folder;             /* of nts.cookie_key_file when the program was confined: what is made later stays closed to it */
    int64_t keep_again_ns;       /* when a ring that could not be written is tried again, CLOCK_BOOTTIME */
    bool resting;                /* no connection could be taken for lack of something: not asked again at once */
    struct connection connection[KE_CONNECTIONS_MAX]; /* oldest first */
    struct pollfd poll[LISTENERS_MAX + KE_CONNECTIONS_MAX];
} ke;

static volatile sig_atomic_t told_to_reload, told_to_end;

static void on_signal(int number)
{
    if (number == SIGHUP)
        told_to_reload = 1;
    else
        told_to_end = 1;
}

static int64_t clock_ns(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

static struct crypto_stream stream;

static bool begin_stream(void)
{
    uint8_t seed[CRYPTO_STREAM_SEED_SIZE];
    bool good = getrandom(seed, sizeof seed, 0) == (ssize_t)sizeof seed;

    crypto_stream_init(&stream, seed);
    crypto_wipe(seed, sizeof seed);
    return good;
}

static void fill_random(void *ctx, void *out, size_t len)
{
    (void)ctx;
    crypto_stream_take(&stream, out, len);
}

static const struct rng rng = { fill_random, NULL };

/* ---- what is said ---- */

static size_t write_answer(SSL *ssl, const struct nts_ke_wish *wish, uint8_t out[ANSWER_MAX])
{
    const struct nts_ke_offer offer = { ke.shared->orders.options.ntp_server.s, ke.shared->orders.ntp_port };
    struct nts_ke_wish told = *wish;
    uint8_t cookies[NTS_COOKIES_MAX * NTS_COOKIE_MAX];
    size_t size = wish->aead ? nts_cookie_size(wish->aead) : 0;
    struct nts_keys keys = { 0 };
    bool good = true;

    if (wish->error == NTS_KE_NO_ERROR && wish->ntpv4 && wish->aead) {
        good = ke_tls_export(ssl, wish->aead, &keys);
        for (unsigned i = 0; i < NTS_COOKIES_MAX && good; i++)
            good = nts_cookie_make(&ke.shared->ring, &keys, &rng, cookies + i * size);
        crypto_wipe(&keys, sizeof keys);
    }
    if (!good)
        told.error = NTS_KE_INTERNAL_ERROR;
    if (good && wish->error == NTS_KE_NO_ERROR && wish->ntpv4 && wish->aead)
        ke.picture->stats.granted++;
    else
        ke.picture->stats.refused++;
    return nts_ke_write_answer(&told, &offer, cookies, size, out, ANSWER_MAX);
}

/* ---- a connection ---- */

static void release(struct connection *c)
{
    SSL_free(c->ssl);
    free(c->in);
    c->ssl = NULL;
    c->in = NULL;
}

static void close_at(unsigned i)
{
    struct connection *c = &ke.connection[i];

    if (!c->answered)
        ke.picture->stats.failed++;
    release(c);
    close(c->fd);
    ke.count--;
    memmove(c, c + 1, (ke.count - i) * sizeof *c);
}

/* Everything is said. Closing at once would reset a client that has sent something more, and could cost it the answer. */
static void say_and_shut(struct connection *c)
{
    struct nts_ke_wish wish = nts_ke_read_wish((struct span){ c->in, c->in_len });
    uint8_t out[ANSWER_MAX];
    size_t len = write_answer(c->ssl, &wish, out);
    BIO *records = BIO_new(BIO_s_mem());
    char *at;

    if (records)
        SSL_set0_wbio(c->ssl, records);
    if (len > 0)
        SSL_write(c->ssl, out, (int)len);
    crypto_wipe(out, sizeof out);
    SSL_shutdown(c->ssl);
    if (records) {
        len = (size_t)BIO_get_mem_data(records, &at);
        send(c->fd, at, len, MSG_MORE | MSG_NOSIGNAL | MSG_DONTWAIT); /* fits into an empty socket buffer, and leaves with the end of the stream */
    }
    shutdown(c->fd, SHUT_WR);
    c->answered = true;
    c->writing = false;
    release(c);
}

enum progress { OVER, WAITING, GOING_ON };

/* What OpenSSL made of a call. */
static enum progress waits(struct connection *c, int result)
{
    int error = SSL_get_error(c->ssl, result);

    c->writing = error == SSL_ERROR_WANT_WRITE;
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? WAITING : OVER;
}

static enum progress establish(struct connection *c)
{
    int result;

    if (!c->ssl) {
        c->ssl = SSL_new(c->certified ? ke.certified : ke.tls);
        if (!c->ssl || SSL_set_fd(c->ssl, c->fd) != 1)
            return OVER;
        SSL_set_accept_state(c->ssl);
    }
    result = SSL_do_handshake(c->ssl);
    if (result != 1)
        return waits(c, result);
    c->writing = false;
    c->in = ke_tls_speaks_ntske(c->ssl) ? malloc(NTS_KE_MESSAGE_MAX) : NULL;
    c->established = c->in != NULL;
    SSL_set_read_ahead(c->ssl, 0); /* what follows is taken record by record: no turn is longer than one of them */
    return c->established ? GOING_ON : OVER;
}

static enum progress receive(struct connection *c)
{
    while (c->in_len < NTS_KE_MESSAGE_MAX) {
        int n = SSL_read(c->ssl, c->in + c->in_len, (int)(NTS_KE_MESSAGE_MAX - c->in_len));

        if (n <= 0)
            return waits(c, n) == WAITING && c->vain++ < VAIN_MAX ? WAITING : OVER;
        c->in_len += (size_t)n;
        if (nts_ke_is_whole((struct span){ c->in, c->in_len })) {
            say_and_shut(c);
            return WAITING;
        }
    }
    say_and_shut(c); /* too long: told that it is no good request */
    return WAITING;
}

/* Both sides have ended. What was never read would make a reset of the close. */
static enum progress discard(const struct connection *c)
{
    uint8_t rest[512];

    while (recv(c->fd, rest, sizeof rest, MSG_DONTWAIT) == (ssize_t)sizeof rest)
        ;
    return OVER;
}

static enum progress serve_connection(struct connection *c)
{
    enum progress p = GOING_ON;

    if (c->answered)
        return discard(c);
    ERR_clear_error();
    if (!c->established)
        p = establish(c);
    return p == GOING_ON ? receive(c) : p;
}

static bool is_overdue(const struct connection *c, int64_t now)
{
    return now - c->opened_ns > (c->established ? KE_TOTAL_S : KE_HANDSHAKE_S) * NS_PER_S;
}

/* ---- the loop ---- */

static uint64_t network_of(const struct net_addr *a)
{
    uint64_t network = 0;

    memcpy(&network, a->bytes, a->family == ADDR_IPV4 ? 4 : 8);
    return network;
}

/* Where to make room for a newcomer. */
static unsigned whom_to_cut(uint64_t network)
{
    unsigned count = 0, oldest = 0;

    for (unsigned i = ke.count; i-- > 0;)
        if (ke.connection[i].network == network) {
            count++;
            oldest = i;
        }
    return count > KE_NETWORK_SHARE ? oldest : 0;
}

static void accept_some(int listener, bool certified, int64_t now)
{
    for (int i = 0; i < ACCEPTS_A_ROUND; i++) {
        struct net_addr from;
        int fd = io_tcp_accept(listener, &from, SOCK_NONBLOCK); /* OpenSSL makes plain calls */

        ke.resting |= fd < 0;
        if (fd <= 0)
            return;
        if (ke.count == ke.most) {
            unsigned victim = whom_to_cut(network_of(&from));

            ke.picture->stats.cut += !ke.connection[victim].answered;
            close_at(victim);
        }
        ke.picture->stats.accepted++;
        ke.connection[ke.count++] = (struct connection){ .fd = fd, .network = network_of(&from), .certified = certified, .opened_ns = now };
        if (ke.count < FEW)
            return;
    }
}

/* Of an answered connection the end alone is of interest, which poll tells unasked. */
static short awaited(const struct connection *c) { return c->answered ? 0 : c->writing ? POLLOUT : POLLIN; }

static void wait_for_something(void)
{
    for (unsigned i = 0; i < ke.listeners; i++)
        ke.poll[i].events = ke.resting ? 0 : POLLIN;
    for (unsigned i = 0; i < ke.count; i++)
        ke.poll[ke.listeners + i] = (struct pollfd){ ke.connection[i].fd, awaited(&ke.connection[i]), 0 };
    poll(ke.poll, ke.listeners + ke.count, ke.count > 0 || ke.resting ? 500 : 5000);
    ke.resting = false;
}

static void serve_all(int64_t now)
{
    unsigned polled = ke.count;

    for (unsigned i = polled; i-- > 0;) { /* from the newest, so that what is closed moves none that is still to come */
        struct connection *c = &ke.connection[i];

        if ((ke.poll[ke.listeners + i].revents && serve_connection(c) == OVER) || is_overdue(c, now))
            close_at(i);
    }
    for (unsigned i = 0; i < ke.listeners; i++)
        if (ke.poll[i].revents)
            accept_some(ke.poll[i].fd, i >= ke.shared->orders.certified, now);
}

/* Trying again would not help, and nobody would know why. */
static void look_at_folder(void)
{
    const char *path = ke.shared->orders.options.cookie_key_file.s;
    uint64_t folder = ke.picture->not_kept ? ring_keep_folder(path) : 0;
    bool shut = folder != 0 && folder != ke.folder && !(ke.picture->missing & SANDBOX_NO_LANDLOCK);

    if (shut && !ke.picture->shut)
        fprintf(stderr, "simple-utcd-ke: the folder of nts.cookie_key_file %s was made after the start and stays closed to this program: restart the daemon\n",
                path);
    ke.picture->shut = shut;
}

static void keep_ring(int64_t now)
{
    const struct ke_shared *s = ke.shared;

    ke.picture->not_kept = !ring_keep_save(s->orders.options.cookie_key_file.s, &s->ring, (struct dur_ns){ now - s->turned_at_ns }, ke.picture->not_kept);
    ke.keep_again_ns = now + KEEP_AGAIN_S * NS_PER_S;
    look_at_folder();
}

static void look_after_ring(void)
{
    struct ke_shared *s = ke.shared;
    int64_t now = clock_ns(CLOCK_BOOTTIME);

    if (!nts_ring_is_there(&s->ring) || now - s->turned_at_ns >= s->orders.options.cookie_key_lifetime.ns) {
        nts_ring_turn(&s->ring, &rng);
        s->turned_at_ns = now;
        keep_ring(now);
    } else if (ke.picture->not_kept && now >= ke.keep_again_ns) {
        keep_ring(now);
    }
}

/* A ring that is there already was this program's before it was started again. */
static void recall_ring(void)
{
    struct ke_shared *s = ke.shared;
    struct dur_ns age = { -1 };

    if (!nts_ring_is_there(&s->ring))
        age = ring_keep_load(s->orders.options.cookie_key_file.s, s->orders.options.cookie_key_lifetime, &s->ring);
    if (age.ns >= 0)
        s->turned_at_ns = clock_ns(CLOCK_BOOTTIME) - age.ns;
}

/* That something ends is told before it hurts, once for each degree of nearness. */
static void look_at_end(const char *path, const struct nts_validity *valid, const char *then, enum nts_expiry *told)
{
    struct utc_ns now = { clock_ns(CLOCK_REALTIME) };
    enum nts_expiry expiry = nts_expiry(valid, now);
    char left[24], when[64];

    if (expiry <= *told)
        return;
    *told = expiry;
    if (expiry == NTS_EXPIRED)
        snprintf(when, sizeof when, "has expired, %s", then);
    else
        snprintf(when, sizeof when, "expires in %s", ns_to_text(utc_sub(valid->until, now).ns, left));
    fprintf(stderr, "simple-utcd-ke: %s %s: renew it, and reload simple-utcd\n", path, when);
}

static void look_at_ends(void)
{
    look_at_end(ke.shared->orders.options.certificate.s, &ke.valid, "clients refuse it", &ke.expiry_told);
    look_at_end(ke.shared->orders.options.revoked_certificates.s, &ke.lists, "no client's certificate is believed", &ke.lists_told);
}

static bool make_contexts(SSL_CTX **tls, SSL_CTX **certified, const char **wrong)
{
    const struct nts_options *o = &ke.shared->orders.options;
    const struct ke_guests guests = { o->client_authorities.s, o->revoked_certificates.s };

    *certified = NULL;
    *tls = ke_tls_server(o->certificate.s, o->private_key.s, NULL, wrong);
    if (*tls && ke.shared->orders.certified < ke.shared->orders.listeners)
        *certified = ke_tls_server(o->certificate.s, o->private_key.s, &guests, wrong);
    if (!*wrong)
        return true;
    SSL_CTX_free(*tls);
    return false;
}

static void tell_taken(const SSL_CTX *before, const SSL_CTX *now)
{
    char until[CIVIL_TEXT_MAX];

    if (!before || X509_cmp(SSL_CTX_get0_certificate(before), SSL_CTX_get0_certificate(now)) != 0)
        fprintf(stderr, "simple-utcd-ke: the certificate of %s is used from now on, and good until %s\n", ke.shared->orders.options.certificate.s,
                utc_to_text(ke.valid.until, 0, until));
}

/* A pair that does not fit, or cannot be read, leaves the one in use (KE-15). */
static bool load(void)
{
    const struct nts_options *o = &ke.shared->orders.options;
    SSL_CTX *tls, *certified;
    const char *wrong;
    bool good;

    ke_tls_bound_memory(false);
    good = make_contexts(&tls, &certified, &wrong);
    ke_tls_bound_memory(true);
    if (!good) {
        snprintf(ke.picture->refused, sizeof ke.picture->refused, "%.127s", wrong);
        fprintf(stderr, "simple-utcd-ke: %s (for %s): %s%s\n", o->private_key.s, o->certificate.s, wrong,
                ke.tls ? "; the certificate in use stays" : "");
        return false;
    }
    ke.valid = ke_tls_own_validity(tls);
    tell_taken(ke.tls, tls);
    SSL_CTX_free(ke.tls); /* connections under way hold their own reference */
    SSL_CTX_free(ke.certified);
    ke.tls = tls;
    ke.certified = certified;
    ke.lists = ke_tls_lists_validity(certified);
    ke.expiry_told = ke.lists_told = NTS_EXPIRY_FAR;
    ke.picture->valid = ke.valid;
    ke.picture->lists = ke.lists;
    ke.picture->refused[0] = '\0';
    return true;
}

/* Where there are few descriptors the table is small: a full one cuts its oldest, a lack of descriptors would lock newcomers out. */
static void allow_descriptors(void)
{
    const unsigned others = KE_LISTEN_FD + LISTENERS_MAX + DESCRIPTORS_SPARE, all = host_allow_descriptors(others + KE_CONNECTIONS_MAX);

    ke.most = all > others ? all - others : 1;
}

/* What a connection inherits: each flight is whole, there is nothing to wait for. */
static void listen_to(unsigned i)
{
    setsockopt(KE_LISTEN_FD + (int)i, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
    ke.poll[i] = (struct pollfd){ KE_LISTEN_FD + (int)i, POLLIN, 0 };
}

static void take_signals(void)
{
    static const int heeded[] = { SIGHUP, SIGTERM, SIGINT };
    struct sigaction a = { .sa_handler = on_signal };
    sigset_t all;

    for (size_t i = 0; i < sizeof heeded / sizeof heeded[0]; i++)
        sigaction(heeded[i], &a, NULL);
    signal(SIGPIPE, SIG_IGN);
    sigfillset(&all);
    sigprocmask(SIG_UNBLOCK, &all, NULL);
}

int ke_serve(struct ke_shared *shared, struct ke_picture *picture)
{
    const struct ke_orders *orders = &shared->orders;
    const struct host_user user = { orders->uid, orders->gid };
    const struct nts_options *o = &orders->options;
    const struct sandbox_files files = { o->cookie_key_file.s, { "/" } }; /* a reload may name another certificate anywhere: as far as the user may read */
    const pid_t starter = getppid();

    ke.shared = shared;
    ke.picture = picture;
    if (!load())
        return EXIT_CONFIGURATION;
    allow_descriptors();
    setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + NICE); /* however many want keys, time is answered first */
    mallopt(M_TRIM_THRESHOLD, HEAP_KEPT); /* what a connection gives back the next one takes: no page is faulted in again */
    if (!begin_stream())
        return EXIT_FAILURE;
    if (host_confine(HOST_RIGHT_NONE, orders->has_user ? &user : NULL) != 0)
        return EXIT_FAILURE;
    host_end_with_parent(starter); /* giving rights away takes the wish along */
    take_signals();
    ke.folder = o->cookie_key_file.s[0] ? ring_keep_folder(o->cookie_key_file.s) : 0;
    picture->missing = sandbox_enter(SANDBOX_KE, &files, &shared->note);
    recall_ring();
    ke.listeners = orders->listeners < LISTENERS_MAX ? orders->listeners : LISTENERS_MAX;
    for (unsigned i = 0; i < ke.listeners; i++)
        listen_to(i);
    while (!told_to_end) {
        look_after_ring();
        look_at_ends();
        if (told_to_reload) {
            told_to_reload = 0;
            load();
            __atomic_add_fetch(&picture->looked, 1, __ATOMIC_RELEASE);
        }
        wait_for_something();
        serve_all(clock_ns(CLOCK_MONOTONIC));
    }
    crypto_wipe(&ke.connection, sizeof ke.connection);
    return 0;
}
