/* Reference clocks in chrony.conf and ntp.conf: those by shared memory or a socket are ours too. */
#ifndef IMPORT_REFERENCE_H
#define IMPORT_REFERENCE_H

#include "import/draft.h"
#include "import/words.h"

/* A new one, with its options from word number `from` on. unit -1: the socket. One that cannot be had here as it is meant is left out, and remarked. */
void reference_take(struct draft *d, int unit, const char *sock, const struct words *w, unsigned from);

/* More options of one that is there. */
void reference_options(struct draft *d, struct draft_source *s, const struct words *w, unsigned from);

#endif
