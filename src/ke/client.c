/* The client of key establishment: each question in a process of its own, which may wait and be cut off without harm to the others. It finds addresses and
 * connects; TLS is spoken by one more, which can do nothing else (converse.h). */
#include "ke/client.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/x509v3.h>

#include "host/child.h"
#include "host/privilege.h"
#include "host/sandbox.h"
#include "io/socket.h"
#include "ke/converse.h"
#include "ke/tls.h"

#define STEP_S 5                 /* for connecting, and for each wait on TLS */
#define ADDRESSES_MAX 8          /* of a name, each time */
#define NO_CONNECTION "the server takes no connection"

static struct net_addr address_of(const struct addrinfo *a)
{
    struct net_addr none = { .family = ADDR_NONE };
    union io_sockaddr sa;

    if (a->ai_addrlen > sizeof sa)
        return none;
    memcpy(&sa, a->ai_addr, a->ai_addrlen);
    return io_addr_from(&sa);
}

static struct addrinfo *look_up(const char *name, uint16_t port, int type)
{
    struct addrinfo hints = { .ai_socktype = type, .ai_flags = AI_ADDRCONFIG }, *list = NULL;
    char service[8];

    snprintf(service, sizeof service, "%u", port);
    return getaddrinfo(name, service, &hints, &list) == 0 ? list : NULL;
}

static int connect_one(const struct addrinfo *a)
{
    const struct timeval patience = { STEP_S, 0 };
    int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol), on = 1;

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* the request follows the end of the handshake at once */
    if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Each address once: before the others that of who is heard at present, of whom the clock has learnt something. */
static unsigned put_in_order(const struct addrinfo *list, const struct net_addr *heard, const struct addrinfo *out[ADDRESSES_MAX])
{
    unsigned n = 0;

    for (unsigned pass = 0; pass < 2; pass++)
        for (const struct addrinfo *a = list; a && n < ADDRESSES_MAX; a = a->ai_next) {
            const struct net_addr who = address_of(a);

            if (addr_same_host(&who, heard) == (pass == 0))
                out[n++] = a;
        }
    return n;
}

