/* Key establishment for our own sources: questions to simple-utcd-ke client (ke/client.h), which is started when one waits, as simple-utcd-resolve is. */
#ifndef DAEMON_KE_CLIENT_H
#define DAEMON_KE_CLIENT_H

#include <sys/types.h>

#include "daemon/resolver.h"
#include "ke/client.h"

#define KE_CLIENT_PATIENCE_S 60  /* a question without an answer for so long is given up: the program died over it */

/* The core's side. Both return 0 or -UE_...; an answer is checked. */
int ke_client_ask(int fd, const struct ke_question *q);
int ke_client_take(int fd, struct ke_answer *out);

/* For resolver_start_program. */
extern const struct resolver_program ke_client_program;

#endif
