/* CTL-05, CTL-06: what two readers of HTTP could understand differently does not get to any of them. */
#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/head.h"

#define LINE "GET / HTTP/1.1\r\n"
#define TEXT(s) { #s, s, sizeof s - 1

static void CTL_05_heads_are_whole_or_refused(void **state)
{
    const struct { const char *name, *bytes; size_t len; enum head_verdict verdict; } rows[] = {
        TEXT(""), HEAD_MORE },
        TEXT("GET"), HEAD_MORE },
        TEXT(LINE), HEAD_MORE },
        TEXT(LINE "\r"), HEAD_MORE },
        TEXT(LINE "\r\n"), HEAD_WHOLE },
        TEXT(LINE "Host: a\r\n\r\n"), HEAD_WHOLE },
        TEXT(LINE "Host: a\r\nX:\t\xc3\xa4\r\n\r\nGET /more\n\0"), HEAD_WHOLE },
        TEXT("\r\n" LINE "\r\n"), HEAD_BAD },
        TEXT(LINE "Host a\r\n\r\n"), HEAD_BAD },
        TEXT(LINE ": a\r\n\r\n"), HEAD_BAD },
        TEXT(LINE "Host : a\r\n\r\n"), HEAD_BAD },
        TEXT(LINE "Host\t: a\r\n\r\n"), HEAD_BAD },
        TEXT(LINE "Host: a\r\n folded\r\n\r\n"), HEAD_BAD },
        TEXT(LINE "Host: a\n\r\n"), HEAD_BAD },
        TEXT(LINE "Host: a\rX: b\r\n\r\n"), HEAD_BAD },
        TEXT(LINE "Host: a\r\r\n\r\n"), HEAD_BAD },
        TEXT("GET / HTTP/1.1\nHost: a\n\n"), HEAD_BAD },
        TEXT("GET /\0 HTTP/1.1\r\n\r\n"), HEAD_BAD },
        TEXT(LINE "X: \x7f\r\n\r\n"), HEAD_BAD },
        TEXT(LINE "Content-Length: 0\r\n\r\n"), HEAD_WHOLE },
        TEXT(LINE "Content-Length:\t0\r\n\r\n"), HEAD_WHOLE },
        TEXT(LINE "Content-Length: 00\r\n\r\n"), HEAD_BAD },
        TEXT(LINE "content-length: 5\r\n\r\n"), HEAD_BAD },
        TEXT(LINE "Content-Length:\r\n\r\n"), HEAD_BAD },
        TEXT(LINE "Content-Length: -1\r\n\r\n"), HEAD_BAD },
        TEXT(LINE "Transfer-Encoding: chunked\r\n\r\n"), HEAD_BAD },
        TEXT("\x16\x03\x01\x02"), HEAD_BAD },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (head_look((const uint8_t *)rows[i].bytes, rows[i].len) != rows[i].verdict)
            fail_msg("%s: %d", rows[i].name, head_look((const uint8_t *)rows[i].bytes, rows[i].len));
}

/* Whatever comes, the verdict comes with the byte that decides, and does not change any more. */
static void a_head_byte_by_byte(void **state)
{
    static const char head[] = LINE "Host: localhost\r\nAccept: */*\r\n\r\n";

    (void)state;
    for (size_t n = 0; n < sizeof head - 1; n++)
        assert_int_equal(head_look((const uint8_t *)head, n), HEAD_MORE);
    assert_int_equal(head_look((const uint8_t *)head, sizeof head - 1), HEAD_WHOLE);
}

static void CTL_05_too_much_of_anything(void **state)
{
    char *bytes = malloc(2 * HEAD_MAX);
    int n = sprintf(bytes, LINE);

    (void)state;
    for (int i = 0; i <= HEAD_FIELDS_MAX; i++)
        n += sprintf(bytes + n, "A:\r\n");
    n += sprintf(bytes + n, "\r\n");
    assert_int_equal(head_look((uint8_t *)bytes, (size_t)n), HEAD_TOO_LARGE);
    memset(bytes, 'a', 2 * HEAD_MAX);
    memcpy(bytes + HEAD_REQUEST_LINE_MAX, "\r\n", 2); /* a line may be that long and no longer */
    assert_int_equal(head_look((uint8_t *)bytes, HEAD_REQUEST_LINE_MAX + 2), HEAD_MORE);
    memcpy(bytes + HEAD_REQUEST_LINE_MAX, "a\r\n", 3);
    assert_int_equal(head_look((uint8_t *)bytes, HEAD_REQUEST_LINE_MAX + 3), HEAD_URI_TOO_LONG);
    memset(bytes, 'a', 2 * HEAD_MAX);
    assert_int_equal(head_look((uint8_t *)bytes, HEAD_REQUEST_LINE_MAX), HEAD_MORE);
    assert_int_equal(head_look((uint8_t *)bytes, HEAD_REQUEST_LINE_MAX + 1), HEAD_URI_TOO_LONG);
    memcpy(bytes, LINE "X:", sizeof LINE + 1);
    assert_int_equal(head_look((uint8_t *)bytes, HEAD_MAX - 1), HEAD_MORE);
    assert_int_equal(head_look((uint8_t *)bytes, HEAD_MAX), HEAD_TOO_LARGE);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(CTL_05_heads_are_whole_or_refused),
        cmocka_unit_test(a_head_byte_by_byte),
        cmocka_unit_test(CTL_05_too_much_of_anything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
