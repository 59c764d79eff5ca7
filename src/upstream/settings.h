/* The settings of one server, owned: checked once, copied, compared on reload. */
#ifndef UPSTREAM_SETTINGS_H
#define UPSTREAM_SETTINGS_H
#include "base/digest.h"
#include "upstream/upstream.h"

#define SETTINGS_HEADERS_MAX 32 /* more configured headers are refused */

/* A header that the gate sets itself. */
bool settings_reserves(struct slice name);
bool settings_check(const struct upstream_opts *o, struct err *e) MUST_CHECK;
/* Deep copy; settings_release frees it. */
struct upstream_opts settings_copy(const struct upstream_opts *o);
void settings_release(struct upstream_opts *o);
/* Equal fingerprints mean equal settings, secrets included. */
void settings_fingerprint(const struct upstream_opts *o, unsigned char out[DIGEST_SIZE]);

#endif
