/* Numbers with units, as text: parsed and formatted.
 *
 *   int       decimal, no leading zero                 duration  "1h30m", "64s", "1.5ms": d h m s ms us ns, largest first
 *   ppm       "1ppm", "0.5 ppm", "20ppb"               size      "512", "64KiB", "1MB", in bytes
 *
 * No locale, no hexadecimal, no exponent, no infinity, nothing finer than a nanosecond, at most 15 digits of ppm. What is formatted parses back to the
 * same number, ppm to 14 decimals. Parsers return 0, -UE_SYNTAX or -UE_RANGE. */
#ifndef CONF_NUMBER_H
#define CONF_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* i: int, duration in nanoseconds, size in bytes; d: ppm. The other is 0, so that limits compare both. */
struct conf_number { int64_t i; double d; };

#define CONF_NUMBER_TEXT_MAX 64

/* text as a person writes it, unit included. Return 0, -UE_SYNTAX or -UE_RANGE; *out is set only on 0. */
int conf_int_parse(const char *text, struct conf_number *out);
int conf_duration_parse(const char *text, struct conf_number *out);
int conf_ppm_parse(const char *text, struct conf_number *out);
int conf_size_parse(const char *text, struct conf_number *out);

/* out: CONF_NUMBER_TEXT_MAX bytes. */
void conf_int_format(struct conf_number n, char *out);
void conf_duration_format(struct conf_number n, char *out);
void conf_ppm_format(struct conf_number n, char *out);
void conf_size_format(struct conf_number n, char *out);

#endif
