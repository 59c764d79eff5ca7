/*
 * The parts of `gatehouse import`, in the order of its work: find (files and their servers), plan (names,
 * grants, edits), show, policy, apply, and undo. Everything lives in the arena of the command.
 */
#ifndef CLI_IMPORT_H
#define CLI_IMPORT_H
#include "base/limits.h"
#include "cli/place.h"
#include "clients/clients.h"
#include "grant/token.h"

/* A server that will be behind the gate: of one client or of several. */
struct import_server {
	const char *name; /* behind the gate */
	const struct client_server *of;
	bool is_there;	    /* the store has the very same already */
	const char *policy; /* NULL: none */
	const char *what;   /* what its policy lets an agent do; NULL: not known */
};

struct import_file {
	struct client_file file;
	const char *target; /* with links followed */
	struct slice text;
	struct client_server *servers;
	size_t n;
	struct import_server **to; /* of each server; NULL: it stays */
	size_t moves;
	const char *trouble; /* why it is left as it is; NULL */
	struct edit *edits;
	size_t edit_n;
	unsigned mode;
	const char *backup;
};

struct import_grant {
	const char *label;
	bool is_there;
	char id[RANDOM_UUID_SIZE];
	char token[TOKEN_SIZE]; /* until the grants are made, a text in its place */
	unsigned char hash[32];
	enum client client; /* CLIENT_NONE: of all */
};

struct import {
	struct cli *c;
	struct place place;	/* its store is NULL when nothing is to be changed and there is none */
	const char *base;	/* "http://127.0.0.1:8811" */
	const char *home, *project;
	struct import_file *files;
	size_t file_n;
	struct import_server *servers[LIMIT_CLIENT_SERVERS];
	size_t server_n;
	struct import_grant grants[CLIENTS];
	size_t grant_n;
};

/* import_manifest.c: DATA/imports/ID.json, what was done and how it was before. */
struct manifest_file {
	enum client client;
	const char *path, *backup;
	unsigned mode;
	unsigned char before[32], after[32];
};
struct manifest {
	const char *id;
	struct manifest_file *files;
	size_t file_n;
	const char **servers, **grants, **policies; /* that were made; grants by their ids */
	size_t server_n, grant_n, policy_n;
	bool is_undone;
};
bool manifest_write(const struct manifest *m, const char *data_dir, struct err *e) MUST_CHECK;
/* id NULL: the newest that is not undone. False with e->kind ERR_NONE: there is none. */
bool manifest_read(struct manifest *m, const char *data_dir, const char *id, struct arena *a, struct err *e) MUST_CHECK;

/* Each gives CLI_OK, or the exit code of what was told. */

/* import_find.c: which files, and the servers in them. What cannot be read has its trouble. */
int import_find(struct import *m);
/* import_plan.c: names behind the gate, grants, and the edits of each file. */
int import_plan(struct import *m);
struct import_grant *import_grant_of(struct import *m, enum client client);
/* The edits of all files with the tokens of the grants as they are now. */
int import_edit(struct import *m);
size_t import_moves(const struct import *m);
size_t import_troubles(const struct import *m);

/* import_show.c */
void import_show(struct import *m, struct buf *b);
void import_show_json(struct import *m, struct buf *b, const char *id);
/* import_diff.c: what of a file changes, as lines; values of variables and headers are masked. */
void import_diff(struct import *m, const struct import_file *f, struct buf *b);

/* import_policy.c: --policy; asks the servers, which are stored by now, for their tools. What it makes is in the record. */
int import_policies(struct import *m, struct manifest *record);

/* import_apply.c: backups, the store, the manifest, then the files. *id: of the manifest. */
int import_apply(struct import *m, const char **id);

/* import_undo.c: the newest manifest, or the one that is named. */
int import_undo(struct cli *c);

#endif
