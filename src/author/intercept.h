/*
 * Policies of Intercept (YAML, version "1", with the approvals of its later versions) as our
 * documents. What decides differently here is said in a note; what cannot be said here at all
 * refuses, and a note says so. Nothing becomes more permissive silently.
 */
#ifndef AUTHOR_INTERCEPT_H
#define AUTHOR_INTERCEPT_H
#include "base/buf.h"
#include "base/compiler.h"

struct import_note {
	int line, column; /* from 1, in the YAML text */
	bool is_error;    /* the file is not valid there, or cannot be had here */
	char text[320];
};

struct import_notes {
	struct import_note *v; /* owned; free with import_notes_release */
	size_t n, errors;
};
void import_notes_release(struct import_notes *n);

/*
 * scope: who shares a counter here, "grant", "session" or "server". There it is everybody behind
 * one proxy, which is "server" here. Appends the document to out, printed for people. False when
 * any note is an error; all mistakes are told, up to LIMIT_IMPORT_NOTES.
 */
bool intercept_import(struct slice text, const char *scope, struct buf *out,
		      struct import_notes *notes) MUST_CHECK;

#endif
