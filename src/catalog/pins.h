/*
 * Which tools are as they were when they were reviewed: pure state in memory. What is kept of a tool comes
 * in by pins_load, what a server lists by pins_look, and what must be kept because of it goes out as news.
 *
 * Each revision of MCP has words for more of a tool than the one before: annotations since 2025-03-26, title and
 * outputSchema since 2025-06-18, an outputSchema that is not of type object since 2026-07-28. What a list cannot say is
 * no change; what it says for the first time extends what was reviewed, and from then on is compared as well.
 */
#ifndef CATALOG_PINS_H
#define CATALOG_PINS_H
#include "base/slice.h"
#include "json/json.h"
#include <stdint.h>

/* What a list could say of a tool beside description and inputSchema: bits. */
#define PIN_TELLS_ANNOTATIONS 1u
#define PIN_TELLS_TITLE	      2u
#define PIN_TELLS_OUTPUT      4u
#define PIN_TELLS_ANY_OUTPUT  8u /* also one that is not of type object */
#define PIN_TELLS_ALL	      15u

enum pins_mode {
	PINS_REVIEW = 0, /* each tool waits for a person, also those of a server's first list */
	PINS_FIRST,	 /* a server's first list counts as reviewed; what comes or changes later waits */
	PINS_FLAG,	 /* the same, but what waits can be used meanwhile */
	PINS_OFF,
};

enum pin_state {
	PIN_UNSEEN = 0, /* not looked at: may not be used */
	PIN_FREE,	/* pins are off */
	PIN_AS_REVIEWED,
	PIN_CHANGED,	/* another than was reviewed */
	PIN_NEW,	/* it was never reviewed */
	PIN_POISONED,	/* the same, and its text says what no definition has a reason to say */
	PIN_REJECTED,	/* a person said no to this very definition */
	PIN_STATES,
};
const char *pin_state_word(enum pin_state s); /* "reviewed", "changed", "new", "poisoned", "rejected", … */

#define PIN_FINDINGS_MAX 8
struct pin_finding {
	const char *name; /* of scan.h; constant */
	bool is_certain;
	char where[96];	  /* JSON Pointer into the definition */
};

enum pin_part { PIN_DESCRIPTION = 0, PIN_INPUT, PIN_ANNOTATIONS, PIN_TITLE, PIN_OUTPUT, PIN_PARTS };

/* A definition, by hashes of its parts. */
struct pin_facts {
	unsigned char part[PIN_PARTS][16]; /* zero: it has none */
	unsigned told;			   /* PIN_TELLS_… of the list it came by */
	bool is_output_other;		   /* its outputSchema is not of type object */
};
void pin_facts_of(const struct json *definition, unsigned told, struct pin_facts *out);
enum pin_match { PIN_OTHER = 0, PIN_MORE, PIN_SAME };
/* MORE: `seen` says what the list of `kept` could not, and nothing else differs. */
enum pin_match pin_compare(const struct pin_facts *kept, const struct pin_facts *seen);

struct pins;
/* holds_poisoned: of a tool that was never reviewed. */
struct pins *pins_new(enum pins_mode mode, bool holds_poisoned);
void pins_free(struct pins **p);
enum pins_mode pins_mode(const struct pins *p);

/* What was kept, all of it: begin, every server and tool, end. What is not loaded again is forgotten; what
 * servers listed is judged anew. */
void pins_load_begin(struct pins *p);
void pins_load_server(struct pins *p, struct slice server); /* whose first list was seen to its end */
/* kept, waiting: NULL when there is none. */
void pins_load(struct pins *p, struct slice server, struct slice tool, const struct pin_facts *kept,
	       const struct pin_facts *waiting, bool is_rejected);
void pins_load_end(struct pins *p);

/* What must be kept because of a look. */
enum pin_news {
	PIN_NO_NEWS = 0,
	PIN_NEWS_TAKEN,	  /* it counts as reviewed, now for the first time */
	PIN_NEWS_MORE,	  /* a part of it does that no list had said before; nothing waits any more */
	PIN_NEWS_WAITING, /* this definition waits for a person */
	PIN_NEWS_BACK,	  /* it is again what was reviewed: nothing waits any more */
};

/* A tool that a server lists. *is_new: it was not looked at in this form before, so that its text must
 * be scanned (pins_found) before pins_settle. */
void pins_look(struct pins *p, struct slice server, const struct json *tool, unsigned told, bool *is_new);
void pins_found(struct pins *p, struct slice server, struct slice tool, const struct pin_finding *f);
enum pin_state pins_settle(struct pins *p, struct slice server, struct slice tool, enum pin_news *news);
/* The news could not be kept: it is as if it had not been looked at. */
void pins_undo(struct pins *p, struct slice server, struct slice tool);
/* A whole list was seen. True: for the first time. */
bool pins_close(struct pins *p, struct slice server);

/* As it was seen last. UNSEEN for what is not known. */
enum pin_state pins_state(const struct pins *p, struct slice server, struct slice tool);
bool pins_holds(const struct pins *p, enum pin_state s); /* may not be listed or called */
/* Of this very definition, as pins_look would hash it. UNSEEN when it was not looked at. */
enum pin_state pins_state_of(const struct pins *p, struct slice server, const struct json *tool, unsigned told);
size_t pins_findings(const struct pins *p, struct slice server, struct slice tool, const struct pin_finding **v);
/* How often the state of a tool became another. */
uint64_t pins_changes(const struct pins *p);

#endif
