/*
 * The text fields of a record as a table, so that its coding, its JSON and its columns
 * name them in one order; and ids as 16 bytes.
 */
#ifndef AUDIT_FIELDS_H
#define AUDIT_FIELDS_H
#include "audit/audit.h"
#include <assert.h>

#define AUDIT_TEXTS 19
#define AUDIT_TEXTS_1 16 /* of the first version of the coding, still written where the rest is empty */
#define AUDIT_ID_SIZE 16

struct audit_text_field {
	size_t offset;
	const char *name; /* in JSON; NULL: written by its own rule */
};
extern const struct audit_text_field audit_texts[AUDIT_TEXTS];

struct slice *audit_text(struct audit_record *r, size_t i);
struct slice audit_text_of(const struct audit_record *r, size_t i);

bool audit_id_read(struct slice text, unsigned char out[AUDIT_ID_SIZE]) MUST_CHECK;
void audit_id_text(const unsigned char id[AUDIT_ID_SIZE], char out[RANDOM_UUID_SIZE]);

/* Part and id of an entry without decoding the rest. False when it is too short. */
bool audit_peek(struct slice entry, enum audit_part *part, struct slice *id) MUST_CHECK;

#endif
