/* How each client spells what a server is: shared by those who read entries and those who write them. */
#ifndef CLIENTS_DIALECT_H
#define CLIENTS_DIALECT_H
#include "clients/clients.h"

struct dialect {
	const char *word, *title;
	/* Where the object (or list) of servers stands, from the root: "a.b"; "a.*.b" for each member of a. NULL ends. */
	const char *servers[4];
	const char *url_key;	 /* what this client calls the address when the gate's is written */
	const char *headers_key;
	const char *type;	 /* "type": what stands there beside an address; NULL: nothing */
	bool is_bridged;	 /* it starts programs only */
};

const struct dialect *dialect_of(enum client c);

/* Continue's lists of servers: each entry has its name inside. Its oldest form has all in "transport". */
static inline const struct node *entry_transport(const struct node *entry)
{
	const struct node *inner = node_gets(entry, "transport");
	return node_type(inner) == NODE_OBJECT ? inner : entry;
}

/* variables.c: the text with what this client replaces in it. NULL and *why (of the arena) for what only the
 * client can know; both NULL: out of memory. */
const char *variables_expand(const struct client_file *f, const struct client_facts *facts, struct slice text,
			     struct arena *a, const char **why);

/* secrets.c: adds what stands in clear in this server, whose values are still as they are written: what a client
 * takes from elsewhere does not stand in the file. */
bool secrets_find_in(struct client_server *s, struct arena *a, struct err *e) MUST_CHECK;

#endif
