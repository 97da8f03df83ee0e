/* What may be asked about the future of a running daemon:
 *
 *   lie SOURCE +10s                     a source is wrong from now on, by that much (positive: it is ahead)
 *   cut 6h                              no answer comes through for so long
 *   temperature +15C [0.2ppm]           it gets warmer (or colder) by that within half an hour; the oscillator changes by so much per kelvin
 *   add [delay 20ms] [jitter 1ms]       one more source, like the nearest one but for what is said: round trip, mean extra delay of each direction
 *   remove SOURCE                       one source less */
#ifndef SIM_QUESTION_H
#define SIM_QUESTION_H

#include "observe/snapshot.h"

/* An uncompensated crystal near room temperature; they differ, and each has a turning point, so say what yours does. */
#define QUESTION_PPM_PER_KELVIN 0.1
#define QUESTION_TEXT_MAX 160
#define QUESTION_ERROR_MAX 320

enum question_kind { QUESTION_LIE, QUESTION_CUT, QUESTION_TEMPERATURE, QUESTION_ADD, QUESTION_REMOVE, QUESTION_KINDS };

struct question {
    enum question_kind kind;
    uint32_t source;                /* lie, remove: index in the snapshot */
    struct dur_ns amount;           /* lie, cut */
    double kelvin, ppm_per_kelvin;  /* temperature */
    struct dur_ns delay, jitter;    /* add; -1 ns: as the nearest source */
};

/* Does it give time at present, true or false? */
bool question_source_tells(const struct snapshot_source *s);

/* SOURCE is its name, its address, or "s2", the second of `utcctl sources`. A unit may stand apart ("10 s", "15 °C"). Returns 0, or -UE_SYNTAX with a
 * printable sentence in `error`. */
int question_parse(const char *text, const struct snapshot *s, struct question *q, char error[QUESTION_ERROR_MAX]);

/* "a.example lied by +10s", for "what if ...". Returns out. */
const char *question_text(const struct question *q, const struct snapshot *s, char *out, size_t size);

#endif
