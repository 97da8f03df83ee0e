#include "base/verdict.h"

static const char *const labels[VERDICT_COUNT] = {
#define VERDICT(name, label, sentence) [VERDICT_##name] = label,
#include "base/verdict.def"
#undef VERDICT
};

static const char *const texts[VERDICT_COUNT] = {
#define VERDICT(name, label, sentence) [VERDICT_##name] = sentence,
#include "base/verdict.def"
#undef VERDICT
};

const char *verdict_label(enum verdict v) { return (unsigned)v < VERDICT_COUNT ? labels[v] : "unknown"; }
const char *verdict_text(enum verdict v) { return (unsigned)v < VERDICT_COUNT ? texts[v] : "unknown"; }
