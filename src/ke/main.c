/* simple-utcd-ke: key establishment for NTS; started by simple-utcd, not by people. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "host/privilege.h"
#include "ke/client.h"
#include "ke/ke.h"

static int serve(void)
{
    struct stat st;
    struct ke_shared *s;

    if (fstat(KE_SHARED_FD, &st) != 0 || st.st_size < (off_t)sizeof *s)
        return 2;
    s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED, KE_SHARED_FD, 0);
    if (s == MAP_FAILED || s->magic != KE_MAGIC)
        return 2;
    madvise(s, sizeof *s, MADV_DONTDUMP);
    return ke_serve(s);
}

int main(int argc, char **argv)
{
    host_hide_memory();
    if (argc == 2 && strcmp(argv[1], "server") == 0)
        return serve();
    if (argc == 2 && strcmp(argv[1], "client") == 0)
        return ke_ask();
    fputs("simple-utcd-ke is started by simple-utcd, see simple-utcd(8)\n", stderr);
    return 2;
}
