/* A child becomes one of our programs that people do not call, with descriptors where it looks for them. */
#ifndef DAEMON_BECOME_H
#define DAEMON_BECOME_H

#include <stddef.h>

#define BECOME_FIRST_FD 3
#define BECOME_FDS_MAX 40

/* fd[0] becomes descriptor BECOME_FIRST_FD, and so on; count <= BECOME_FDS_MAX. argument: NULL for none. Returns only when it cannot be. */
void become_helper(const char *name, const char *argument, const int fd[], unsigned count);

/* Memory to share with it: `size` zeroes behind a descriptor. Returns NULL when there is none. */
void *become_shared(const char *name, size_t size, int *fd);

#endif
