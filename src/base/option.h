/* Configuration keys as rows. A room's options.def holds
 *
 *     OPTION(TYPE, name, default, min, max, RELOAD_CLASS, "sentence for a person")
 *
 * default, min and max are written as a person would in the file ("10ms", "1 ppm", "false"; "" = no limit, or for a default: absent).
 * One row makes the struct field (below), the check, the manual's entry, the JSON Schema, the example and the environment name.
 * An ENUM's choices stand in min as "auto|system|virtual"; its value is the index. max of TEXT and TEXTS: longest, in bytes. */
#ifndef BASE_OPTION_H
#define BASE_OPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/time.h"

#define OPTION_TEXT_MAX 256
#define OPTION_LIST_MAX 16

struct option_text { char s[OPTION_TEXT_MAX]; };                              /* NUL-terminated, "" = absent */
struct option_texts { uint32_t count; struct option_text item[OPTION_LIST_MAX]; };
/* Addresses with ports, each at all interfaces ("") or at one by name. */
struct option_addrs { uint32_t count; struct net_addr item[OPTION_LIST_MAX]; char interface[OPTION_LIST_MAX][ADDR_INTERFACE_MAX]; };
struct option_nets { uint32_t count; struct { struct net_addr addr; uint8_t bits; } item[OPTION_LIST_MAX]; };

/* The C type of each row TYPE. */
#define OPTION_C_BOOL bool
#define OPTION_C_INT int64_t
#define OPTION_C_DURATION struct dur_ns  /* "64s", "10ms", "1h30m" */
#define OPTION_C_PPM double              /* "1 ppm", "0.5ppm": parts per million */
#define OPTION_C_SIZE uint64_t           /* "64KiB", "1MB", "512" bytes */
#define OPTION_C_ENUM uint8_t            /* index into the choices */
#define OPTION_C_TEXT struct option_text
#define OPTION_C_HOST struct option_text    /* name or numeric address, at most 253 characters */
#define OPTION_C_PATH struct option_text    /* absolute */
#define OPTION_C_TEXTS struct option_texts
#define OPTION_C_LISTEN struct option_addrs /* ["127.0.0.1:123", "[::1]:123", "*:123", "*%eth0:123"] */
#define OPTION_C_NETS struct option_nets    /* ["192.0.2.0/24", "::1"] */

#define OPTION_FIELD(type, name, ...) OPTION_C_##type name;

/* How a change of the key takes effect. */
enum option_reload { RELOAD_LIVE, RELOAD_RESTART };

#endif
