/* One file of a client, read from the disk: what import shows and takes over. */
#ifndef CLIENTS_READ_H
#define CLIENTS_READ_H
#include "clients/clients.h"

struct client_text {
	const char *target; /* with links followed */
	struct slice text;
	unsigned mode;
	struct client_server *servers;
	size_t n;
	const char *trouble; /* why it cannot be used; NULL */
};
/* All in the arena, secrets too. False: trouble says why. */
bool clients_read(const struct client_file *f, const struct client_facts *facts, struct arena *a, struct client_text *out);

/* Where the server is, for showing: the host of an address, the words of a command that hold no secret. */
void client_server_place(struct buf *b, const struct client_server *s);
/* Why it stays as it is, a sentence without its full stop; "" of one that moves. */
const char *client_server_stays(const struct client_server *s);

#endif
