/* Inside config/: the table of keys, and the reader that collects mistakes. */
#ifndef CONFIG_INSIDE_H
#define CONFIG_INSIDE_H
#include "config/config.h"
#include "json/yaml.h"
#include <stdatomic.h>

enum config_kind {
	CONFIG_ADDRESS = 1, /* string, "127.0.0.1:8811" */
	CONFIG_STRING,
	CONFIG_PATH,     /* string; relative ones are made so from the file */
	CONFIG_FLAG,
	CONFIG_LEVEL,
	CONFIG_PER,
	CONFIG_COUNT,    /* uint64_t */
	CONFIG_SIZE,     /* uint64_t, bytes */
	CONFIG_DURATION, /* uint64_t, milliseconds */
	CONFIG_STRINGS,  /* NULL-terminated list */
	CONFIG_PAIRS,
	CONFIG_OBJECT,
	CONFIG_LINK,     /* "https://…" or "http://…"; "": none (NULL), as of the two below */
	CONFIG_POSTGRES, /* "postgresql://…", a secret */
	CONFIG_TEXT,     /* "": none (NULL) */
	CONFIG_SECRET,   /* the same, and never shown */
	CONFIG_REDIS,    /* "redis://…", a secret */
	CONFIG_PINS,
	CONFIG_WORD,     /* 1 to 64 of [A-Za-z0-9_.-] */
};

struct config_key {
	const char *path;
	enum config_kind kind;
	size_t offset;       /* in struct config */
	const char *initial; /* "" where the text of the default is said in the help */
	uint64_t min, max;
	bool is_live;        /* a reload takes it over */
	const char *help;
};
struct config_entry_key {
	const char *name;
	enum config_kind kind;
	const char *help;
};

extern const struct config_key config_keys[];
extern const size_t config_key_count;
extern const struct config_entry_key config_server_keys[], config_policy_keys[]; /* a NULL name ends them */
const char *config_kind_text(enum config_kind k); /* "a number", for mistakes and the manual */

#define CONFIG_KEYS_MAX 96
#define CONFIG_ARENA (64u << 20)
#define CONFIG_LIST_MAX 1000 /* servers, policies, arguments, headers, variables, hosts: each */

/* struct config with what it is made of. */
struct config_whole {
	struct config c;
	struct arena a;
	const struct yaml *yaml; /* NULL: no file */
	enum config_source source[CONFIG_KEYS_MAX]; /* of each key of the table */
	atomic_uint refs;
};

struct config_reader {
	struct config_whole *w;
	const struct config_opts *o;
	struct config_problems *problems;
	struct buf pointer; /* of the value at hand */
};

/* Of the value at r->pointer, or of its key. */
void config_mistake(struct config_reader *r, bool is_key, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Appends a token; config_leave takes it off again. */
size_t config_enter(struct config_reader *r, struct slice token);
void config_leave(struct config_reader *r, size_t mark);
void config_unknown_key(struct config_reader *r, struct slice key, const char *const *known);

/* value.c: one value of a kind. False when a mistake was reported. ${NAME} is replaced. */
bool config_take_text(struct config_reader *r, const struct json *v, const char **out);
bool config_take(struct config_reader *r, const struct config_key *k, const struct json *v,
		 void *target);
bool config_take_strings(struct config_reader *r, const struct json *v, const char *const **out);
const char *config_near_file(struct config_reader *r, const char *path); /* relative to the file */
const char *config_getenv(const struct config_reader *r, const char *name);

/* entries.c: `servers` and `policies`. */
void config_take_servers(struct config_reader *r, const struct json *v);
void config_take_policies(struct config_reader *r, const struct json *v);
bool config_is_name(struct slice s);

#endif
