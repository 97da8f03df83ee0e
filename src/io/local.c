#include "io/local.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <unistd.h>

#include "io/socket.h"

/* The hardware address stands in an entry of its own. */
static void find_mac(const struct ifaddrs *all, const char *name, uint8_t mac[6])
{
    for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
        const struct sockaddr_ll *link = (const void *)i->ifa_addr;

        if (link && link->sll_family == AF_PACKET && link->sll_halen == 6 && strcmp(i->ifa_name, name) == 0)
            memcpy(mac, link->sll_addr, 6);
    }
}

static bool is_address(const struct ifaddrs *i)
{
    return i->ifa_addr && i->ifa_flags & IFF_UP && (i->ifa_addr->sa_family == AF_INET || i->ifa_addr->sa_family == AF_INET6);
}

int io_local_addresses(struct local_addr *out, unsigned max)
{
    struct ifaddrs *all;
    unsigned n = 0;

    if (getifaddrs(&all) != 0)
        return io_error(errno);
    for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
        if (!is_address(i))
            continue;
        if (n < max) {
            out[n] = (struct local_addr){ .ifindex = if_nametoindex(i->ifa_name) };
            io_addr_read((const union io_sockaddr *)(const void *)i->ifa_addr, &out[n].addr);
            out[n].addr.scope = 0;
            out[n].addr.port = 0;
            find_mac(all, i->ifa_name, out[n].mac);
        }
        n++;
    }
    freeifaddrs(all);
    return (int)n;
}

int io_local_watch(void)
{
    const struct sockaddr_nl at = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR };
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), err;

    if (fd < 0)
        return io_error(errno);
    if (bind(fd, (const struct sockaddr *)&at, sizeof at) == 0)
        return fd;
    err = io_error(errno);
    close(fd);
    return err;
}

void io_local_changed(int fd)
{
    uint8_t message[8192];

    /* Lost ones (ENOBUFS) are word of a change as well. */
    while (recv(fd, message, sizeof message, MSG_DONTWAIT) > 0 || errno == ENOBUFS)
        ;
}

uint32_t io_local_interface(const char *name) { return if_nametoindex(name); }

bool io_local_is_there(uint32_t ifindex) { return if_indextoname(ifindex, (char[IF_NAMESIZE]){ 0 }) != NULL; }
