/* For the tests of libutc: a page in a file of its own, played by the test. */
#ifndef LIB_PLAY_H
#define LIB_PLAY_H

#include "base/test_folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/page.h"
#include "io/machine.h"
#include "io/stamp.h"

static char play_path[96];

static struct page *play_page(void)
{
    int fd = open(play_path, O_RDWR | O_CREAT | O_TRUNC, 0644);
    struct page *p;

    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, sizeof *p), 0);
    p = mmap(NULL, sizeof *p, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(p != MAP_FAILED);
    close(fd);
    page_init(p, io_boot());
    return p;
}

/* Synchronised at stratum 3, right to 1 us early and 2 us late, and staying so. */
static struct page_data play_data(int64_t tai_s)
{
    struct mono_ns now = io_raw_now();

    return (struct page_data){
        .raw_ref = now, .slew_end = now, .heartbeat = now, .tai_ref = { tai_s * NS_PER_S }, .early = { 1000 }, .late = { 2000 }, .tai_minus_utc_s = 37,
        .status = CLOCK_SYNCHRONISED, .stratum = 3, .silent_at = MONO_NEVER, .holdover_at = MONO_NEVER, .free_running_at = MONO_NEVER,
        .leap_at = { INT64_MAX }, .asleep = io_asleep(),
    };
}

static int play_begin(void **state)
{
    (void)state;
    return folder_make("page", play_path, sizeof play_path);
}

#endif
