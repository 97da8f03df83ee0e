#include "host/child.h"

#include <errno.h>
#include <sys/wait.h>

#define TRIES 4

pid_t host_child_ended(int *status)
{
    pid_t pid = -1;

    for (int i = 0; i < TRIES && pid < 0; i++) {
        pid = waitpid(-1, status, WNOHANG);
        if (pid < 0 && errno == ECHILD)
            break;
    }
    return pid;
}
