/* nts.* of the configuration; rows in nts/options.def. */
#ifndef NTS_OPTIONS_H
#define NTS_OPTIONS_H

#include "base/option.h"

struct nts_options {
#define OPTION OPTION_FIELD
#include "nts/options.def"
#undef OPTION
};

#endif
