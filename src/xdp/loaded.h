/* What simple-utcd-xdp tells the parent that started it, in one message over the socket it finds at XDP_LOADED_FD, with descriptors beside it:
 * the maps mirror, stats and (guarded) clients, then the link of every interface that is on. The program stays attached for as long as somebody holds the
 * link, and no longer.
 *
 *   simple-utcd-xdp MODE GUARDED INTERFACE...     MODE: auto, driver or generic; GUARDED: 1 or 0 */
#ifndef XDP_LOADED_H
#define XDP_LOADED_H

#include <stdint.h>

#define XDP_LOADED_FD 3
#define XDP_INTERFACES_MAX 16
#define XDP_MAPS_MAX 3
#define XDP_FDS_MAX (XDP_MAPS_MAX + XDP_INTERFACES_MAX)
#define XDP_NAME_MAX 16
#define XDP_TEXT_MAX 96

enum xdp_map { XDP_MAP_MIRROR, XDP_MAP_STATS, XDP_MAP_CLIENTS };

struct xdp_interface {
    char name[XDP_NAME_MAX];
    uint32_t ifindex;
    uint8_t on;
    char text[XDP_TEXT_MAX];    /* how, or why not */
};

struct xdp_loaded {
    uint32_t maps;              /* descriptors of maps; 0: nothing was loaded, `text` says why */
    uint32_t cpus;              /* rows of stats */
    uint32_t interfaces;
    char text[XDP_TEXT_MAX];
    struct xdp_interface interface[XDP_INTERFACES_MAX];
};

#endif
