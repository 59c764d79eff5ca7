/* What the readers of this folder share; node.h is their door. */
#ifndef CLIENTS_READERS_H
#define CLIENTS_READERS_H
#include "base/buf.h"
#include "base/limits.h"
#include "clients/node.h"

/* One text that is read; `at` is the next byte. Only UTF-8 without NUL comes here. */
struct reader {
	struct slice text;
	size_t at;
	struct arena *arena;
	struct err *e;
	size_t values;
	int depth;
};

struct node *jsonc_read(struct reader *r) MUST_CHECK;
struct node *toml_read(struct reader *r) MUST_CHECK;
struct node *yaml_tree_read(struct reader *r) MUST_CHECK;

/* The last child of its parent (NULL: the root); NULL and *r->e when there are too many. */
struct node *node_add(struct reader *r, struct node *parent, struct node one) MUST_CHECK;
bool reader_fail(struct reader *r, size_t at, const char *what);
/* Surrogates and what is past Unicode become U+FFFD. */
void utf8_add(struct buf *b, unsigned long c);
/* Exactly n hexadecimal digits. */
bool hex_read(struct slice text, size_t at, size_t n, unsigned long *out) MUST_CHECK;

/* toml_value.c: the value at r->at, as a child of parent. */
struct node *toml_value(struct reader *r, struct node *parent, struct slice key, size_t key_at) MUST_CHECK;
/* One part of a key, bare or in quotes; *at: its first byte. */
bool toml_key_part(struct reader *r, struct slice *key, size_t *at) MUST_CHECK;
/* Follows a dotted key inside `from`, making what is not there; the last part is left in *key. */
struct node *toml_path(struct reader *r, struct node *from, struct slice *key, size_t *key_at) MUST_CHECK;
void toml_blanks(struct reader *r); /* spaces and tabs */
/* Blanks, comments and line ends. */
bool toml_space(struct reader *r) MUST_CHECK;

static inline char reader_peek(const struct reader *r)
{
	return r->at < r->text.n ? r->text.p[r->at] : '\0';
}

static inline bool reader_take(struct reader *r, const char *word)
{
	struct slice rest = slice_of(r->text.p + r->at, r->text.n - r->at);
	if (!slice_starts(rest, slice_str(word)))
		return false;
	r->at += strlen(word);
	return true;
}

#endif
