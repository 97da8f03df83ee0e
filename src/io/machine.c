#include "io/machine.h"

#include <endian.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define BOOT_FILE "/proc/sys/kernel/random/boot_id"
#define VMCLOCK_MAGIC 0x4b4c4356u /* "VCLK" */
#define VMCLOCK_TRIES 16
#define VMCLOCK_SIZE 4096

/* The head of struct vmclock_abi. */
struct io_vmclock {
    uint32_t magic;
    uint32_t size;
    uint16_t version;
    uint8_t counter_id;
    uint8_t time_type;
    uint32_t seq_count;
    uint64_t disruption_marker;
};

uint64_t io_boot(void)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    char text[64];
    int fd = open(BOOT_FILE, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);

    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return 0;
    for (ssize_t i = 0; i < n; i++)
        hash = (hash ^ (uint8_t)text[i]) * UINT64_C(1099511628211);
    return hash ? hash : 1;
}

static bool is_vmclock(const struct io_vmclock *v)
{
    return le32toh(v->magic) == VMCLOCK_MAGIC && le16toh(v->version) >= 1 && le32toh(v->size) >= sizeof *v;
}

/* A device, or a regular file that stands in for one and is long enough not to fault. */
static bool may_map(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && (S_ISCHR(st.st_mode) || (S_ISREG(st.st_mode) && st.st_size >= (off_t)sizeof(struct io_vmclock)));
}

const struct io_vmclock *io_vmclock_open(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    void *at = fd >= 0 && may_map(fd) ? mmap(NULL, VMCLOCK_SIZE, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;

    if (fd >= 0)
        close(fd);
    if (at == MAP_FAILED)
        return NULL;
    if (is_vmclock(at))
        return at;
    munmap(at, VMCLOCK_SIZE);
    return NULL;
}

void io_vmclock_close(const struct io_vmclock *v)
{
    if (v)
        munmap((void *)(uintptr_t)v, VMCLOCK_SIZE);
}

uint64_t io_vmclock_marker(const struct io_vmclock *v)
{
    for (int i = 0; v && i < VMCLOCK_TRIES; i++) {
        uint32_t before = le32toh(__atomic_load_n(&v->seq_count, __ATOMIC_ACQUIRE)), after;
        uint64_t marker = le64toh(*(const volatile uint64_t *)&v->disruption_marker);

        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        after = le32toh(__atomic_load_n(&v->seq_count, __ATOMIC_RELAXED));
        if (before == after && before % 2 == 0)
            return marker;
    }
    return v ? IO_VMCLOCK_UNREADABLE : 0;
}
