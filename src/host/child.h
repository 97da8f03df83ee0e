/* Processes that were started here. */
#ifndef HOST_CHILD_H
#define HOST_CHILD_H

#include <sys/types.h>

/* A child that has ended, and how (wait(2)); 0 or less: none. The signal that says so comes once, so a call that fails is made again, up to three times: a
 * child that is not seen to end would be waited for without end, or never started again. */
pid_t host_child_ended(int *status);

#endif
