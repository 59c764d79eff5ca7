/* Members and objects as a file of a client writes them: its language, its indentation, its line ends. */
#ifndef CLIENTS_STYLE_H
#define CLIENTS_STYLE_H
#include "clients/node.h"

struct style {
	enum language language;
	const char *eol;
	bool is_long;	    /* a member a line */
	bool is_block;	    /* of YAML, without brackets */
	struct slice outer; /* what stands before the closing bracket on its line; of a block, before its members */
	struct slice unit;  /* one step further in */
};

/* As this entry is written. Borrows from the text. */
struct style style_of(struct slice text, enum language l, const struct node *entry);

/* One member with its key: a string, a list of strings, or an object of the same. False: out of memory. */
bool style_member(const struct style *s, const struct node *n, struct arena *a, struct slice *out) MUST_CHECK;
/* An object in brackets of such members. */
bool style_object(const struct style *s, const struct slice *v, size_t n, struct arena *a, struct slice *out) MUST_CHECK;
/* A block of YAML: the first where it stands, the others below it. */
bool style_lines(const struct style *s, const struct slice *v, size_t n, struct arena *a, struct slice *out) MUST_CHECK;

#endif
