/* What became of a datagram: an outcome or the reason of silence. One value indexes the counters and names the metric label. */
#ifndef BASE_VERDICT_H
#define BASE_VERDICT_H

enum verdict {
#define VERDICT(name, label, sentence) VERDICT_##name,
#include "base/verdict.def"
#undef VERDICT
    VERDICT_COUNT
};

#define VERDICT_SERVICE_COUNT VERDICT_OFFLINE /* from there on they are about what sources say: no service meets them */

const char *verdict_label(enum verdict v); /* "source_port"; never NULL */
const char *verdict_text(enum verdict v);

#endif
