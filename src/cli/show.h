/* What utcctl tells people: pure renderings of a snapshot and of answers, as tables and sentences. width: columns, 0 = no limit. */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include <stdio.h>

#include "observe/snapshot.h"
#include "utc/utc.h"

/* One sentence on what the clock is worth, then the facts; when it is not synchronised, why and what to do. */
void show_status(const struct snapshot *s, unsigned width, FILE *out);

/* What the clock is worth in one sentence, what to do where it is worth nothing, and an empty line. */
void show_verdict(const struct snapshot *s, const struct clock_view *v, unsigned width, FILE *out);

/* How many sources are configured: the page counts those that have an address, the daemon those that wait for one as well. */
unsigned show_source_total(const struct snapshot *s);

/* A table of the sources, then what the words in it mean. */
void show_sources(const struct snapshot *s, unsigned width, FILE *out);

/* Everything about the clock, and under which assumptions its bound is true. */
void show_clock(const struct snapshot *s, unsigned width, FILE *out);

/* A fact for each network card whose stamps are configured: used, or why not. */
void show_cards(const struct snapshot *s, unsigned width, FILE *out);

/* Who asks most. */
void show_clients(const struct snapshot *s, unsigned width, FILE *out);

/* What the access list says to an address, and why. */
void show_access(const struct snapshot *s, unsigned width, FILE *out);

/* One answer in full. */
void show_answer(const struct utc_answer *a, int protocol, unsigned width, FILE *out);

/* One line of several answers. */
void show_answer_line(unsigned nth, const struct utc_answer *a, FILE *out);

/* "  Label          text", wrapped under itself. */
void show_fact(const char *label, const char *text, unsigned width, FILE *out);

/* "+1.234 ms: the system clock is behind". out: at least 96 bytes; returns it. `subject` is what the offset is of. */
const char *show_offset(int64_t offset_ns, const char *subject, char *out, size_t size);

#endif
