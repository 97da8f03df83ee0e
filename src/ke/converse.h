/* The conversation with an NTS server, in a process that can do nothing else.
 *
 *   who asks --fork--> [the connection, the way back] --TLS--> server
 *            <--ke_answer--
 *
 * TLS is the largest reader of outside bytes that there is here. Before the first of them that process has closed every descriptor but the two, reads no
 * file but in the folders of the system's authorities, or none where others are named (Landlock), can make no socket and start no process (sandbox.def,
 * KE_CLIENT). What it says back is looked at before it is used. */
#ifndef KE_CONVERSE_H
#define KE_CONVERSE_H

#include <openssl/ssl.h>

#include "ke/client.h"

/* Establish keys over the connection of `ssl`, whose name to expect is set: fills *a. gcm_siv: offer AEAD 30. Returns why that failed, or NULL; the text is
 * good until the next call. */
const char *ke_converse(SSL *ssl, const struct ke_question *q, bool gcm_siv, struct ke_answer *a);

#endif
