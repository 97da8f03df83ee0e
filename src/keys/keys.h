/* Symmetric keys: a file's text becomes a table of prepared keys, and a key says for whom and when it is good.
 *
 *   chrony.keys    NUMBER [TYPE] KEY              KEY: text, ASCII:text or HEX:digits; no TYPE is MD5
 *   ntp.keys       NUMBER TYPE KEY [ADDRESS,...]  KEY: up to 20 characters as they stand, more are hexadecimal digits, cut to 32 bytes
 *
 * Both may be followed by words of ours:
 *
 *   for=192.0.2.0/24,2001:db8::7   the other side has to have one of these addresses
 *   from=TIME until=TIME           the lifetime, UTC; roll-over is two keys whose lifetimes overlap
 *
 * An empty line or one that begins with # ! ; or % says nothing. A word that begins with # ends the line in ntp.keys.
 *
 * A file is taken whole or not at all. What is wrong is told by line and column, never by its text: it may be half a secret.
 * Standards: RFC 5905 section 7.3 (key identifier), RFC 8573. The formats are those of chrony 4 and ntpd; other types of digest are not known here. */
#ifndef KEYS_KEYS_H
#define KEYS_KEYS_H

#include "base/addr.h"
#include "base/time.h"
#include "base/verdict.h"
#include "base/wire.h"
#include "crypto/mac.h"
#include "keys/options.h"

#define KEYS_MAX 1024
#define KEY_NETS_MAX 8
#define KEY_FILE_MAX (256 * 1024)

struct key_net { struct net_addr addr; uint8_t bits; };

struct key {
    uint32_t id;                 /* 1 and up */
    uint32_t net_count;          /* 0: good for every address */
    struct key_net net[KEY_NETS_MAX];
    struct utc_ns from, until;   /* good from <= now < until */
    struct crypto_mac mac;
};

/* Sorted by id: id[i] is that of key[at[i]]. */
struct key_table {
    uint32_t count;
    uint32_t id[KEYS_MAX];
    uint16_t at[KEYS_MAX];
    struct key key[KEYS_MAX];
};

enum key_fault {
#define FAULT(name, sentence) KEY_FAULT_##name,
#include "keys/fault.def"
#undef FAULT
    KEY_FAULTS
};

/* What was found wrong first, and where, from 1. */
struct key_verdict { enum key_fault fault; uint32_t line, column; };

const char *key_fault_text(enum key_fault f); /* never NULL */

/* Fill *out from a file's bytes. With a fault *out is wiped. */
struct key_verdict keys_read(struct span file, const struct keys_options *o, struct key_table *out);

/* The key of that number, or NULL. table may be NULL. */
const struct key *keys_find(const struct key_table *table, uint32_t id);

/* Do both hold the same? Either may be NULL. */
bool keys_same(const struct key_table *a, const struct key_table *b);

/* Of a key and its successor, either of which may be NULL, the one whose end is the end of both: `next` where it goes on without a gap. */
const struct key *keys_last(const struct key *key, const struct key *next);

/* May it be used with `other` now? VERDICT_ACCEPTED, VERDICT_KEY_ADDRESS or VERDICT_KEY_LIFETIME. */
enum verdict key_judge(const struct key *k, const struct net_addr *other, struct utc_ns now);

#endif
