/* A network card that stamps packets itself: what its driver offers, and switching that on. */
#ifndef IO_NIC_H
#define IO_NIC_H

#include <stdint.h>

#define NIC_NAME_MAX 16 /* IFNAMSIZ, the NUL included */

struct nic {
    uint32_t ifindex;
    int phc_index;          /* of the clock that makes the stamps: /dev/ptpN */
    uint32_t link_mbps;     /* 0: unknown */
};

/* Have `name` stamp every packet that arrives, and each one that leaves and asks for it. What is set already and does that is kept as others set it;
 * otherwise filter ALL or, where the driver has no such filter, NTP. Returns NULL, or why there will be no stamps: words that follow "NAME: ". */
const char *nic_stamps_on(const char *name, struct nic *out);

#endif
