/* ntp.* of the configuration; rows in ntp/options.def. */
#ifndef NTP_OPTIONS_H
#define NTP_OPTIONS_H

#include "base/option.h"

enum ntp_steering { NTP_STEERING_SOURCE, NTP_STEERING_CPU };
enum ntp_xdp { NTP_XDP_AUTO, NTP_XDP_DRIVER, NTP_XDP_GENERIC, NTP_XDP_OFF };

struct ntp_options {
#define OPTION OPTION_FIELD
#include "ntp/options.def"
#undef OPTION
};

#endif
