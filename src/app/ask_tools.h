/*
 * Asks one server for its tools, with nothing of the gate around it: for the command line, which
 * looks at servers that no gate runs. The server is started (stdio) or asked (HTTP) as the gate
 * would, in whichever era it speaks.
 */
#ifndef APP_ASK_TOOLS_H
#define APP_ASK_TOOLS_H
#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "http/message.h"
#include <stdint.h>

/* Either url or argv. */
struct ask_tools_opts {
	const char *name; /* of the server; a legal name */
	const char *url;
	const struct http_header *headers;
	size_t header_n;
	const char *const *argv; /* NULL-terminated */
	const char *const *env;  /* NULL-terminated "NAME=value"; its whole environment */
	const char *cwd;	 /* NULL: ours */
	uint64_t timeout_ms;	 /* for all of it; 0: LIMIT_ASK_TOOLS_MS */
	bool (*is_given_up)(const void *of); /* asked now and then; true: it fails. NULL: never */
	const void *of;
};

struct ask_tools_server { /* what it says of itself (Implementation); empty: nothing */
	char name[LIMIT_ASK_TOOLS_NAME + 1], version[LIMIT_ASK_TOOLS_NAME + 1];
};

/*
 * *tools gets the array of its tools/list, all pages, each definition as it was listed. A child has
 * ended before this returns. who: may be NULL. False and *e: it cannot be started or reached, does
 * not answer in time, answers with an error, or lists more than LIMIT_TOOLS_PER_SERVER tools,
 * LIMIT_LIST_PAGES pages or what *tools holds. ERR_INPUT: the options are wrong; else ERR_REMOTE.
 */
bool ask_tools(const struct ask_tools_opts *o, struct buf *tools, struct ask_tools_server *who,
	       struct err *e) MUST_CHECK;

/* The same of a server as the store has it: with the environment that the gate would give it. */
struct config;
struct store_server;
bool ask_tools_of(const struct config *c, const struct store_server *s, struct buf *tools,
		  struct ask_tools_server *who, struct err *e) MUST_CHECK;
/* The same for administration (admin/admin.h, try_server): who as JSON. */
struct server_trial;
bool ask_tools_to_try(const struct server_trial *t, struct buf *tools, struct buf *who, struct err *e) MUST_CHECK;

#endif
