#include "daemon/power_cut_fixture.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"

#define SAVES 40
#define SECTOR 512
#define STEPS_MAX 8192
#define FILES_MAX 2048
#define NAME_SIZE 32
#define FILE_SIZE_MAX 16384
#define FDS_MAX 64
#define NAMES_MAX 8

enum kind { CREATE, WRITE, SYNC_FILE, SYNC_FOLDER, RENAME, UNLINK };

struct step {
    enum kind kind;
    int file;                   /* its number, counted from the first that was made */
    char name[NAME_SIZE], to[NAME_SIZE];
    size_t at, len;
    uint8_t *bytes;
};

char power_cut_path[64];
static char folder_of_tests[] = "/tmp/power_cut_XXXXXX";

static struct {
    bool on, broken_fsync;
    char folder[128];
    struct step step[STEPS_MAX];
    size_t count;
    int files;
    struct { bool open, is_folder; int file; size_t at; } fd[FDS_MAX];
    struct { char name[NAME_SIZE]; int file; } name[NAMES_MAX];     /* as the program sees the folder */
} disk;

int __real_open(const char *path, int flags, ...);
ssize_t __real_write(int fd, const void *bytes, size_t len);
int __real_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __real_unlink(const char *path);
int __real_close(int fd);
int __wrap_open(const char *path, int flags, ...);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
int __wrap_fsync(int fd);
int __wrap_rename(const char *from, const char *to);
int __wrap_unlink(const char *path);
int __wrap_close(int fd);

/* -- what is done ------------------------------------------------------------------------------------------------------ */

/* The name in the folder; NULL for what lies elsewhere. */
static const char *name_of(const char *path)
{
    size_t n = strlen(disk.folder);

    return disk.on && strncmp(path, disk.folder, n) == 0 && path[n] == '/' ? path + n + 1 : NULL;
}

static struct step *add(enum kind kind, int file)
{
    struct step *s = &disk.step[disk.count++];

    assert(disk.count <= STEPS_MAX);
    *s = (struct step){ .kind = kind, .file = file };
    return s;
}

static int *entry(const char *name)
{
    int unused = -1;

    for (int i = 0; i < NAMES_MAX; i++)
        if (strcmp(disk.name[i].name, name) == 0)
            return &disk.name[i].file;
        else if (disk.name[i].name[0] == '\0')
            unused = i;
    assert(unused >= 0);
    snprintf(disk.name[unused].name, NAME_SIZE, "%s", name);
    disk.name[unused].file = -1;
    return &disk.name[unused].file;
}

int __wrap_open(const char *path, int flags, ...)
{
    const char *name = name_of(path);
    va_list args;
    int mode, fd;

    va_start(args, flags);
    mode = flags & O_CREAT ? va_arg(args, int) : 0;
    va_end(args);
    fd = __real_open(path, flags, mode);
    if (fd < 0 || fd >= FDS_MAX || !disk.on)
        return fd;
    disk.fd[fd].open = disk.fd[fd].is_folder = strcmp(path, disk.folder) == 0;
    if (!name)
        return fd;
    if (*entry(name) < 0) {
        *entry(name) = disk.files++;
        snprintf(add(CREATE, *entry(name))->name, NAME_SIZE, "%s", name);
    }
    disk.fd[fd].open = true;
    disk.fd[fd].file = *entry(name);
    disk.fd[fd].at = 0;
    return fd;
}

static bool known(int fd) { return disk.on && fd >= 0 && fd < FDS_MAX && disk.fd[fd].open; }

ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
    ssize_t n = __real_write(fd, bytes, len);

    if (n > 0 && known(fd)) {
        struct step *s = add(WRITE, disk.fd[fd].file);

        s->at = disk.fd[fd].at;
        s->len = (size_t)n;
        s->bytes = malloc(s->len);
        assert(s->bytes && s->at + s->len <= FILE_SIZE_MAX);
        memcpy(s->bytes, bytes, s->len);
        disk.fd[fd].at += s->len;
    }
    return n;
}

int __wrap_fsync(int fd)
{
    if (known(fd) && (disk.fd[fd].is_folder || !disk.broken_fsync))
        add(disk.fd[fd].is_folder ? SYNC_FOLDER : SYNC_FILE, disk.fd[fd].file);
    return 0; /* the machine's own disk is not asked */
}

int __wrap_rename(const char *from, const char *to)
{
    int err = __real_rename(from, to);

    if (err == 0 && name_of(from) && name_of(to)) {
        struct step *s = add(RENAME, *entry(name_of(from)));

        snprintf(s->name, NAME_SIZE, "%s", name_of(from));
        snprintf(s->to, NAME_SIZE, "%s", name_of(to));
        *entry(s->to) = s->file;
        *entry(s->name) = -1;
    }
    return err;
}

int __wrap_unlink(const char *path)
{
    int err = __real_unlink(path);

    if (err == 0 && name_of(path)) {
        struct step *s = add(UNLINK, *entry(name_of(path)));

        snprintf(s->name, NAME_SIZE, "%s", name_of(path));
        *entry(s->name) = -1;
    }
    return err;
}

int __wrap_close(int fd)
{
    if (fd >= 0 && fd < FDS_MAX)
        disk.fd[fd].open = false;
    return __real_close(fd);
}

