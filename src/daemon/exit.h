/* How simple-utcd ends, as documented in simple-utcd(8). */
#ifndef DAEMON_EXIT_H
#define DAEMON_EXIT_H

#include "daemon/options.h" /* EXIT_CONFIGURATION, 3 */

#define EXIT_GENERAL 1
#define EXIT_USAGE 2
#define EXIT_PERMISSION 4       /* a right is missing */
#define EXIT_ADDRESS 5          /* an address to listen on is in use or does not exist */
#define EXIT_OTHER_INSTANCE 6   /* another simple-utcd runs in the same run directory, or with the same drift file */
#define EXIT_NOT_SYNCHRONISED 7 /* --once: no time could be learnt */

#endif
