/* System V shared memory that programs of other authors have agreed on: to be read here. */
#ifndef IO_SEGMENT_H
#define IO_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define IO_SEGMENT_WHY_MAX 96

/* The segment of that key, made with `mode` where there is none yet. It has to be exactly `size` bytes and to belong to root or to one of `owner[count]`:
 * others could put anything there. Returns it, read-only, or NULL and why not in a few words. It is inherited by fork. */
const volatile void *io_segment_attach(key_t key, size_t size, unsigned mode, const uid_t owner[], unsigned count, char why[IO_SEGMENT_WHY_MAX]);

/* May anybody on this machine write it? Asked of one that is attached; false where that is not known. */
bool io_segment_is_open_to_all(key_t key);

/* Of this process alone; the segment stays. */
void io_segment_detach(const volatile void *memory);

#endif
