/* Paths of conditions: args.a.b[0].c, args["odd.key"], [*], and the facts. */
#ifndef POLICY_PATH_H
#define POLICY_PATH_H
#include "policy/policy.h"

/* What counts as the session of a client that has none: so much of its grant's past. */
#define POLICY_SESSION_US ((int64_t)3600 * 1000000)

enum path_root {
	ROOT_NONE = 0,
	ROOT_ARGS,
	ROOT_TOOL_NAME,
	ROOT_TOOL_CLASS,
	ROOT_TOOL_SEVERITY,
	ROOT_GRANT_LABEL,
	ROOT_GRANT_SUBJECT,
	ROOT_GRANT_TAGS,
	ROOT_CLIENT_NAME,
	ROOT_CLIENT_IP,
	ROOT_SESSION_CALLS,
	ROOT_SESSION_LABELS,
	ROOT_TIME_HOUR,    /* number, 0 to 23, UTC */
	ROOT_TIME_WEEKDAY, /* string, "monday" to "sunday", UTC */
	ROOT_TIME_UTC,     /* string, RFC 3339 */
};

enum step_kind { STEP_NONE = 0, STEP_KEY, STEP_INDEX, STEP_EACH };

struct step {
	enum step_kind kind;
	struct slice key;
	size_t index;
};

struct path {
	size_t place; /* where its value is remembered; PATH_PLACES: nowhere */
	bool has_each;
	enum path_root root;
	const struct step *steps;
	size_t n;
	struct slice text;
};

/* A number of up to nine digits before and nine behind the point, in units of 10^-9: most are, and
 * comparing two such takes no reading. */
struct short_number {
	int64_t v;
	bool is_short;
};
struct short_number short_number_read(struct slice text); /* as JSON writes it */

/* What a path leads to. Values of arguments have json; facts have text, or a list of it. */
struct value {
	enum json_type type; /* JSON_NONE: absent */
	struct slice text;   /* of a string or number */
	const struct json *json;
	const struct slice *list;
	size_t list_n;
	struct short_number number;
};

/* Rules of one tool look at few paths many times: each of the first is found once. The first
 * half of the places is for the tool's own rules, the other for those of all tools. */
#define PATH_PLACES 32

/* The facts, with room for those that are made on the way, and the values found so far. */
struct facts_view {
	const struct policy_facts *facts;
	uint32_t found; /* a bit for each place */
	struct value values[PATH_PLACES];
	char calls[24], hour[4], utc[32];
	struct slice labels[POLICY_PAST_LABELS]; /* of the session, once they were asked for */
};
void facts_view_init(struct facts_view *v, const struct policy_facts *facts);

/* Copies keys into the arena. False and *e when the text is no path. */
bool path_read(struct slice text, struct arena *a, struct path *out, struct err *e) MUST_CHECK;

/* Without `[*]`: the one value, absent when it is missing; in *room or in the view. */
const struct value *path_find(const struct path *p, struct facts_view *f, struct value *room);
/* What was found before; NULL: nothing was. */
static inline const struct value *path_known(const struct path *p, const struct facts_view *f)
{
	return p->place < PATH_PLACES && (f->found >> p->place & 1) ? &f->values[p->place] : NULL;
}
/* With `[*]`: calls test for each value, until it returns `until`. The result is that of the
 * last call, and !until when there was none. A part that is missing is one absent value; more
 * than LIMIT_POLICY_ELEMENTS values end as `until`. */
bool path_each(const struct path *p, struct facts_view *f,
	       bool (*test)(void *ctx, const struct value *v), void *ctx, bool until);

#endif
