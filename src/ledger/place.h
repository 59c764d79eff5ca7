/*
 * Where the shared store is and who asks, from configuration:
 *   redis://[[user]:password@]host[:port][/database]   rediss:// with TLS   valkey://, valkeys:// likewise
 *   unix:/path/of/socket[?db=number]                   unix://[[user]:password@]/path/of/socket[?db=number]
 * User and password may have %XX. No error shows any of it.
 */
#ifndef LEDGER_PLACE_H
#define LEDGER_PLACE_H
#include "base/err.h"
#include "base/slice.h"

struct place {
	bool is_tls, is_unix;
	char host[256]; /* or the path */
	int port;
	char user[128], password[512]; /* "": none */
	unsigned database;
};

bool place_parse(struct slice url, struct place *out, struct err *e) MUST_CHECK;

#endif
