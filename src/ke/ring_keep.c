#include "ke/ring_keep.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "crypto/mac.h"
#include "host/secret_file.h"

#define ODD UINT64_C(0x9e3779b97f4a7c15) /* spreads the few numbers that file systems have */

static int64_t wall_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* A clock that was set back makes a key look as if it came from the future: it then seals for a whole lifetime from now. */
static struct dur_ns age_of(int64_t turned_ns)
{
    int64_t age = wall_ns() - turned_ns;

    return (struct dur_ns){ age > 0 ? age : 0 };
}

struct dur_ns ring_keep_load(const char *path, struct dur_ns lifetime, struct nts_ring *ring)
{
    const struct dur_ns none = { -1 };
    uint8_t bytes[NTS_RING_FILE_SIZE + 2];
    const char *wrong;
    struct dur_ns age;
    int64_t turned;
    size_t len;

    if (path[0] == '\0' || access(path, F_OK) != 0)
        return none;
    wrong = host_secret_file_read(path, bytes, sizeof bytes, &len);
    if (!wrong)
        wrong = nts_ring_from_file((struct span){ bytes, len }, ring, &turned);
    crypto_wipe(bytes, sizeof bytes);
    if (wrong) {
        fprintf(stderr, "simple-utcd-ke: nts.cookie_key_file %s is not used: %s; new cookie keys are made\n", path, wrong);
        return none;
    }
    age = age_of(turned);
    return dur_before(age, lifetime) ? age : lifetime;
}

bool ring_keep_save(const char *path, const struct nts_ring *ring, struct dur_ns age, bool failed)
{
    uint8_t bytes[NTS_RING_FILE_SIZE];
    const char *wrong;

    if (path[0] == '\0')
        return true;
    nts_ring_to_file(ring, wall_ns() - age.ns, bytes);
    wrong = host_secret_file_write(path, bytes, sizeof bytes);
    crypto_wipe(bytes, sizeof bytes);
    if (wrong && !failed)
        fprintf(stderr, "simple-utcd-ke: nts.cookie_key_file %s cannot be written: %s; cookies will not outlive a restart until it can\n", path, wrong);
    if (!wrong && failed)
        fprintf(stderr, "simple-utcd-ke: nts.cookie_key_file %s is written again: cookies outlive a restart\n", path);
    return !wrong;
}

uint64_t ring_keep_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char folder[PATH_MAX];
    struct stat st;

    snprintf(folder, sizeof folder, "%.*s.", slash ? (int)(slash - path + 1) : 0, path);
    return stat(folder, &st) == 0 ? ((uint64_t)st.st_dev * ODD ^ (uint64_t)st.st_ino) | UINT64_C(1) << 63 : 0;
}
