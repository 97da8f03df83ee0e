#include "daemon/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/option.h"
#include "crypto/mac.h"
#include "io/socket.h"

static bool is_ours(const struct stat *st) { return st->st_uid == geteuid() || st->st_uid == 0; }

/* Could somebody else put a file of his own in this one's place? */
static bool directory_is_open(const char *path)
{
    char directory[OPTION_TEXT_MAX];
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 0;
    struct stat st;

    if (n >= sizeof directory)
        return true;
    memcpy(directory, path, n);
    directory[n] = '\0';
    return stat(n ? directory : "/", &st) != 0 || !is_ours(&st) || (st.st_mode & (S_IWGRP | S_IWOTH) && !(st.st_mode & S_ISVTX));
}

static const char *judge(const struct stat *st)
{
    if (!S_ISREG(st->st_mode))
        return "it is no regular file";
    if (!is_ours(st))
        return "it belongs to another user; make it root's or the daemon's (chown)";
    if (st->st_mode & (S_IWGRP | S_IRWXO))
        return "others than its owner and group may read it, or others than its owner change it; chmod 600";
    return NULL;
}

static const char *read_whole(int fd, uint8_t *out, size_t size, size_t *len)
{
    ssize_t n;

    *len = 0;
    do {
        n = read(fd, out + *len, size - *len);
        *len += n > 0 ? (size_t)n : 0;
    } while (n > 0 || (n < 0 && errno == EINTR));
    return n < 0 ? ue_text(io_error(errno)) : *len == size ? "it is too large" : NULL;
}

const char *secret_file_read(const char *path, uint8_t *out, size_t size, size_t *len)
{
    struct stat st;
    const char *wrong;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

    *len = 0;
    if (fd < 0)
        return errno == ELOOP ? "it is a symbolic link; name the file itself" : ue_text(io_error(errno));
    if (fstat(fd, &st) != 0)
        wrong = ue_text(io_error(errno));
    else
        wrong = judge(&st);
    if (!wrong && directory_is_open(path))
        wrong = "others may write in its directory";
    if (!wrong)
        wrong = read_whole(fd, out, size, len);
    close(fd);
    return wrong;
}

static void *secret_memory(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        return NULL;
    madvise(p, size, MADV_DONTDUMP);
    return p;
}

static void give_back(void *secret, size_t size)
{
    if (!secret)
        return;
    crypto_wipe(secret, size);
    munmap(secret, size);
}

static const struct key_table *read_table(const struct keys_options *o, struct span file, struct conf_errors *errors)
{
    struct key_table *table = secret_memory(sizeof *table);
    struct key_verdict v;

    if (!table)
        return NULL;
    v = keys_read(file, o, table);
    if (!v.fault)
        return table;
    conf_error_add(errors, (struct conf_origin){ CONF_FROM_FILE, v.line, v.column, o->file.s }, "%s", key_fault_text(v.fault));
    give_back(table, sizeof *table);
    return NULL;
}

const struct key_table *key_file_load(const struct keys_options *o, struct conf_origin at, struct conf_errors *errors)
{
    const struct key_table *table = NULL;
    const char *wrong;
    uint8_t *bytes;
    size_t len = 0;

    if (o->file.s[0] == '\0')
        return NULL;
    bytes = secret_memory(KEY_FILE_MAX);
    wrong = bytes ? secret_file_read(o->file.s, bytes, KEY_FILE_MAX, &len) : ue_text(UE_MEMORY);
    if (wrong)
        conf_error_add(errors, at, "keys.file: %s: %s", o->file.s, wrong);
    else
        table = read_table(o, (struct span){ bytes, len }, errors);
    give_back(bytes, KEY_FILE_MAX);
    return table;
}
