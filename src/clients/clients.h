/*
 * Configuration files of MCP clients: where they stand, which servers they name, which secrets stand
 * in them in clear, and how they look when they point at the gate. Texts in, findings and texts out;
 * only places.c looks at the file system.
 *
 * The formats as their makers document them (entries of the table in clients.c have their sources):
 * what a client reads beside these files (plugins, extensions, managed settings) is not found.
 */
#ifndef CLIENTS_CLIENTS_H
#define CLIENTS_CLIENTS_H
#include "base/buf.h"
#include "clients/node.h"

enum client {
	CLIENT_NONE = 0,
	CLIENT_CLAUDE_DESKTOP,
	CLIENT_CLAUDE_CODE,
	CLIENT_CURSOR,
	CLIENT_VSCODE,
	CLIENT_WINDSURF,
	CLIENT_CODEX,
	CLIENT_GEMINI,
	CLIENT_ZED,
	CLIENT_CONTINUE,
	CLIENTS,
};
const char *client_word(enum client c);	 /* "claude-code" */
const char *client_title(enum client c); /* "Claude Code" */
enum client client_find(struct slice word); /* CLIENT_NONE: no such client */
const char *const *client_words(void);	 /* all of them, ending with NULL */

/* Where to look. NULL: not there. */
struct client_roots {
	const char *home;
	const char *config;   /* $XDG_CONFIG_HOME; NULL: home/.config */
	const char *appdata;  /* %APPDATA%; NULL: home/AppData/Roaming when it is there */
	const char *codex;    /* $CODEX_HOME; NULL: home/.codex */
	const char *claude;   /* $CLAUDE_CONFIG_DIR; NULL: .claude.json stands in home */
	const char *project;  /* a folder whose own files are looked at, too */
};

/* One file that a client reads. */
struct client_file {
	enum client client;
	const char *path;
	const char *project; /* the folder it is for; NULL: for all that the person does */
};
/* Those that are there, in the order of the enum, each once however many names it has. False: out of memory,
 * or more than LIMIT_CLIENT_FILES. */
bool clients_files(const struct client_roots *r, struct arena *a, struct client_file **v, size_t *n,
		   struct err *e) MUST_CHECK;
/* By the end of its name. */
enum language client_language(const char *path);

enum client_transport { CLIENT_NO_TRANSPORT = 0, CLIENT_STDIO, CLIENT_HTTP, CLIENT_SSE };

struct client_pair {
	const char *name, *value;
};

enum client_where { CLIENT_IN_ENV = 0, CLIENT_IN_HEADER, CLIENT_IN_ARGUMENT, CLIENT_IN_URL };

/* A secret in clear, by its name and kind; never its value. */
struct client_secret {
	enum client_where where;
	const char *name; /* of the variable, header, option or part of the URL */
	const char *kind; /* of scan/: "github-token"; "named": its name says so */
	size_t argument;  /* of argv, for one in an argument */
};

/* Why a server stays as it is. */
enum client_stay {
	CLIENT_MOVES = 0,
	CLIENT_STAYS_BEHIND,   /* it is behind this gate already */
	CLIENT_STAYS_DISABLED, /* switched off in the client */
	CLIENT_STAYS_UNKNOWN,  /* the gate cannot do what it asks for; `why` */
};

struct client_server {
	const char *name;   /* as the client calls it */
	const char *folder; /* the only project in which the client has it; NULL: everywhere */
	enum client_transport transport;
	const char *const *argv; /* stdio; ends with NULL */
	size_t arg_n;
	const struct client_pair *env, *headers;
	size_t env_n, header_n;
	const char *cwd, *url;
	const struct client_secret *secrets;
	size_t secret_n;
	enum client_stay stay;
	const char *why; /* of STAYS_UNKNOWN; a sentence without its full stop */
	const struct node *entry;
};

/* What variables in texts stand for: Claude Code's ${NAME} and ${NAME:-default}, Cursor's and VS Code's
 * ${env:NAME}, ${userHome} and ${workspaceFolder}, Gemini's $NAME, Codex's env_http_headers. */
struct client_facts {
	const char *(*variable)(void *ctx, const char *name); /* of the environment; NULL: not set */
	void *ctx;
	const char *home;
	const char *gate; /* "http://127.0.0.1:8811": entries with it are behind the gate */
};

/*
 * The servers of one file, in its order, at most LIMIT_CLIENT_SERVERS. root: of node_read(). NULL and *e
 * for a file that is not this client's. The same strings everywhere: values are as the server will get them.
 */
struct client_server *clients_servers(const struct client_file *f, struct slice text, const struct node *root,
				      const struct client_facts *facts, struct arena *a, size_t *n,
				      struct err *e) MUST_CHECK;

/* One entry, to be pointed at the gate. */
struct client_change {
	const struct client_server *server;
	const char *url;   /* of the server behind the gate: "http://127.0.0.1:8811/mcp/files" */
	const char *token; /* of the grant */
};
/*
 * The edits that point them at the gate, sorted. What else stands in an entry (timeouts, filters, comments
 * in what stays) stays as it is written; the indentation is the entry's. A client that speaks no HTTP with
 * headers of its own gets a command that does it for it. False and *e for an entry that is written in a way that cannot be edited: then
 * none of the file is.
 */
bool clients_edits(const struct client_file *f, struct slice text, const struct client_change *v, size_t n,
		   struct arena *a, struct edit **edits, size_t *edit_n, struct err *e) MUST_CHECK;

/* Edits that put "…" in the place of every value of a variable or header, and of what holds another secret:
 * of a text that is shown. Of all servers of the file, sorted. False: out of memory. */
bool clients_masks(const struct client_server *v, size_t n, struct arena *a, struct edit **edits, size_t *edit_n) MUST_CHECK;

/* A name for the store: legal characters, at most LIMIT_NAME, not one that `is_taken` says is. */
const char *client_server_name(struct arena *a, const char *wanted,
			       bool (*is_taken)(void *ctx, const char *name), void *ctx) MUST_CHECK;
/* Would the gate start or ask the very same? */
bool client_server_same(const struct client_server *x, const struct client_server *y);

#endif
