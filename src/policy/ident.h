/*
 * Identifiers in texts: what an instruction needs to be carried out, an address, a host, a URL, an
 * account, a path, an id. The same one comes out of YAML, Markdown, HTML, JSON in a string and of
 * an argument: escapes (\n, \u0040, &#64;, %40, up to three deep) are read both as they stand and
 * decoded; case, width and characters that are not seen are folded; punctuation around is dropped.
 * Nothing here allocates. Times are linear in the text.
 */
#ifndef POLICY_IDENT_H
#define POLICY_IDENT_H
#include "json/json.h"

/* Bytes of one identifier. A longer run is read in pieces of that size. */
#define IDENT_MAX 512

/* By its form alone, so the same one has the same kind wherever it is met. */
enum ident_kind {
	IDENT_MAIL = 1,
	IDENT_URL = 2,
	IDENT_HOST = 4,
	IDENT_ACCOUNT = 8, /* a number, or letters and digits in one: phone, card, IBAN, key */
	IDENT_PATH = 16,
	IDENT_ID = 32, /* parts joined by signs: a file's name, a handle, an id */
	IDENT_WORD = 64,
};
#define IDENT_ALL 127u

struct ident {
	struct slice text; /* valid during the call only */
	enum ident_kind kind;
	/* It is the whole of a string or number of a record, under a key or in a list: the system that
	 * keeps the records put it there. False within a longer text, and under a key that names who
	 * wrote it (sender, from, author …), for that is the writer's own choice. */
	bool is_field;
};
typedef void (*ident_fn)(void *ctx, const struct ident *i);

/* The kind that a policy calls by this word: mail, url, host, account, path, id, word; 0: none. */
unsigned ident_kind_of(struct slice word);

/* Calls on() for each identifier of one of these kinds (bits); the same one may come again. False
 * when there were more than LIMIT_IDENTIFIERS: the rest was not looked at, so nobody can be sure of
 * what is absent. */
bool ident_each(struct slice text, unsigned kinds, ident_fn on, void *ctx) MUST_CHECK;
/* Of all strings and numbers of a value, as a result that is to be remembered; of its keys, too, but
 * for ids and words, which are the names of columns. */
bool ident_each_in(const struct json *v, unsigned kinds, ident_fn on, void *ctx) MUST_CHECK;
/* What to look up for an argument, or a string of one. Fewer than ident_each has: a mere word is
 * one only where it is the whole string, for people and models use the same words by themselves. */
bool ident_each_asked(const struct json *v, unsigned kinds, ident_fn on, void *ctx) MUST_CHECK;

#endif
