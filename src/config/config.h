/*
 * The configuration file and what it means: `gatehouse.yaml` (YAML or JSON) becomes one
 * plain, immutable struct. Nobody asks for a key at run time. The keys are the table
 * config.def; docs/configuration.md is printed from it.
 *
 * Every mistake is reported, not only the first; a file with a mistake yields nothing.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/log.h"
#include "base/slice.h"
#include <stdint.h>

#define CONFIG_FILE "gatehouse.yaml"

struct config_pair {
	const char *name, *value;
};

enum config_per { CONFIG_PER_GRANT = 0, CONFIG_PER_SESSION, CONFIG_PER_SERVER };

enum config_pins { CONFIG_PINS_REVIEW = 0, CONFIG_PINS_FIRST, CONFIG_PINS_FLAG, CONFIG_PINS_NONE };
/* "review", "first", "flag", "none"; for the command line, too. */
bool config_pins_of(const char *text, enum config_pins *out);

/* Either url or argv. */
struct config_server {
	const char *name;
	const char *url;
	const struct config_pair *headers; /* secrets */
	size_t header_n;
	const char *const *argv;           /* NULL-terminated */
	const struct config_pair *env;     /* secrets; with the values of inherit_env */
	size_t env_n;
	const char *cwd;                   /* NULL: none; relative ones are made so from the file */
	enum config_per per;
	bool is_enabled;
	uint64_t call_timeout_ms, start_timeout_ms, child_idle_ms; /* 0: the default */
	uint64_t children_max, calls_max, message_bytes_max;       /* 0: the default */
};

struct config_policy {
	const char *name;
	const char *file;  /* NULL: the document stands in the configuration itself */
	struct slice text; /* JSON; not compiled yet, see config_policy_place */
};

struct config {
	const char *file;     /* NULL: there is none */
	const char *data_dir;
	const char *listen;   /* "127.0.0.1:8811", as http_server_listen wants it */
	bool is_public;       /* listens beyond loopback */
	bool reuse_port;
	enum log_level log_level;
	const char *const *allowed_origins, *const *allowed_hosts; /* NULL-terminated */
	uint64_t connections_max, calls_max, streams_max, counters_max;
	uint64_t body_bytes_max;
	uint64_t call_timeout_ms, start_timeout_ms, head_timeout_ms, body_timeout_ms,
		idle_timeout_ms, write_timeout_ms, child_idle_ms, session_age_ms, replay_ms, input_ms, all_ms, stop_ms;
	const char *counters_url; /* NULL: not given; a secret */
	const char *counters_prefix;
	uint64_t counters_timeout_ms;
	enum config_pins pins;
	bool holds_poisoned;
	uint64_t retention_ms; /* of records; 0: for ever */
	const char *approvals_url, *approvals_database, *webhook_url, *webhook_secret; /* NULL: not given; the last three are secrets */
	bool webhook_has_arguments;
	bool has_console;
	uint64_t people_age_ms, people_idle_ms; /* sessions of people */
	const char *console_url; /* NULL: not given */
	const char *oidc_issuer, *oidc_client_id, *oidc_client_secret, *oidc_name, *oidc_ca_file, *oidc_scopes, *oidc_default_role,
		*oidc_role_claim; /* NULL: not given; the third is a secret */
	const char *const *oidc_allowed_emails, *const *oidc_allowed_domains, *const *oidc_roles; /* NULL-terminated */
	bool oidc_trusts_email;
	const char *catalog_path; /* never NULL */
	bool catalog_keeps;
	const struct config_server *servers; /* sorted by name */
	size_t server_n;
	const struct config_policy *policies; /* sorted by name */
	size_t policy_n;
};

struct config_problem {
	int line, column;      /* from 1; 0: the file as a whole */
	const char *file;      /* borrowed from the problems */
	char text[256];
};
#define CONFIG_PROBLEMS_MAX 100
struct config_problems {
	struct config_problem *v;
	size_t n;
	char *file;
};
void config_problems_release(struct config_problems *p);
/* "file:line:column: text" and a line end for each. */
void config_problems_write(struct buf *b, const struct config_problems *p);

struct config_opts {
	const char *file;     /* NULL: only defaults */
	const char *data_dir; /* NULL: what the file says, $GATEHOUSE_DATA_DIR, gatehouse-data beside the file */
	/* Values for ${NAME} and inherit_env; NULL: getenv. */
	const char *(*env)(void *ctx, const char *name);
	void *ctx;
};

/* NULL when there is any problem. Policy files are read, too. One reference is the caller's. */
struct config *config_load(const struct config_opts *o,
			   struct config_problems *problems) MUST_CHECK;
/* The same from a text; o->file names it and says what paths are relative to. */
struct config *config_read(const struct config_opts *o, struct slice text,
                           struct config_problems *problems) MUST_CHECK;
/* Counted: whoever looks at it on another thread, or later, has a reference of its own. From any thread. */
struct config *config_ref(const struct config *c) MUST_CHECK;
void config_unref(struct config **c);
const struct config_server *config_server_get(const struct config *c, const char *name);
const struct config_policy *config_policy_get(const struct config *c, const char *name);

/* Where a value of a policy's document stands: the file and the position in it. */
void config_policy_place(const struct config *c, const struct config_policy *p,
			 struct slice pointer, const char **file, int *line, int *column);

/*
 * Settings that people change while the gate runs: those of the table that a reload takes over. They stand in
 * the store by their path ("timeouts/call"); what the file says wins.
 */
enum config_source { CONFIG_OF_DEFAULT = 0, CONFIG_OF_STORE, CONFIG_OF_FILE };
struct config_setting {
	const char *key;      /* "timeouts/call" */
	const char *value;    /* as a file would have it; "(set)" of a secret, "" for none, and of a list */
	const char *const *list; /* ends with NULL; NULL: it is no list */
	const char *initial;  /* the default; "" where the help says it */
	const char *kind;     /* "a duration" */
	const char *help;
	enum config_source source;
	bool is_live;         /* a change counts at once, and the store may have it */
	bool is_secret;
};
/* The i-th of the table; false behind its end, or with a full arena. */
bool config_setting(const struct config *c, size_t i, struct arena *a, struct config_setting *out) MUST_CHECK;
/* Puts what the store has in force where the file says nothing. Before anybody else has a reference. What is no
 * setting, or no value of its kind, is left aside: a newer or older program wrote it. */
void config_overlay(struct config *c, const struct config_pair *v, size_t n);
/* May the store have this, as `value` is written in a file? ERR_INPUT: no. */
bool config_setting_check(const char *key, struct slice value, struct err *e) MUST_CHECK;

/* A file with every key, its default and what it does, each commented out but `listen`. */
void config_write_default(struct buf *b);
/* docs/configuration.md. */
void config_write_manual(struct buf *b);

/* "250ms" "30s" "5m" "12h" "30d"; for the command line, too. */
bool config_duration_ms(struct slice text, uint64_t *ms);
/* "4096" "64KiB" "16MiB" "1GiB". */
bool config_size_bytes(struct slice text, uint64_t *bytes);

#endif
