/* Clients of TIME over TCP: each connects, reads to the end, closes, and begins again.
 *
 * usage: connect ADDRESS PORT [--clients N] [--seconds S] */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool.h"

#define CLIENTS_MAX 64
#define TIME_SIZE 4

struct tally { uint64_t good, bad; };

/* Did four bytes and the end come? */
static int ask(const struct sockaddr_storage *to, socklen_t len)
{
    int fd = socket(to->ss_family, SOCK_STREAM, 0);
    uint8_t bytes[64];
    ssize_t n, all = 0;

    if (fd < 0)
        return 0;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ .tv_sec = 1 }, sizeof(struct timeval));
    n = connect(fd, (const struct sockaddr *)to, len);
    while (n == 0 || (n > 0 && all < (ssize_t)sizeof bytes)) {
        n = read(fd, bytes, sizeof bytes);
        if (n <= 0)
            break;
        all += n;
    }
    close(fd);
    return n == 0 && all == TIME_SIZE;
}

static void client(const struct sockaddr_storage *to, socklen_t len, int64_t end, struct tally *t)
{
    while (tool_mono() < end)
        *(ask(to, len) ? &t->good : &t->bad) += 1;
}

int main(int argc, char **argv)
{
    double clients = 8, seconds = 1;
    const struct tool_option option[] = { { "--clients", &clients, 1 }, { "--seconds", &seconds, 0 } };
    socklen_t len;
    struct sockaddr_storage to = tool_arguments(argc, argv, option, 2, &len);
    struct tally *tally = mmap(NULL, CLIENTS_MAX * sizeof *tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), all = { 0 };
    int64_t start = tool_mono();

    if (clients > CLIENTS_MAX || tally == MAP_FAILED)
        tool_refuse("--clients is at most 64");
    for (int i = 0; i < (int)clients; i++)
        if (fork() == 0) {
            client(&to, len, start + (int64_t)(seconds * (double)NS), &tally[i]);
            _exit(0);
        }
    while (wait(NULL) > 0)
        ;
    for (int i = 0; i < CLIENTS_MAX; i++) {
        all.good += tally[i].good;
        all.bad += tally[i].bad;
    }
    printf("{ \"answers\": %llu, \"bad\": %llu, \"per_second\": %.0f }\n", (unsigned long long)all.good, (unsigned long long)all.bad,
           (double)all.good * 1e9 / (double)(tool_mono() - start));
    return 0;
}
