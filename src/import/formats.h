/* The four readers behind import.h. Each takes bytes and fills a draft that draft_init has made empty. */
#ifndef IMPORT_FORMATS_H
#define IMPORT_FORMATS_H

#include <stddef.h>

struct draft;

void import_chrony(struct draft *d, const char *bytes, size_t len);    /* chrony.conf(5), chrony 4.6 and before */
void import_ntp(struct draft *d, const char *bytes, size_t len);       /* ntp.conf(5) of ntpd 4.2.8 and of NTPsec 1.2 */
void import_ntpd_rs(struct draft *d, const char *bytes, size_t len);   /* ntp.toml(5), ntpd-rs 1.x */
void import_timesyncd(struct draft *d, const char *bytes, size_t len); /* timesyncd.conf(5), systemd */

#endif
