/* The ring of cookie keys over restarts: nts.cookie_key_file, where there is one. What cannot be believed is not: then the ring begins anew, which costs
 * clients one key establishment each. */
#ifndef KE_RING_KEEP_H
#define KE_RING_KEEP_H

#include "base/time.h"
#include "nts/ring_file.h"

/* Take the ring of before, where its file is whole and ours alone. Returns for how long its newest key has sealed already, `lifetime` at most, or -1 ns when
 * there is no such ring; why, is told, unless there never was one. */
struct dur_ns ring_keep_load(const char *path, struct dur_ns lifetime, struct nts_ring *ring);

/* The ring, whose newest key has sealed for `age`, to its file. `failed`: so did the try before this one. That it fails is told once, and once that it works
 * again. Returns false when it fails; true without a path. */
bool ring_keep_save(const char *path, const struct nts_ring *ring, struct dur_ns age, bool failed);

/* The folder that the file is in now, as a number; 0: there is none. */
uint64_t ring_keep_folder(const char *path);

#endif
