/* Segments of shared memory: whose, how large. As root others' are tried too. */
#include "base/test.h"

#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

#include "io/segment.h"

#define SIZE 96

static key_t fresh_key(void) { return (key_t)(0x55000000 + (getpid() & 0xffff) * 16); }

static void drop(key_t key)
{
    int id = shmget(key, 0, 0);

    if (id >= 0)
        shmctl(id, IPC_RMID, NULL);
}

static void one_is_made_and_read(void **state)
{
    const uid_t own = geteuid();
    char why[IO_SEGMENT_WHY_MAX] = "";
    const volatile char *memory = io_segment_attach(fresh_key(), SIZE, 0600, &own, 1, why);
    char *writer;

    (void)state;
    assert_non_null(memory);
    assert_false(io_segment_is_open_to_all(fresh_key()));
    writer = shmat(shmget(fresh_key(), SIZE, 0), NULL, 0);
    writer[SIZE - 1] = 'x';
    assert_int_equal(memory[SIZE - 1], 'x');
    shmdt(writer);
    io_segment_detach(memory);
    drop(fresh_key());
}

static void REF_08_one_of_another_size_is_refused(void **state)
{
    static const size_t size[] = { SIZE - 1, SIZE + 1, 4096 };
    const uid_t own = geteuid();
    char why[IO_SEGMENT_WHY_MAX] = "";

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        drop(fresh_key() + 1);
        assert_true(shmget(fresh_key() + 1, size[i], IPC_CREAT | 0600) >= 0);
        assert_null(io_segment_attach(fresh_key() + 1, SIZE, 0600, &own, 1, why));
        assert_non_null(strstr(why, size[i] < SIZE ? "another size" : "instead of 96"));
    }
    drop(fresh_key() + 1);
}

static void REF_08_one_that_somebody_else_owns_is_refused(void **state)
{
    const uid_t own = geteuid();
    char why[IO_SEGMENT_WHY_MAX] = "";
    struct shmid_ds ds;
    int id;

    (void)state;
    if (own != 0)
        skip();
    id = shmget(fresh_key() + 2, SIZE, IPC_CREAT | 0666);
    assert_int_equal(shmctl(id, IPC_STAT, &ds), 0);
    assert_true(io_segment_is_open_to_all(fresh_key() + 2));
    ds.shm_perm.uid = 4711;
    assert_int_equal(shmctl(id, IPC_SET, &ds), 0);
    assert_null(io_segment_attach(fresh_key() + 2, SIZE, 0666, &own, 1, why));
    assert_non_null(strstr(why, "user 4711"));
    assert_non_null(io_segment_attach(fresh_key() + 2, SIZE, 0666, (const uid_t[]){ own, 4711 }, 2, why));
    drop(fresh_key() + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_is_made_and_read),
        cmocka_unit_test(REF_08_one_of_another_size_is_refused),
        cmocka_unit_test(REF_08_one_that_somebody_else_owns_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
