/* Being told when the machine wakes up from sleep, or when its clock is set: at once, not at the next deadline, because CLOCK_MONOTONIC, by which waits are
 * counted, stood still meanwhile. */
#ifndef HOST_WAKE_H
#define HOST_WAKE_H

/* A descriptor that becomes readable then, or -UE_UNSUPPORTED. */
int host_wake_open(void);

/* It was readable: wait for the next time. */
void host_wake_again(int fd);

#endif
