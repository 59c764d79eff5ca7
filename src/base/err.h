/*
 * The error value: what kind of failure, and one line of text that is complete
 * enough to print as it is. Lower case, no full stop, the subject in single
 * quotes, what to do about it when that is known.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H
#include "base/compiler.h"
#include <stdbool.h>

enum err_kind {
	ERR_NONE = 0,
	ERR_INPUT,  /* a peer or the operator sent something we refuse */
	ERR_LIMIT,  /* a bound from limits.h was reached */
	ERR_REMOTE, /* a server, the store or the network failed us */
};

struct err {
	enum err_kind kind;
	char text[256];
};

/* Sets *e (which may be NULL) and returns false, so that a failing function can
 * end with "return err_set(e, ...)". A text that is too long is cut. */
bool err_set(struct err *e, enum err_kind kind, const char *fmt, ...) PRINTF_LIKE(3, 4);
#ifdef __clang_analyzer__
#define err_set(...) (err_set(__VA_ARGS__), false) /* the analyzer does not see into err.c */
#endif

#endif
