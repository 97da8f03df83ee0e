#include "io/nic.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "io/socket.h"

#define FILTERS_FOR_NTP (UINT32_C(1) << HWTSTAMP_FILTER_ALL | UINT32_C(1) << HWTSTAMP_FILTER_NTP_ALL)

static int ask(int fd, const char *name, unsigned long request, void *data)
{
    struct ifreq r = { .ifr_data = data };

    snprintf(r.ifr_name, sizeof r.ifr_name, "%s", name);
    return ioctl(fd, request, &r);
}

static bool find_index(int fd, const char *name, struct nic *out)
{
    struct ifreq r = { 0 };

    snprintf(r.ifr_name, sizeof r.ifr_name, "%s", name);
    if (ioctl(fd, SIOCGIFINDEX, &r) != 0)
        return false;
    out->ifindex = (uint32_t)r.ifr_ifindex;
    return true;
}

/* Old but answered everywhere, link modes beyond it do not matter here. */
static uint32_t link_speed_mbps(int fd, const char *name)
{
    struct ethtool_cmd c = { .cmd = ETHTOOL_GSET };
    uint32_t mbps;

    if (ask(fd, name, SIOCETHTOOL, &c) != 0)
        return 0;
    mbps = ethtool_cmd_speed(&c);
    return mbps == (uint32_t)SPEED_UNKNOWN ? 0 : mbps;
}

/* What the driver cannot do, of what both directions need; NULL when it can. */
static const char *missing(const struct ethtool_ts_info *i)
{
    if (!(i->so_timestamping & SOF_TIMESTAMPING_RX_HARDWARE))
        return "the driver offers no hardware receive stamps";
    if (!(i->so_timestamping & SOF_TIMESTAMPING_RAW_HARDWARE))
        return "the driver does not hand its hardware stamps on";
    if (!(i->rx_filters & FILTERS_FOR_NTP))
        return "the driver stamps PTP packets only as they arrive";
    if (!(i->so_timestamping & SOF_TIMESTAMPING_TX_HARDWARE)) /* tx_types is not filled alike everywhere: SIOCSHWTSTAMP decides */
        return "the driver offers no hardware transmit stamps";
    return i->phc_index < 0 ? "the driver gives no access to the clock that makes its stamps" : NULL;
}

static bool stamps_already(int fd, const char *name)
{
    struct hwtstamp_config c = { 0 };

    return ask(fd, name, SIOCGHWTSTAMP, &c) == 0 && c.tx_type == HWTSTAMP_TX_ON && (unsigned)c.rx_filter < 32 && FILTERS_FOR_NTP >> c.rx_filter & 1;
}

static const char *switch_on(int fd, const char *name, uint32_t filters)
{
    struct hwtstamp_config c = { .tx_type = HWTSTAMP_TX_ON };

    if (stamps_already(fd, name))
        return NULL;
    c.rx_filter = filters >> HWTSTAMP_FILTER_ALL & 1 ? HWTSTAMP_FILTER_ALL : HWTSTAMP_FILTER_NTP_ALL;
    if (ask(fd, name, SIOCSHWTSTAMP, &c) == 0)
        return NULL;
    return errno == EPERM ? "no right to switch hardware stamps on: start as root or with CAP_NET_ADMIN" : "the driver refuses to switch hardware stamps on";
}

static const char *stamps_on(int fd, const char *name, struct nic *out)
{
    struct ethtool_ts_info info = { .cmd = ETHTOOL_GET_TS_INFO };
    const char *why;

    if (!find_index(fd, name, out))
        return "there is no such network interface";
    if (ask(fd, name, SIOCETHTOOL, &info) != 0)
        return "the driver does not tell what stamps it offers";
    why = missing(&info);
    if (!why)
        why = switch_on(fd, name, info.rx_filters);
    out->phc_index = info.phc_index;
    out->link_mbps = link_speed_mbps(fd, name);
    return why;
}

const char *nic_stamps_on(const char *name, struct nic *out)
{
    int fd = io_socket(AF_INET, SOCK_DGRAM);
    const char *why;

    *out = (struct nic){ .phc_index = -1 };
    if (fd < 0)
        return "no socket to ask the driver with";
    why = stamps_on(fd, name, out);
    close(fd);
    return why;
}
