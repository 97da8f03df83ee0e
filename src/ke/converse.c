#include "ke/converse.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/x509.h>

#include "crypto/mac.h"
#include "host/privilege.h"
#include "host/sandbox.h"
#include "ke/tls.h"

/* ---- the conversation ---- */

static const char *why_no_tls(const SSL *ssl)
{
    long verified = SSL_get_verify_result(ssl);

    if (verified != X509_V_OK)
        return X509_verify_cert_error_string(verified);
    return "the server does not take part in TLS 1.3";
}

static const char *speak(SSL *ssl, const char *pin, bool gcm_siv, struct ke_answer *a)
{
    uint8_t bytes[NTS_KE_MESSAGE_MAX];
    size_t len = nts_ke_write_request(gcm_siv, bytes, sizeof bytes);
    const char *wrong;

    if (SSL_connect(ssl) != 1)
        return why_no_tls(ssl);
    if (!ke_tls_pin_fits(ssl, pin))
        return "the server's public key is not the one of nts_pin";
    if (!ke_tls_speaks_ntske(ssl))
        return "the server does not speak ntske/1";
    a->valid = ke_tls_validity(ssl);
    if (SSL_write(ssl, bytes, (int)len) != (int)len)
        return "the server closed the connection";
    for (len = 0; !nts_ke_is_whole((struct span){ bytes, len });) {
        int n = len < sizeof bytes ? SSL_read(ssl, bytes + len, (int)(sizeof bytes - len)) : 0;

        if (n <= 0)
            return "the server's answer is not whole";
        len += (size_t)n;
    }
    wrong = nts_ke_read_answer((struct span){ bytes, len }, &a->grant);
    crypto_wipe(bytes, sizeof bytes);
    if (!wrong && !ke_tls_export(ssl, a->grant.aead, &a->keys))
        wrong = "TLS gave no keys";
    SSL_shutdown(ssl);
    return wrong;
}

/* ---- what is still reached meanwhile ---- */

#define FOLDERS_MAX 4

struct folders { unsigned count; bool too_many; char file[FOLDERS_MAX][PATH_MAX]; };

/* A file whose folder is to be read. */
static void add_folder_of(struct folders *f, const char *file)
{
    size_t len = (size_t)(strrchr(file, '/') - file) + 1;

    for (unsigned i = 0; i < f->count; i++)
        if (strncmp(f->file[i], file, len) == 0 && !strchr(f->file[i] + len, '/'))
            return;
    f->too_many |= f->count == FOLDERS_MAX;
    if (!f->too_many)
        snprintf(f->file[f->count++], PATH_MAX, "%s", file);
}

/* The system's authorities are looked for when one is met, in a folder full of links that lead elsewhere. */
static void find_authorities(struct folders *f)
{
    const char *named = getenv(X509_get_default_cert_dir_env()), *at = named ? named : X509_get_default_cert_dir();
    DIR *folder = opendir(at);
    char path[PATH_MAX], real[PATH_MAX];

    snprintf(path, sizeof path, "%s/-", at);
    add_folder_of(f, path);
    for (struct dirent *e = folder ? readdir(folder) : NULL; e; e = readdir(folder))
        if (e->d_name[0] != '.' && snprintf(path, sizeof path, "%s/%s", at, e->d_name) < (int)sizeof path && realpath(path, real))
            add_folder_of(f, real);
    if (folder)
        closedir(folder);
    if (f->too_many || strchr(at, ':')) { /* or a list of folders: what the user may read */
        f->count = 1;
        strcpy(f->file[0], "/");
    }
}

/* Returns what is missing. */
static unsigned confine(const struct ke_question *q, int connection, int back, struct sandbox_note *note)
{
    static struct folders authorities;
    struct sandbox_files files = { NULL, { NULL } };
    int keep[] = { connection, back };

    sandbox_keep_descriptors(keep, sizeof keep / sizeof keep[0]);
    if (!q->trust.authorities[0]) /* else they were read with the context */
        find_authorities(&authorities);
    for (unsigned i = 0; i < authorities.count; i++)
        files.read[i] = authorities.file[i];
    return sandbox_enter(SANDBOX_KE_CLIENT, &files, note);
}

/* ---- the process for it ---- */

#define CONVERSATION_S 8         /* then it is cut off: another address of the name may answer */

static _Noreturn void live_apart(SSL *ssl, const struct ke_question *q, bool gcm_siv, int back, struct sandbox_note *note)
{
    struct ke_answer a = { .configured = q->configured };
    const char *wrong;

    a.missing = confine(q, SSL_get_fd(ssl), back, note);
    wrong = speak(ssl, q->trust.pin, gcm_siv, &a);
    snprintf(a.wrong, sizeof a.wrong, "%s", wrong ? wrong : "");
    _exit(send(back, &a, sizeof a, MSG_NOSIGNAL) != (ssize_t)sizeof a);
}

/* What went wrong with it, or with what it said. */
static const char *judge(bool whole, const struct sandbox_note *note, const struct ke_answer *a)
{
    static char text[KE_WRONG_MAX];
    char call[SANDBOX_NAME_MAX];

    if (whole && memchr(a->wrong, '\0', sizeof a->wrong) && memchr(a->grant.ntp_server, '\0', sizeof a->grant.ntp_server)) {
        snprintf(text, sizeof text, "%s", a->wrong);
        return text[0] ? text : NULL;
    }
    sandbox_call_name(note->refused_call, call);
    snprintf(text, sizeof text, "the process that spoke to the server ended%s%s", call[0] ? " by a system call that it may not make: " : "", call);
    return text;
}

static const char *converse_apart(SSL *ssl, const struct ke_question *q, bool gcm_siv, const int end[2], struct sandbox_note *note, struct ke_answer *a)
{
    const struct timeval patience = { CONVERSATION_S, 0 };
    const pid_t asks = getpid();
    ssize_t got;
    bool slow;
    pid_t pid;

    note->refused_call = -1;
    pid = fork();
    if (pid == 0) {
        host_end_with_parent(asks);
        live_apart(ssl, q, gcm_siv, end[1], note);
    }
    close(end[1]);
    setsockopt(end[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    got = pid > 0 ? recv(end[0], a, sizeof *a, 0) : 0;
    slow = got < 0 && errno == EAGAIN;
    close(end[0]);
    if (pid > 0) {
        if (slow)
            kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    return pid < 0 ? "no process can be started" : slow ? "no answer came in time" : judge(got == (ssize_t)sizeof *a, note, a);
}

const char *ke_converse(SSL *ssl, const struct ke_question *q, bool gcm_siv, struct ke_answer *a)
{
    struct sandbox_note *note = mmap(NULL, sizeof *note, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const char *wrong = "no memory is left";
    int end[2];

    if (note == MAP_FAILED)
        return wrong;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, end) == 0)
        wrong = converse_apart(ssl, q, gcm_siv, end, note, a);
    munmap(note, sizeof *note);
    return wrong;
}
