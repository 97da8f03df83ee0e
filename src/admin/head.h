/* What may reach the HTTP library: a whole request head, and nothing odd in it. This refuses only; it takes nothing out of a request, the library does.
 *
 * Refused is that by which two readers of HTTP come to understand a request differently (RFC 9112 sections 2.2, 5, 6 and 11.2): control characters, a
 * carriage return or line feed alone, a line without its colon, a continued line, a body (no request here has one), and heads that are too long. Pure. */
#ifndef ADMIN_HEAD_H
#define ADMIN_HEAD_H

#include <stddef.h>
#include <stdint.h>

#define HEAD_MAX 8192
#define HEAD_REQUEST_LINE_MAX 2048
#define HEAD_FIELDS_MAX 100

/* HEAD_MORE: fine so far, not whole yet. The others are a status code of HTTP. */
enum head_verdict { HEAD_MORE = 0, HEAD_WHOLE = 200, HEAD_BAD = 400, HEAD_URI_TOO_LONG = 414, HEAD_TOO_LARGE = 431 };

/* All bytes of the connection so far. */
enum head_verdict head_look(const uint8_t *bytes, size_t len);

#endif
