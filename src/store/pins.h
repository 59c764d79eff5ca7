/*
 * Tools as they were reviewed, what waits for a review, and who said what: the tables of
 * sql/0008_pins.sql. catalog/pins.h decides what is written here.
 */
#ifndef STORE_PINS_H
#define STORE_PINS_H
#include "store/store.h"

#define STORE_PIN_SIZE 32

struct store_pin {
	const char *server, *tool;
	/* as it was reviewed; p NULL: never. Canonical JSON */
	struct slice definition;
	unsigned char pin[STORE_PIN_SIZE];
	unsigned told;
	int64_t reviewed_us;
	const char *reviewed_by; /* "": it was there at first sight */
	/* what waits; p NULL: nothing */
	struct slice waiting;
	unsigned char waiting_pin[STORE_PIN_SIZE];
	unsigned waiting_told;
	int64_t waiting_us;
	bool is_rejected; /* it does not wait, a person said no */
	const char *rejected_by;
	const char *findings; /* of what waits: JSON [{"name","certain","where"}] */
};

/* Sorted by server and tool. server NULL: of all; waiting_only: only those of which something waits or was
 * rejected. */
bool store_pins(struct store *s, const char *server, bool waiting_only, struct arena *a, struct store_pin **v,
		size_t *n, struct err *e) MUST_CHECK;
/* The same of what waits or was rejected, of servers that may be seen, one after another. fn: false ends it. total: how
 * many there are, whatever was passed over. */
struct store_pins_ask {
	const char *server; /* NULL: all */
	struct slice cursor; /* "server/tool" that the page before ended with; empty: from the first */
	bool (*sees)(void *ctx, struct slice server);
	void *ctx;
};
typedef bool store_pins_fn(void *ctx, const struct store_pin *p);
bool store_pins_waiting(struct store *s, const struct store_pins_ask *ask, struct arena *a, store_pins_fn *fn, void *ctx,
			uint64_t *total, struct err *e) MUST_CHECK;
/* *found false: nothing is kept of it. */
bool store_pin_get(struct store *s, const char *server, struct slice tool, struct arena *a, struct store_pin *out,
		   bool *found, struct err *e) MUST_CHECK;
/* Servers whose first list was seen to its end. */
bool store_pin_servers(struct store *s, struct arena *a, const char *const **v, size_t *n, struct err *e) MUST_CHECK;
/* Another number whenever somebody reviewed something, also another process. */
bool store_pins_version(struct store *s, int64_t *version, struct err *e) MUST_CHECK;

enum store_pin_what {
	STORE_PIN_TAKE = 1, /* counts as reviewed, where nothing of it does yet */
	STORE_PIN_MORE,	    /* counts as reviewed in place of what did; nothing waits */
	STORE_PIN_WAIT,	    /* waits, in place of what did */
	STORE_PIN_BACK,	    /* nothing waits any more; what never was reviewed is forgotten */
};
struct store_pin_change {
	enum store_pin_what what;
	struct slice tool, definition; /* definition: of TAKE, MORE, WAIT */
	unsigned char pin[STORE_PIN_SIZE];
	unsigned told;
	struct slice findings; /* of WAIT */
};
/* All or none. *lost: another process took one of them for reviewed in another form; its word stands. */
bool store_pins_write(struct store *s, const char *server, const struct store_pin_change *v, size_t n, bool *lost,
		      struct err *e) MUST_CHECK;
bool store_pins_close(struct store *s, const char *server, struct err *e) MUST_CHECK; /* its first list was seen */

/* A person's word on what waits. pin binds it to what was shown: hexadecimal digits that the pin begins
 * with, at least 8; another one is refused. */
struct store_pin_review {
	const char *server, *tool, *pin, *person, *note;
	bool is_yes;
};
bool store_pin_review(struct store *s, const struct store_pin_review *r, struct err *e) MUST_CHECK;

struct buf;
/* {"server","tool","state","reviewed":{"pin","at","by","definition"},"waiting":{"pin","since","rejected_by",
 * "definition","findings"}}, the last two where there is something. */
void store_pin_write_json(struct buf *b, const struct store_pin *p);

struct store_pin_entry {
	int64_t time_us;
	const char *what, *person, *note; /* what: "first", "more", "accepted", "rejected" */
	unsigned char pin[STORE_PIN_SIZE];
};
/* Newest first, at most LIMIT_PIN_HISTORY. */
bool store_pin_history(struct store *s, const char *server, const char *tool, struct arena *a, struct store_pin_entry **v,
		       size_t *n, struct err *e) MUST_CHECK;

#endif
