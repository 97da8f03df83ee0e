/* simple-utcd-admin: HTTP for people, Prometheus and health checks; started by simple-utcd, not by people. */
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "admin/admin.h"

int main(int argc, char **argv)
{
    struct stat st;
    struct admin_shared *s;

    (void)argv;
    if (argc != 1 || fstat(ADMIN_SHARED_FD, &st) != 0 || st.st_size < (off_t)sizeof *s) {
        fputs("simple-utcd-admin is started by simple-utcd, see simple-utcd(8) and http in simple-utcd.yaml(5)\n", stderr);
        return 2;
    }
    s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED, ADMIN_SHARED_FD, 0);
    if (s == MAP_FAILED || s->orders.magic != ADMIN_MAGIC)
        return 2;
    return admin_serve(s);
}
