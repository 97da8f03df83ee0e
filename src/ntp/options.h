/* ntp.* of the configuration; rows in ntp/options.def. */
#ifndef NTP_OPTIONS_H
#define NTP_OPTIONS_H

#include "base/option.h"

struct ntp_options {
#define OPTION OPTION_FIELD
#include "ntp/options.def"
#undef OPTION
};

#endif
