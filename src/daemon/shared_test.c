/* The page in a folder of another user's, who is quick. */
#include "base/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/shared.h"

static char folder[] = "/tmp/daemon_shared_test_XXXXXX";
static char path[64], victim[64];
static enum attacker { NOBODY, LINKS, RENAMES } attacker;

int __real_open(const char *at, int flags, ...);
int __wrap_open(const char *at, int flags, ...);

/* The page may not be written, as it is for its owner without further rights, and then another file has its name. */
int __wrap_open(const char *at, int flags, ...)
{
    va_list args;
    mode_t mode;

    va_start(args, flags);
    mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    if (attacker == NOBODY || strcmp(at, path) != 0)
        return __real_open(at, flags, mode);
    unlink(path);
    assert_int_equal(attacker == LINKS ? symlink(victim, path) : link(victim, path), 0);
    attacker = NOBODY;
    errno = EACCES;
    return -1;
}

static mode_t mode_of(const char *file)
{
    struct stat st;

    assert_int_equal(stat(file, &st), 0);
    return st.st_mode & 07777;
}

static void write_victim(void)
{
    unlink(victim);
    close(__real_open(victim, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static void CTL_04_the_page_is_opened_not_what_took_its_name(void **state)
{
    int err;

    (void)state;
    for (enum attacker how = LINKS; how <= RENAMES; how++) {
        struct page *page;

        write_victim();
        unlink(path);
        attacker = how;
        page = shared_page(path, "", &err);
        assert_non_null(page); /* nobody else sees it */
        assert_int_not_equal(err, 0);
        assert_int_equal(mode_of(victim), 0600);
    }
}

static void a_page_is_written_again_by_the_next_daemon(void **state)
{
    int err;

    (void)state;
    unlink(path);
    for (int i = 0; i < 2; i++) {
        assert_non_null(shared_page(path, "", &err));
        assert_int_equal(err, 0);
        assert_int_equal(mode_of(path), 0444);
    }
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/page", folder);
    snprintf(victim, sizeof victim, "%s/victim", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    unlink(victim);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(CTL_04_the_page_is_opened_not_what_took_its_name),
        cmocka_unit_test(a_page_is_written_again_by_the_next_daemon),
    };

    return cmocka_run_group_tests_name("daemon/shared", tests, make_folder, remove_folder);
}
