#include "io/segment.h"

#include <errno.h>
#include <stdio.h>
#include <sys/shm.h>

#include "base/err.h"
#include "io/socket.h"

static bool is_owner(uid_t user, const uid_t owner[], unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (owner[i] == user)
            return true;
    return user == 0;
}

/* One of other size than ours is larger, or EINVAL. */
static int find(key_t key, size_t size, unsigned mode, char why[IO_SEGMENT_WHY_MAX])
{
    int id = shmget(key, size, IPC_CREAT | (int)mode);

    if (id < 0 && errno == EACCES) /* may be read, but not written */
        id = shmget(key, size, 0444);
    if (id < 0 && errno == EINVAL)
        snprintf(why, IO_SEGMENT_WHY_MAX, "there is one of another size");
    else if (id < 0)
        snprintf(why, IO_SEGMENT_WHY_MAX, "%s", errno == EACCES ? "it may not be read by this user" : ue_text(io_error(errno)));
    return id;
}

/* Looked at once it is attached: then it cannot be another one any more. */
static bool is_sound(int id, size_t size, const uid_t owner[], unsigned count, char why[IO_SEGMENT_WHY_MAX])
{
    struct shmid_ds ds;

    if (shmctl(id, IPC_STAT, &ds) != 0)
        snprintf(why, IO_SEGMENT_WHY_MAX, "%s", ue_text(io_error(errno)));
    else if (ds.shm_segsz != size)
        snprintf(why, IO_SEGMENT_WHY_MAX, "it has %zu bytes instead of %zu", (size_t)ds.shm_segsz, size);
    else if (!is_owner(ds.shm_perm.uid, owner, count) || !is_owner(ds.shm_perm.cuid, owner, count))
        snprintf(why, IO_SEGMENT_WHY_MAX, "it belongs to user %ld, who could tell any time", (long)ds.shm_perm.uid);
    else
        return true;
    return false;
}

const volatile void *io_segment_attach(key_t key, size_t size, unsigned mode, const uid_t owner[], unsigned count, char why[IO_SEGMENT_WHY_MAX])
{
    int id = find(key, size, mode, why);
    const void *memory;

    if (id < 0)
        return NULL;
    memory = shmat(id, NULL, SHM_RDONLY);
    if (memory == (const void *)-1) {
        snprintf(why, IO_SEGMENT_WHY_MAX, "%s", ue_text(io_error(errno)));
        return NULL;
    }
    if (is_sound(id, size, owner, count, why))
        return memory;
    shmdt(memory);
    return NULL;
}

bool io_segment_is_open_to_all(key_t key)
{
    struct shmid_ds ds;
    int id = shmget(key, 0, 0);

    return id >= 0 && shmctl(id, IPC_STAT, &ds) == 0 && (ds.shm_perm.mode & 0002);
}

void io_segment_detach(const volatile void *memory) { shmdt((const void *)memory); }
