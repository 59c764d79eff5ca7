/*
 * Tokens of grants: "gh_" and 32 random bytes as base64url. Only the BLAKE2b hash is
 * kept: the token has so much entropy that a slow hash would add nothing.
 */
#ifndef GRANT_TOKEN_H
#define GRANT_TOKEN_H
#include "base/digest.h"
#include "base/slice.h"

#define TOKEN_SIZE 47 /* 46 characters and a NUL */

void token_new(char out[TOKEN_SIZE], unsigned char hash[DIGEST_SIZE]);
/* False when it cannot be a token of ours; the hash is then not filled. */
bool token_hash(struct slice token, unsigned char hash[DIGEST_SIZE]) MUST_CHECK;

#endif
