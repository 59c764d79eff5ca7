/*
 * Passwords: Argon2id with libsodium's interactive limits (64 MiB, some 100 ms of a core). Blocking: for
 * workers and the command line.
 */
#ifndef BASE_PASSWORD_H
#define BASE_PASSWORD_H
#include "base/err.h"
#include "base/slice.h"

/* "$argon2id$v=19$m=…", salt and costs in it, and a NUL. */
#define PASSWORD_HASH_SIZE 128

/* False when the machine has not got the memory. */
bool password_hash(struct slice password, char out[PASSWORD_HASH_SIZE], struct err *e) MUST_CHECK;
/* hash NULL or empty: there is none, which costs as much time and is false. */
bool password_check(const char *hash, struct slice password) MUST_CHECK;
/* Was it made with other costs than those of today? */
bool password_is_dated(const char *hash);

/* LIMIT_PASSWORD_MIN to LIMIT_PASSWORD_MAX bytes, a few different ones among them, and not the name. */
bool password_may_be(struct slice password, struct slice name, struct err *e) MUST_CHECK;

#endif
