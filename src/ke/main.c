/* simple-utcd-ke: key establishment for NTS; started by simple-utcd, not by people. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "host/privilege.h"
#include "ke/client.h"
#include "ke/ke.h"

static void *map(int fd, size_t size)
{
    struct stat st;
    void *at;

    if (fstat(fd, &st) != 0 || st.st_size < (off_t)size)
        return NULL;
    at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return at == MAP_FAILED ? NULL : at;
}

static int serve(void)
{
    struct ke_shared *s = map(KE_SHARED_FD, sizeof *s);
    struct ke_picture *picture = map(KE_PICTURE_FD, sizeof *picture);

    if (!s || !picture || s->orders.magic != KE_MAGIC)
        return 2;
    madvise(s, sizeof *s, MADV_DONTDUMP);
    return ke_serve(s, picture);
}

int main(int argc, char **argv)
{
    struct host_user user;

    host_hide_memory();
    if (argc == 2 && strcmp(argv[1], "server") == 0)
        return serve();
    if (argc == 3 && strcmp(argv[1], "client") == 0)
        return ke_ask(host_user_from_text(argv[2], &user) ? &user : NULL);
    fputs("simple-utcd-ke is started by simple-utcd, see simple-utcd(8)\n", stderr);
    return 2;
}