static void record(const char *folder, bool broken_fsync)
{
    for (size_t i = 0; i < disk.count; i++)
        free(disk.step[i].bytes);
    memset(&disk, 0, sizeof disk);
    snprintf(disk.folder, sizeof disk.folder, "%s", folder);
    disk.broken_fsync = broken_fsync;
    disk.on = true;
}

/* -- what is left ---------------------------------------------------------------------------------------------------- */

static bool chance_of_half(struct prng *p) { return prng_u64(p) >> 63; }

/* The last step before `end` that syncs this file, or the folder with file -1; 0: none. One more than its index. */
static size_t synced(size_t end, int file)
{
    for (size_t i = end; i > 0; i--)
        if (file < 0 ? disk.step[i - 1].kind == SYNC_FOLDER : disk.step[i - 1].kind == SYNC_FILE && disk.step[i - 1].file == file)
            return i;
    return 0;
}

/* Its bytes as they may be on the disk; returns the length. */
static size_t content(int file, size_t end, struct prng *chance, uint8_t out[FILE_SIZE_MAX])
{
    size_t sure = synced(end, file), len = 0;
    bool garbage = chance_of_half(chance);

    for (size_t i = 0; i < end; i++) {
        const struct step *s = &disk.step[i];

        if (s->kind != WRITE || s->file != file || (i >= sure && chance_of_half(chance) && chance_of_half(chance)))
            continue;
        for (size_t at = s->at; at < s->at + s->len; at += SECTOR - at % SECTOR) {
            size_t n = SECTOR - at % SECTOR < s->at + s->len - at ? SECTOR - at % SECTOR : s->at + s->len - at;

            if (i < sure || chance_of_half(chance))
                memcpy(out + at, s->bytes + (at - s->at), n);
            else
                memset(out + at, garbage ? (int)(prng_u64(chance) & 0xff) : 0, n);
        }
        len = s->at + s->len > len ? s->at + s->len : len;
        if (i >= sure && chance_of_half(chance))
            len -= prng_u64(chance) % s->len;
    }
    return len;
}

struct folder { struct { char name[NAME_SIZE]; int file; } row[NAMES_MAX]; };

static void set(struct folder *f, const char *name, int file)
{
    int at = -1;

    for (int i = 0; i < NAMES_MAX; i++)
        if (strcmp(f->row[i].name, name) == 0 || (at < 0 && f->row[i].name[0] == '\0'))
            at = i;
    assert(at >= 0);
    snprintf(f->row[at].name, NAME_SIZE, "%s", name);
    f->row[at].file = file;
}

static struct folder names(size_t end, struct prng *chance)
{
    size_t sure = synced(end, -1);
    struct folder f = { 0 };

    for (size_t i = 0; i < end; i++) {
        const struct step *s = &disk.step[i];

        if (s->kind == WRITE || s->kind == SYNC_FILE || s->kind == SYNC_FOLDER || (i >= sure && chance_of_half(chance)))
            continue;
        if (s->kind == RENAME)
            set(&f, s->to, s->file);
        set(&f, s->name, s->kind == CREATE ? s->file : -1);
    }
    return f;
}

/* Fill the (empty) folder with what could be there when the power went after so many steps. */
static void restore(const char *folder, size_t steps, struct prng *chance)
{
    static uint8_t bytes[FILE_SIZE_MAX];
    struct folder f = names(steps, chance);

    for (int i = 0; i < NAMES_MAX; i++) {
        char path[256];
        size_t len;
        int fd;

        if (f.row[i].name[0] == '\0' || f.row[i].file < 0)
            continue;
        memset(bytes, 0, sizeof bytes);
        len = content(f.row[i].file, steps, chance, bytes);
        snprintf(path, sizeof path, "%s/%s", folder, f.row[i].name);
        fd = __real_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        assert(fd >= 0 && __real_write(fd, bytes, len) == (ssize_t)len);
        __real_close(fd);
    }
}

/* Whatever was made in it. */
static void empty(const char *folder)
{
    DIR *d = opendir(folder);

    assert(d);
    for (struct dirent *e = readdir(d); e; e = readdir(d))
        unlinkat(dirfd(d), e->d_name, 0); /* "." and ".." are not to be unlinked */
    closedir(d);
}

/* -- cuts ------------------------------------------------------------------------------------------------------------ */

int power_cut_make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder_of_tests))
        return -1;
    snprintf(power_cut_path, sizeof power_cut_path, "%s/kept", folder_of_tests);
    return 0;
}

int power_cut_remove_folder(void **state)
{
    (void)state;
    return rmdir(folder_of_tests);
}

unsigned power_cut_losses(const struct power_cut_file *k, unsigned cuts, bool broken_fsync)
{
    size_t saved_at[SAVES + 1] = { 0 };     /* steps when save n had returned */
    struct prng chance;
    unsigned lost = 0;

    record(folder_of_tests, broken_fsync);
    for (unsigned n = 1; n <= SAVES; n++) {
        k->save(n);
        saved_at[n] = disk.count;
    }
    disk.on = false;
    prng_seed(&chance, 1);
    for (unsigned i = 0; i < cuts; i++) {
        size_t at = prng_u64(&chance) % (disk.count + 1);
        int whole = 0, found;

        while (whole < SAVES && saved_at[whole + 1] <= at)
            whole++;
        empty(folder_of_tests);
        restore(folder_of_tests, at, &chance);
        found = k->load();
        lost += found != whole && found != whole + 1;
    }
    empty(folder_of_tests);
    return lost;
}
