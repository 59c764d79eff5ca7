/*
 * `gatehouse scan` for a repository: what its files say of servers, tools and policies, as findings.
 * scan_find.c looks for files, scan_text.c knows where in them things stand, scan_config.c reads
 * configurations, scan_lists.c lists of tools, scan_policy.c policies, scan_repository.c puts it together.
 */
#ifndef CLI_SCAN_H
#define CLI_SCAN_H
#include "cli/cli.h"
#include "clients/clients.h"
#include "report/check.h"

enum scan_file_kind {
	SCAN_FILE_NONE = 0, /* not one of ours */
	SCAN_FILE_CLIENT,   /* of a client */
	SCAN_FILE_GATE,	    /* gatehouse.yaml */
	SCAN_FILE_REGISTRY, /* server.json of the official registry */
	SCAN_FILE_POLICY,
	SCAN_FILE_TOOLS,
};

/* A file and where its lines begin. */
struct scan_text {
	const char *shown; /* relative, with '/' */
	struct slice text;
	size_t *lines; /* offsets */
	size_t line_n;
};

struct scan_file {
	const char *path;
	enum scan_file_kind kind;
	enum client client;
	bool is_named; /* on the command line: it must be one of ours */
	struct scan_text text;
};

/* A server that a configuration names, for --live. */
struct scan_target {
	const char *name; /* in the report */
	const char *own;  /* in its file */
	const struct scan_file *file;
	const struct client_server *server; /* NULL: of gatehouse.yaml */
	struct report_place place;
};

/* A value of a file, and the byte at which the text that it was read from begins there. */
struct scan_row {
	const struct node *node;
	size_t base;
};

/* A list of tools, and what its places are looked up in. */
struct scan_list {
	const char *server;
	const struct json *tools;
	const struct scan_text *text; /* NULL: from elsewhere, all of it stands at `place` */
	struct scan_row root;	      /* of the array; node NULL: see rows */
	const struct scan_row *rows;  /* of each tool, where each has a line of its own */
	size_t row_n;
	struct report_place place;
};

struct scanning {
	struct cli *c;
	struct arena arena;
	struct report report;
	struct scan_file *files;
	struct scan_target *targets;
	struct scan_list *lists;
	size_t file_n, file_cap, target_n, target_cap, list_n, list_cap;
	size_t entries;	       /* of folders, that were looked at */
	bool is_live, is_full; /* full: LIMIT_SCAN_FILES or _ENTRIES */
	bool has_silent;       /* a server that was asked did not answer */
};

/* All of the run: `gatehouse scan [PATH…]`. */
int scan_repository(struct cli *c);

/* Adds one file, or those of a folder that are ours. CLI_OK, or the exit code of what was told. */
int scan_find(struct scanning *s, const char *path);
/* What it is by what stands in it, for a file that was named and has no name of ours. */
void scan_file_guess(struct scan_file *f, const struct node *root);

/* Line and column of a byte. */
void scan_text_index(struct scan_text *t, struct arena *a);
struct report_place scan_place(const struct scan_text *t, size_t at, size_t end);
struct report_place scan_place_of(const struct scan_text *t, const struct node *n);
struct report_place scan_place_of_key(const struct scan_text *t, const struct node *n);
/* The innermost value on the way of a JSON Pointer; its member "name" where it is an object that has one. */
const struct node *scan_follow(const struct node *root, const char *pointer);
/* A file that cannot be read: "line L, column C: why" or why. */
void scan_invalid(struct scanning *s, const struct scan_text *t, enum report_rule rule, const char *why);

/* A name that no other server of the report has, or, of a list, none whose tools are known: those are its. Where
 * it comes from is added to one that is taken. */
const char *scan_server_name(struct scanning *s, struct slice name, const char *file, bool is_list);

void scan_client(struct scanning *s, struct scan_file *f);   /* also gatehouse.yaml */
void scan_registry(struct scanning *s, struct scan_file *f); /* server.json */
void scan_tools(struct scanning *s, struct scan_file *f);
int scan_gate(struct scanning *s, const char *server);	  /* of the running gate */
int scan_kept(struct scanning *s, const char *db, const char *server); /* of a kept catalogue; server NULL: all */
void scan_live(struct scanning *s);			  /* every target */
void scan_add_list(struct scanning *s, const struct scan_list *l);
void scan_policy(struct scanning *s, struct scan_file *f);
/* What it says to each tool of the lists; word: "FILE" or "SERVER=FILE". */
int scan_coverage(struct scanning *s, const char *word);

/* Room for one more in an array of the arena; false: out of memory. */
bool scan_grow(struct scanning *s, void *list, size_t n, size_t *cap, size_t size);

#endif
