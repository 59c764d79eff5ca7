/*
 * Finds in a text what should not pass as it is: secrets, personal data, what the operator's own
 * patterns name, and text that gives orders to the model that reads it. Pure: a text in, findings
 * out; one pass, no backtracking.
 *
 * A finding of injection is a hint, never a defence: an attacker can always say it in other words.
 */
#ifndef SCAN_SCAN_H
#define SCAN_SCAN_H
#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

enum scan_kind {
	SCAN_NONE = 0,
	SCAN_SECRET,
	SCAN_EMAIL,
	SCAN_CARD, /* a payment card: its issuer's digits and length, and the Luhn digit */
	SCAN_IBAN, /* with its check digits (ISO 13616) */
	SCAN_SSN,  /* a US social security number, as it is written: 3-2-4 */
	SCAN_PHONE,
	SCAN_NATIONAL_ID, /* of persons, where it has a check digit */
	SCAN_PATTERN,     /* the operator's own */
	SCAN_INJECTION,
	SCAN_KINDS,
};
#define SCAN_BIT(kind) (1u << (kind))
#define SCAN_PERSONAL                                                                              \
	(SCAN_BIT(SCAN_EMAIL) | SCAN_BIT(SCAN_CARD) | SCAN_BIT(SCAN_IBAN) | SCAN_BIT(SCAN_SSN) |   \
	 SCAN_BIT(SCAN_PHONE) | SCAN_BIT(SCAN_NATIONAL_ID))

/* UNSURE is shown to people and never acted upon. */
enum scan_certainty { SCAN_UNSURE = 0, SCAN_LIKELY, SCAN_CERTAIN };

struct scan_finding {
	enum scan_kind kind;
	enum scan_certainty certainty;
	const char *name; /* what exactly: "aws-access-key", "hidden-characters"; constant */
	size_t start, length; /* bytes of the text, on bounds of characters */
};

/* Sorted by start; only those of injection may overlap others. Zeroed is empty. */
struct scan_findings {
	struct scan_finding *v; /* owned; scan_findings_release */
	size_t n, cap;
	/* More than LIMIT_SCAN_FINDINGS, or a pattern that reached a limit: nothing may be concluded
	 * from what is not in it. */
	bool is_cut;
};
void scan_findings_clear(struct scan_findings *f); /* keeps the memory */
void scan_findings_release(struct scan_findings *f);
size_t scan_count(const struct scan_findings *f, enum scan_kind kind);
/* The surest finding of injection; NULL: none that is more than UNSURE. */
const struct scan_finding *scan_injection(const struct scan_findings *f);

/* What a text is: a result tells, a definition says what a tool does and what it needs. */
enum scan_source { SCAN_RESULT = 0, SCAN_DEFINITION };

struct scanner; /* immutable once made */
struct scanner_opts {
	unsigned kinds; /* SCAN_BIT of each */
	enum scan_source source;
	const struct slice *patterns; /* regular expressions (base/regex.h), compiled; not kept */
	size_t pattern_n;
};
/* NULL and *e for a pattern that does not compile, or more than LIMIT_SCAN_PATTERNS. */
struct scanner *scanner_new(const struct scanner_opts *o, struct err *e) MUST_CHECK;
void scanner_free(struct scanner **s);
bool scanner_wants(const struct scanner *s, enum scan_kind kind);

/* The findings of this text alone are in *out afterwards. */
void scan_text(const struct scanner *s, struct slice text, struct scan_findings *out);

/* The same for the value of a member or field of this name: "password" makes a secret of what follows. */
void scan_named(const struct scanner *s, struct slice name, struct slice text, struct scan_findings *out);

/*
 * The text with each finding of more than UNSURE, but of injection, replaced by "[redacted: email]".
 * A text that is cut becomes "[redacted: too much]" whole.
 */
void scan_redact(struct buf *b, struct slice text, const struct scan_findings *f);
bool scan_redacts(const struct scan_findings *f); /* would that change anything? */

/*
 * One entry of the policy's `redact`: "secrets", "personal", "email", "card", "iban", "ssn", "phone",
 * "national_id" set bits in *kinds; "pattern:…" sets *pattern to what follows. False: neither.
 */
bool scan_word_read(struct slice word, unsigned *kinds, struct slice *pattern) MUST_CHECK;
const char *scan_kind_word(enum scan_kind kind); /* "secret", "email", … */

/* Is there a secret in it, plain or encoded (base64, base64url, hex, percent), each up to
 * LIMIT_SCAN_NESTING deep? Allocates only for what is encoded. */
bool scan_has_secret(struct slice text) MUST_CHECK;
/* The same in what the texts make when they are put together, in this order. */
bool scan_has_split_secret(const struct slice *parts, size_t n) MUST_CHECK;

#endif
