/* Host names and networks as text. */
#ifndef CONF_NAME_H
#define CONF_NAME_H

#include "base/addr.h"

/* A name (RFC 1123 section 2.1, at most 253 characters) or the numeric address of a possible server, without port; a link-local one
 * may name its interface, fe80::1%eth0. 0, -UE_SYNTAX or -UE_RANGE. */
int conf_host_check(const char *text);

/* "192.0.2.0/24", "2001:db8::/32" or one address. Bits behind the prefix must be 0, so that what is written is what is meant. 0, -UE_SYNTAX or -UE_RANGE;
 * what addr and bits hold after an error is not defined. */
int conf_net_parse(const char *text, struct net_addr *addr, uint8_t *bits);

/* The network that an address with bits behind the prefix is in, as text; false where those are not what is wrong. */
#define CONF_NET_MAX (ADDR_TEXT_MAX + 4)
bool conf_net_around(const char *text, char out[CONF_NET_MAX]);

#endif
