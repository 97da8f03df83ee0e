/* What a client of key establishment goes by; without OpenSSL's types, because core says it. */
#ifndef KE_TRUST_H
#define KE_TRUST_H

#include "base/option.h"

/* Whom a client believes, and as whom it shows itself. Texts are paths; "" for none. */
struct ke_trust {
    char authorities[OPTION_TEXT_MAX];  /* ... that the server's certificate has to descend from; "": those whom the system trusts */
    char revoked[OPTION_TEXT_MAX];      /* their lists of revoked certificates */
    char pin[OPTION_TEXT_MAX];          /* no path: "sha256//" and the hash of the server's public key in base64; it takes the authorities' place */
    char certificate[OPTION_TEXT_MAX], private_key[OPTION_TEXT_MAX]; /* our own, for servers that ask */
    struct utc_ns at;                   /* the time to judge certificates by */
    bool dead;                          /* `at` has passed, and that is all that is known: certificates may begin later */
};

#endif
