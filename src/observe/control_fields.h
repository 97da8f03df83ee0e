/* The fields of the control protocol's sections, in their order. One list serves both directions: a codec either writes a field or reads it, so
 * that the two cannot drift apart. A reader leaves what an older writer did not send as it was, and ignores what a newer one sends more. */
#ifndef OBSERVE_CONTROL_FIELDS_H
#define OBSERVE_CONTROL_FIELDS_H

#include "base/wire.h"
#include "observe/control.h"

struct control_codec {
    bool writing;
    bool ended;         /* reading: an older writer sent fewer fields */
    struct writer out;
    struct cursor in;
};

/* length u8 | bytes. Read: cut at size - 1 and at the first NUL. */
void control_field_text(struct control_codec *x, char *text, size_t size);

/* The sections. Numbers are as they came: control.c checks those that index or divide. */
void control_daemon_fields(struct control_codec *x, struct snapshot *s);
void control_page_fields(struct control_codec *x, struct page_data *p);
void control_source_fields(struct control_codec *x, struct snapshot_source *s);
void control_service_fields(struct control_codec *x, struct snapshot_service *s);
void control_card_fields(struct control_codec *x, struct snapshot_card *s);
void control_process_fields(struct control_codec *x, struct snapshot_process *p);
void control_clients_fields(struct control_codec *x, struct snapshot_clients *c);
void control_client_fields(struct control_codec *x, struct snapshot_client *c);
void control_access_fields(struct control_codec *x, struct snapshot_access *a);

/* One whose id is not known here is read as kind PROBLEM_KINDS, and left out. */
void control_problem_fields(struct control_codec *x, struct problem *p);

/* which u8 | sum | how many counts u8, then the counts: the limits are part of the protocol (base/histogram.h). */
void control_histogram_fields(struct control_codec *x, uint8_t *which, struct histogram *h);

/* What the verbs ask beyond sections. */
void control_question_fields(struct control_codec *x, struct control_request *r);

#endif
