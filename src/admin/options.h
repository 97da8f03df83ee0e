/* `http` of the configuration. */
#ifndef ADMIN_OPTIONS_H
#define ADMIN_OPTIONS_H

#include "base/option.h"

#define HTTP_PORT 8037

struct http_options {
#define OPTION OPTION_FIELD
#include "admin/options.def"
#undef OPTION
};

#endif