/* RFC 9525: the name that was asked for, in the certificate's alternative names; the common name says nothing, a wildcard stands for a whole label. */
static bool expect_name(SSL *ssl, const char *name)
{
    char interface[ADDR_INTERFACE_MAX];
    struct net_addr a;

    if (addr_at_from_text(name, 1, &a, interface) == 0) /* where it is reached is no part of what a certificate says (RFC 6874 section 1) */
        return X509_VERIFY_PARAM_set1_ip(SSL_get0_param(ssl), a.bytes, a.family == ADDR_IPV4 ? 4 : 16) == 1;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

/* Whom to ask for the time: who gave the keys, or whom it named. */
static const char *find_ntp(const struct net_addr *who, struct ke_answer *a)
{
    struct addrinfo *list;

    a->ntp = *who;
    if (a->grant.ntp_server[0]) {
        list = look_up(a->grant.ntp_server, 1, SOCK_DGRAM);
        if (!list)
            return "the NTP server that it names cannot be resolved";
        a->ntp = address_of(list);
        freeaddrinfo(list);
    }
    a->ntp.port = a->grant.ntp_port;
    return addr_is_usable_server(&a->ntp) ? NULL : "the NTP server that it names has no usable address";
}

static const char *ask_once(const struct ke_question *q, SSL_CTX *tls, bool gcm_siv, int fd, struct ke_answer *a)
{
    struct ke_answer said = { .configured = q->configured };
    const char *wrong = "no memory is left";
    SSL *ssl = SSL_new(tls);

    if (ssl && SSL_set_fd(ssl, fd) == 1 && expect_name(ssl, q->name))
        wrong = ke_converse(ssl, q, gcm_siv, &said);
    SSL_free(ssl);
    close(fd);
    a->valid = said.valid;
    a->keys = said.keys;
    a->grant = said.grant;
    a->missing |= said.missing;
    return wrong;
}

/* From one address, over connections of its own; the first of them is `fd`. */
static const char *ask_address(const struct ke_question *q, SSL_CTX *tls, const struct addrinfo *at, int fd, struct ke_answer *a)
{
    const struct net_addr who = address_of(at);
    const char *wrong = ask_once(q, tls, true, fd, a);

    if (a->grant.own_export) {
        fd = connect_one(at);
        wrong = fd < 0 ? NO_CONNECTION : ask_once(q, tls, false, fd, a);
    }
    return wrong ? wrong : find_ntp(&who, a);
}

/* What is told of several is the reason of the first that spoke with us: it is the one that would be asked if all were well. */
static void note_refusal(struct ke_answer *a, const char *wrong)
{
    if (a->refused++ == 0)
        snprintf(a->refused_why, sizeof a->refused_why, "%s", wrong);
    a->grant = (struct nts_ke_grant){ 0 };
}

static const char *why_none(const struct ke_answer *a)
{
    static char text[2 * KE_WRONG_MAX];

    if (a->refused > 1)
        snprintf(text, sizeof text, "%s (the first of %u addresses, none of which gave keys)", a->refused_why, a->refused);
    else
        snprintf(text, sizeof text, "%s", a->refused ? a->refused_why : NO_CONNECTION);
    return text;
}

static const char *establish(const struct ke_question *q, SSL_CTX *tls, struct ke_answer *a)
{
    struct addrinfo *list = look_up(q->name, q->port, SOCK_STREAM);
    const struct addrinfo *at[ADDRESSES_MAX];
    unsigned count = put_in_order(list, &q->heard, at);

    for (unsigned i = 0; i < count; i++) {
        int fd = connect_one(at[i]);
        const char *wrong = fd < 0 ? NULL : ask_address(q, tls, at[i], fd, a);

        if (fd >= 0 && !wrong)
            return NULL;
        if (wrong)
            note_refusal(a, wrong);
    }
    return list ? why_none(a) : "the name cannot be resolved"; /* the process ends: what it holds goes with it */
}

/* As root the files of trust are read first, which may be root's alone: nothing from outside was read by then. */
static bool give_up_rights(const struct host_user *user, pid_t parent)
{
    if (!user)
        return true;
    if (host_confine(HOST_RIGHT_NONE, user) != 0)
        return false;
    host_end_with_parent(parent); /* giving rights away takes the wish along */
    sandbox_read_only();
    return true;
}

static int answer(const struct ke_question *q, const struct host_user *user, pid_t parent)
{
    struct ke_answer a = { .configured = q->configured };
    const char *wrong = NULL;
    SSL_CTX *tls;

    alarm(KE_CLIENT_TOTAL_S);
    tls = ke_tls_client(&q->trust, &wrong);
    if (!give_up_rights(user, parent))
        wrong = "it cannot become process.user";
    else if (tls)
        wrong = establish(q, tls, &a);
    if (wrong) {
        a = (struct ke_answer){ .configured = q->configured, .missing = a.missing };
        snprintf(a.wrong, sizeof a.wrong, "%s", wrong);
    }
    a.configured = q->configured;
    return send(KE_CLIENT_FD, &a, sizeof a, MSG_NOSIGNAL) == (ssize_t)sizeof a ? 0 : 1;
}

/* Children that were cut off have not answered; which question it was is all that is kept of them. */
static struct { pid_t pid; uint16_t configured; } child[16];

static void reap(void)
{
    int status;
    pid_t pid;

    while ((pid = host_child_ended(&status)) > 0)
        for (size_t i = 0; i < sizeof child / sizeof child[0]; i++)
            if (child[i].pid == pid) {
                struct ke_answer a = { .configured = child[i].configured, .wrong = "no answer came in time" };

                child[i].pid = 0;
                if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
                    send(KE_CLIENT_FD, &a, sizeof a, MSG_NOSIGNAL);
            }
}

static bool has_children(void)
{
    for (size_t i = 0; i < sizeof child / sizeof child[0]; i++)
        if (child[i].pid)
            return true;
    return false;
}

static bool is_sound(const struct ke_question *q)
{
    const struct ke_trust *t = &q->trust;
    const char *const text[] = { q->name, t->authorities, t->revoked, t->pin, t->certificate, t->private_key };

    for (size_t i = 0; i < sizeof text / sizeof text[0]; i++)
        if (!memchr(text[i], '\0', OPTION_TEXT_MAX))
            return false;
    return true;
}

static bool take_question(const struct host_user *user)
{
    const pid_t parent = getpid();
    struct ke_question q;
    pid_t pid;

    if (recv(KE_CLIENT_FD, &q, sizeof q, 0) != (ssize_t)sizeof q || !is_sound(&q))
        return false;
    pid = fork();
    if (pid == 0) {
        host_end_with_parent(parent);
        _exit(answer(&q, user, parent));
    }
    for (size_t i = 0; i < sizeof child / sizeof child[0] && pid > 0; i++)
        if (!child[i].pid) {
            child[i].pid = pid;
            child[i].configured = q.configured;
            pid = 0;
        }
    return true;
}

int ke_ask(const struct host_user *user)
{
    struct pollfd p = { KE_CLIENT_FD, POLLIN, 0 };
    const pid_t starter = getppid();
    int idle_ms = 0;

    signal(SIGPIPE, SIG_IGN); /* a server that hangs up while it is spoken to has its reason told */
    if (!user) {
        host_confine(HOST_RIGHT_NONE, NULL);
        sandbox_read_only();
    }
    host_end_with_parent(starter);
    while (idle_ms < KE_CLIENT_IDLE_MS || has_children()) {
        int ready = poll(&p, 1, 200);

        if (ready > 0 && !take_question(user))
            return 1;
        idle_ms = ready > 0 ? 0 : idle_ms + 200;
        reap();
    }
    return 0;
}
