/*
 * Entries of the official MCP registry: server.json (schema 2025-12-11; what older ones have otherwise
 * is read too) and the elements of GET /v0.1/servers. An entry names a server, its packages and remotes,
 * and says nothing of tools. Everything in it is a claim of whoever published it.
 */
#ifndef INDEX_REGISTRY_H
#define INDEX_REGISTRY_H
#include "index/index.h"

/*
 * v: a server.json, or {"server": server.json, "_meta": {…}}. Slices are v's or in the arena. ERR_INPUT with
 * one line when it is no entry: a name that is not "namespace/name", no version, an address that is none.
 */
bool registry_read(const struct json *v, struct arena *a, struct index_server *out, struct err *e) MUST_CHECK;
/* The registry says that a newer version of it is there. */
bool registry_is_older(const struct json *v);
/* Is it of this shape at all? */
bool registry_is_entry(const struct json *v);
#endif
