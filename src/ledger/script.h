/* The scripts that run in the store: each is one step that nothing else comes between. */
#ifndef LEDGER_SCRIPT_H
#define LEDGER_SCRIPT_H
#include <stddef.h>

enum script_name { SCRIPT_RESERVE = 0, SCRIPT_GIVE, SCRIPT_RENEW, SCRIPT_FIND, SCRIPT_KEEP, SCRIPT_COUNT };

struct script {
	const char *name, *text;
	size_t n;
};
extern const struct script scripts[SCRIPT_COUNT];

#endif
