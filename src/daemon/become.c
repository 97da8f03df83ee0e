#include "daemon/become.h"

#include <assert.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/loop.h"
#include "daemon/place.h"

/* Two steps, so that no descriptor is overwritten that is still to be moved. */
void become_helper(const char *name, const char *argument, const int fd[], unsigned count)
{
    int far[BECOME_FDS_MAX];
    char path[PLACE_PATH_MAX];

    assert(count <= BECOME_FDS_MAX);
    for (unsigned i = 0; i < count; i++) {
        far[i] = fcntl(fd[i], F_DUPFD_CLOEXEC, BECOME_FIRST_FD + BECOME_FDS_MAX);
        if (far[i] < 0)
            return;
    }
    for (unsigned i = 0; i < count; i++)
        if (dup2(far[i], BECOME_FIRST_FD + (int)i) < 0)
            return;
    place_of_helper(name, path);
    loop_release_signals();
    execl(path, name, argument, (char *)NULL);
}

void *become_shared(const char *name, size_t size, int *fd)
{
    void *memory;

    /* Who could make it shorter would end all the others that have it, by SIGBUS. */
    *fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (*fd < 0 || ftruncate(*fd, (off_t)size) != 0 || fcntl(*fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        return NULL;
    memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
    return memory == MAP_FAILED ? NULL : memory;
}
