/* The addresses of this machine, and word when they change. */
#ifndef IO_LOCAL_H
#define IO_LOCAL_H

#include "base/addr.h"

/* Those of every interface that is up, at most `max`. Returns how many there are, or -UE_.... */
int io_local_addresses(struct local_addr *out, unsigned max);

/* A descriptor that is readable after an address or interface came, went or changed: -UE_... where the system does not tell. */
int io_local_watch(void);

/* Reads what waits there: what has changed is asked by io_local_addresses. */
void io_local_changed(int fd);

/* The interface's number; 0: there is none of that name now. It is another one after the interface was made anew. */
uint32_t io_local_interface(const char *name);

/* Is it still there, by whatever name? */
bool io_local_is_there(uint32_t ifindex);

#endif
