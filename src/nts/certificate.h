/* For how long a certificate, or what a chain of them vouches for, is good, and when to say that it will not be much longer. */
#ifndef NTS_CERTIFICATE_H
#define NTS_CERTIFICATE_H

#include "base/time.h"

struct nts_validity {
    struct utc_ns from, until;   /* until 0: not known */
    struct dur_ns life;          /* of the one that ends first, which may have begun before `from` */
};

/* 30 days before the end, 7 days before, and over; sooner where the whole life is short: certificates of 90 days are renewed when a third of it is left. */
enum nts_expiry { NTS_EXPIRY_FAR, NTS_EXPIRY_NEAR, NTS_EXPIRY_VERY_NEAR, NTS_EXPIRED };
enum nts_expiry nts_expiry(const struct nts_validity *v, struct utc_ns now);

#endif
