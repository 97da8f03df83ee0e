/* Addresses as text: "192.0.2.1:123", "[2001:db8::1%eth0]:123", "*:123". */
#ifndef IO_ADDR_TEXT_H
#define IO_ADDR_TEXT_H

#include "base/addr.h"

#define ADDR_TEXT_MAX 72

/* With the port when it is not 0. Returns out (ADDR_TEXT_MAX bytes). */
const char *addr_to_text(const struct net_addr *a, char *out);

/* Numeric addresses only; default_port when the text has none. Returns 0 or -UE_SYNTAX / -UE_RANGE. */
int addr_from_text(const char *text, uint16_t default_port, struct net_addr *out);

#endif
