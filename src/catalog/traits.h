/*
 * Traits: what an argument or a tool is that its category does not tell, and that a pattern of abuse
 * needs. They come from the signals and from the words of the name.
 */
#ifndef CATALOG_TRAITS_H
#define CATALOG_TRAITS_H
#include "base/compiler.h"

enum trait {
	TRAIT_PATH = 0,	  /* an argument names a file or folder */
	TRAIT_URL,	  /* … an address to call */
	TRAIT_COMMAND,	  /* … is run by a shell, an interpreter or a program */
	TRAIT_SQL,	  /* … is a statement for a database */
	TRAIT_RECIPIENT,  /* … names who receives */
	TRAIT_AMOUNT,	  /* … is money, or a quantity that costs */
	TRAIT_BULK,	  /* one call touches many records */
	TRAIT_PERMISSION, /* changes rights, roles, keys, tokens, policy */
	TRAIT_CREDENTIAL, /* returns or handles secrets */
	TRAIT_MEMORY,	  /* writes what a later session reads */
	TRAIT_CONFIG,	  /* writes settings of an agent, editor or client */
	TRAIT_REPO,	  /* changes a repository or a pipeline */
	TRAIT_LONG,	  /* starts jobs, crawls, generations, waits */
	TRAITS,
};
#define TRAIT_BIT(t) (1u << (t))
const char *trait_word(enum trait t); /* "path_arg", … "long_running" */

#endif
