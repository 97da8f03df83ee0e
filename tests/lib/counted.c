/* Preloaded where coverage is measured: a helper that is ended by SIGTERM ends as if by itself, and so writes what it counted. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static void leave(int number)
{
    (void)number;
    exit(0);
}

__attribute__((constructor)) static void take_over(void)
{
    if (strncmp(program_invocation_short_name, "simple-utcd", strlen("simple-utcd")) == 0)
        signal(SIGTERM, leave);
}
