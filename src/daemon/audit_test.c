/* The audit reads what workers write, and one of them may be hostile. */
#include "base/test.h"

#include <string.h>

#include "base/atomic.h"
#include "daemon/audit.h"
#include "daemon/logger.h"

#define FOR_EVER 1000

static struct guard guard;
static struct loop loop;
static unsigned told;

void __wrap_logger_write(const struct log_record *r, struct mono_ns now);

/* While one is told, the next one begins. */
void __wrap_logger_write(const struct log_record *r, struct mono_ns now)
{
    (void)now;
    assert_int_equal(r->id, LOG_AUDIT_BLOCKED);
    if (++told < FOR_EVER)
        ATOMIC_ADD(&guard.blocks, 1);
}

static void PROC_09_blocks_without_end_hold_nobody_up(void **state)
{
    struct audit audit;

    (void)state;
    guard.limit.block_above = 10;
    audit_start(&audit, &loop, &guard);
    ATOMIC_ADD(&guard.blocks, 1);
    loop.part[0].run(&audit, audit.next);
    assert_in_range(told, 1, GUARD_BLOCKS_KEPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(PROC_09_blocks_without_end_hold_nobody_up) };

    return cmocka_run_group_tests_name("daemon/audit", tests, NULL, NULL);
}
