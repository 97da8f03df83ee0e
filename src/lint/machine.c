/* What only the machine itself tells: are the addresses free, the rights there, the files readable, the cards able? */
#include <errno.h>
#include <linux/capability.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "host/clock.h"
#include "io/socket.h"
#include "lint/lint.h"

static void try_listener(const struct lint_place *p, const char *section, const char *key, const struct net_addr *at, const char *interface, int type)
{
    char text[ADDR_AT_TEXT_MAX];
    int fd = io_bind(at, interface, type, false);

    if (fd >= 0)
        close(fd);
    else if (fd == -UE_PERMISSION)
        lint_add(p, LINT_PORT_RIGHT_RULE, section, 0, key, "%s: %s", addr_at_to_text(at, interface, text), ue_text(fd));
    else if (fd == -UE_IN_USE)
        lint_add(p, LINT_ADDRESS_TAKEN_RULE, section, 0, key, "%s: %s (by a simple-utcd that runs already, perhaps)",
                 addr_at_to_text(at, interface, text), ue_text(fd));
    else if (fd != -UE_UNSUPPORTED) /* without IPv6 IPv4 is served */
        lint_add(p, LINT_ADDRESS_ABSENT_RULE, section, 0, key, "%s: %s", addr_at_to_text(at, interface, text), ue_text(fd));
}

/* "[::]" stands for every address of both families. */
static void try_listeners(const struct lint_place *p, const char *section, const char *key, const struct option_addrs *list, int type)
{
    static const struct net_addr every = { .family = ADDR_IPV6 };

    for (uint32_t i = 0; i < list->count; i++) {
        const struct net_addr *at = &list->item[i], ipv4 = { .family = ADDR_IPV4, .port = at->port };

        try_listener(p, section, key, at, list->interface[i], type);
        if (at->family == ADDR_IPV6 && memcmp(at->bytes, every.bytes, sizeof every.bytes) == 0)
            try_listener(p, section, key, &ipv4, list->interface[i], type);
    }
}

static bool has_right(unsigned right)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[2] = { 0 };

    return syscall(SYS_capget, &header, data) == 0 && data[right / 32].effective >> right % 32 & 1;
}

static void the_clock(const struct lint_place *p, const struct clock_own_options *c)
{
    char name[32], directory[OPTION_TEXT_MAX];
    char *slash;

    if (c->mode == CLOCK_MODE_SYSTEM && !has_right(CAP_SYS_TIME))
        lint_add(p, LINT_CLOCK_RIGHT_RULE, "clock", 0, "mode", "clock.mode is system, but this user may not set the clock");
    if (c->mode != CLOCK_MODE_VIRTUAL && host_other_discipliner(name, sizeof name) && name[0] && strcmp(name, "simple-utcd") != 0)
        lint_add(p, LINT_OTHER_DAEMON_RULE, "clock", 0, "mode", "%s steers the system clock", name);
    if (c->drift_file.s[0] == '\0')
        return;
    snprintf(directory, sizeof directory, "%s", c->drift_file.s);
    slash = strrchr(directory, '/');
    slash[slash == directory] = '\0';
    if (access(directory, W_OK) != 0)
        lint_add(p, LINT_DRIFT_DIRECTORY_RULE, "clock", 0, "drift_file", "%.150s: %s", directory, strerror(errno));
}

static void try_file(const struct lint_place *p, const char *section, const char *key, const char *path)
{
    if (path[0] && access(path, R_OK) != 0)
        lint_add(p, LINT_FILE_UNREADABLE_RULE, section, 0, key, "%.150s: %s", path, strerror(errno));
}

/* The leap second files of the default may be missing, but not one that somebody named. */
static void try_leap_file(const struct lint_place *p, const char *key, const char *path)
{
    const struct conf_node *named = conf_node_find(conf_node_find(p->tree->root, "leap"), key);

    if (named && !conf_node_is_null(named))
        try_file(p, "leap", key, path);
}

/* By ETHTOOL_GET_TS_INFO, as the daemon asks; nothing is switched on. */
static const char *card_problem(const char *name)
{
    struct ethtool_ts_info info = { .cmd = ETHTOOL_GET_TS_INFO };
    struct ifreq request = { .ifr_data = (char *)&info };
    unsigned both = SOF_TIMESTAMPING_RX_HARDWARE | SOF_TIMESTAMPING_TX_HARDWARE | SOF_TIMESTAMPING_RAW_HARDWARE;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err;

    if (fd < 0)
        return strerror(errno);
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    err = ioctl(fd, SIOCETHTOOL, &request) == 0 ? 0 : errno;
    close(fd);
    if (err)
        return err == ENODEV ? "there is no such interface" : strerror(err);
    return (info.so_timestamping & both) == both && info.phc_index >= 0 ? NULL : "its driver stamps no packets";
}

void lint_machine(const struct daemon_options *o, const struct conf_tree *tree, const char *path, struct lint_report *out)
{
    const struct lint_place p = { tree, path, out };

    try_listeners(&p, "ntp", "listen", &o->ntp.listen, SOCK_DGRAM);
    try_listeners(&p, "ntp", "smear_listen", &o->ntp.smear_listen, SOCK_DGRAM);
    try_listeners(&p, "time", "listen", &o->timeproto.time.listen, SOCK_STREAM);
    try_listeners(&p, "daytime", "listen", &o->timeproto.daytime.listen, SOCK_STREAM);
    try_listeners(&p, "nts", "listen", &o->nts.listen, SOCK_STREAM);
    try_listeners(&p, "nts", "certified_listen", &o->nts.certified_listen, SOCK_STREAM);
    try_listeners(&p, "http", "listen", &o->http.listen, SOCK_STREAM);
    the_clock(&p, &o->engine.clock.clock);
    try_file(&p, "nts", "certificate", o->nts.certificate.s);
    try_file(&p, "nts", "private_key", o->nts.private_key.s);
    try_file(&p, "nts", "trusted_certificates", o->nts.trusted_certificates.s);
    try_file(&p, "nts", "revoked_certificates", o->nts.revoked_certificates.s);
    try_file(&p, "nts", "client_certificate", o->nts.client_certificate.s);
    try_file(&p, "nts", "client_private_key", o->nts.client_private_key.s);
    try_file(&p, "nts", "client_authorities", o->nts.client_authorities.s);
    try_leap_file(&p, "list", o->engine.clock.leap.list.s);
    try_leap_file(&p, "zone", o->engine.clock.leap.zone.s);
    for (uint32_t i = 0; i < o->top.hardware_timestamps.count; i++) {
        const char *problem = card_problem(o->top.hardware_timestamps.item[i].s);

        if (problem)
            lint_add(&p, LINT_NO_CARD_STAMPS_RULE, "", 0, "hardware_timestamps", "%s: %s", o->top.hardware_timestamps.item[i].s, problem);
    }
}
