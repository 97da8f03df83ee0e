/* Asking NTS servers for keys, by a program of its own: whole messages of fixed size over a socket pair, as with simple-utcd-resolve.
 *
 *   core --ke_question--> [socket pair] --> simple-utcd-ke client --TLS--> server
 *        <--ke_answer---- */
#ifndef KE_CLIENT_H
#define KE_CLIENT_H

#include "base/addr.h"
#include "base/option.h"
#include "host/privilege.h"
#include "ke/trust.h"
#include "nts/certificate.h"
#include "nts/record.h"

#define KE_CLIENT_FD 3
#define KE_CLIENT_IDLE_MS 10000  /* the program ends after so long without a question */
#define KE_CLIENT_TOTAL_S 30     /* for a whole key establishment, however many addresses the name has */
#define KE_WRONG_MAX 120

struct ke_question {
    uint16_t configured;         /* which of `sources` */
    uint16_t port;               /* of key establishment */
    char name[OPTION_TEXT_MAX];  /* whom the certificate has to name */
    struct net_addr heard;       /* who gives its time at present; family ADDR_NONE: nobody */
    struct ke_trust trust;
};

struct ke_answer {
    uint16_t configured;
    char wrong[KE_WRONG_MAX];    /* why there are no keys; "": there are */
    uint32_t refused;            /* addresses of the name that took the connection and gave no keys, before one that did */
    char refused_why[KE_WRONG_MAX]; /* what the first of them lacked */
    uint32_t missing;            /* what the process that spoke TLS has to do without (host/sandbox.h): SANDBOX_NO_... */
    struct net_addr ntp;         /* whom to ask for the time; port 0 when it was not said */
    struct nts_validity valid;   /* of the server's certificate */
    struct nts_keys keys;
    struct nts_ke_grant grant;
};

/* The program's life; returns its exit code. user: whom to become before a network is looked at, or NULL; the files of trust may be root's alone. */
int ke_ask(const struct host_user *user);

#endif
