/*
 * Approvals over HTTP: for approvers with their token by the address of the clients, for local
 * users by the Unix socket. docs/openapi.yaml describes it.
 */
#include "admin/inside.h"
#include "base/check.h"
#include "base/limits.h"
#include <pwd.h>

#define PREFIX "/api/v1/approvals"

void admin_local_name(int64_t uid, char *out, size_t size)
{
	struct passwd entry, *found = NULL;
	char text[4096];
	if (uid >= 0 && getpwuid_r((uid_t)uid, &entry, text, sizeof text, &found) == 0 && found)
		snprintf(out, size, "%s", found->pw_name);
	else
		snprintf(out, size, "uid-%lld", (long long)uid);
}

struct slice admin_bearer(const struct http_request *r)
{
	struct slice h = http_header_get(r->headers, "authorization");
	if (h.n < 8 || !slice_ieq(slice_of(h.p, 7), SLICE_LIT("Bearer ")) ||
	    http_header_count(r->headers, "authorization") != 1)
		return slice_of(NULL, 0);
	return slice_trim(slice_of(h.p + 7, h.n - 7));
}

/* The value of a name in the query: only what needs no escapes is understood. */
static struct slice query_value(struct slice query, const char *name)
{
	size_t n = strlen(name);
	while (query.n) {
		const char *end = memchr(query.p, '&', query.n);
		struct slice part = slice_of(query.p, end ? (size_t)(end - query.p) : query.n);
		if (part.n > n && memcmp(part.p, name, n) == 0 && part.p[n] == '=')
			return slice_of(part.p + n + 1, part.n - n - 1);
		query = slice_of(query.p + part.n + (end != NULL), query.n - part.n - (end != NULL));
	}
	return slice_of("", 0);
}

static int verdict_status(enum approval_verdict v)
{
	switch (v) {
	case APPROVAL_VOTE_COUNTED: return 200;
	case APPROVAL_VOTE_UNKNOWN: return 404;
	case APPROVAL_VOTE_OWN: return 403;
	case APPROVAL_VOTE_CLOSED:
	case APPROVAL_VOTE_AGAIN: return 409;
	case APPROVAL_VOTE_FAILED: break;
	}
	return 503;
}

static const char *verdict_text(const struct approvals_answer *answer, char *text, size_t size)
{
	switch (answer->verdict) {
	case APPROVAL_VOTE_UNKNOWN: return "there is no such approval";
	case APPROVAL_VOTE_OWN: return "you cannot decide this one: the agent that asks works for you";
	case APPROVAL_VOTE_AGAIN: return "you have voted on it already";
	case APPROVAL_VOTE_CLOSED:
		snprintf(text, size, "it cannot be decided any more: it is %s",
		         answer->n ? approval_state_name(answer->v[0].state) : "gone");
		return text;
	case APPROVAL_VOTE_COUNTED:
	case APPROVAL_VOTE_FAILED: break;
	}
	return "";
}

int approvals_trouble(const struct errand *d, const struct approvals_answer *answer, char *text, size_t size)
{
	const char *said = "";
	int status = 200;
	if (answer->is_stranger) {
		status = answer->failed ? 503 : 401;
		said = "a valid token of an approver is needed: gatehouse approver add NAME";
	} else if (answer->failed) {
		status = answer->err.kind == ERR_INPUT || answer->err.kind == ERR_LIMIT ? 400 : 503;
		said = status == 400 ? answer->err.text : "the approvals cannot be reached; try again later";
	} else if (d->is_vote) {
		status = verdict_status(answer->verdict);
		said = verdict_text(answer, text, size);
	} else if (!answer->n) {
		status = 404;
		said = "there is no such approval";
	}
	if (said != text)
		snprintf(text, size, "%s", said);
	return status;
}

static void on_one(void *ctx, uint64_t number, const struct approvals_answer *answer)
{
	struct errand *d = ctx;
	char text[320];
	(void)number;
	int status = approvals_trouble(d, answer, text, sizeof text);
	struct buf b = BUF_INIT(LIMIT_ADMIN_BYTES);
	if (status == 200)
		approval_write_json(&b, &answer->v[0], approvals_url(d->admin->o.approvals));
	if (status != 200 || !buf_ok(&b))
		admin_problem(d->admin, d->request, status == 200 ? 500 : status, text);
	else
		admin_answer(d->admin, d->request, 200, buf_slice(&b));
	buf_release(&b);
	free(d);
}

static void on_list(void *ctx, uint64_t number, const struct approvals_answer *answer)
{
	struct errand *d = ctx;
	struct buf b = BUF_INIT(LIMIT_ADMIN_BYTES);
	char text[320];
	int status = approvals_trouble(d, answer, text, sizeof text);
	if (status != 200 && status != 404) {
		admin_problem(d->admin, d->request, status, text);
		free(d);
		return;
	}
	buf_adds(&b, "{\"approvals\":[");
	for (size_t i = 0; i < answer->n; i++) {
		buf_adds(&b, i ? "," : "");
		approval_write_json(&b, &answer->v[i], approvals_url(d->admin->o.approvals));
	}
	buf_addc(&b, ']');
	if (answer->n && answer->n == number)
		buf_addf(&b, ",\"next\":\"%s\"", answer->v[answer->n - 1].id);
	buf_addc(&b, '}');
	if (buf_ok(&b))
		admin_answer(d->admin, d->request, 200, buf_slice(&b));
	else
		admin_problem(d->admin, d->request, 500, "the list is too long for one answer: ask for less with limit=");
	buf_release(&b);
	free(d);
}

static void get_list(struct admin *a, const struct http_request *r, const struct approvals_caller *who)
{
	struct slice state = query_value(r->query, "state"), before = query_value(r->query, "before"),
	             limit = query_value(r->query, "limit");
	enum approval_state s = APPROVAL_NONE;
	unsigned long long n = 100;
	char id[APPROVAL_ID_SIZE] = "";
	if ((state.n && !approval_state_of(state, &s)) || before.n >= sizeof id ||
	    (limit.n && (!slice_u64(limit, &n) || !n || n > LIMIT_APPROVAL_PAGE))) {
		admin_problem(a, r->id, 400, "state is pending, approved, denied, expired or used; limit is 1 to 200");
		return;
	}
	if (before.n)
		memcpy(id, before.p, before.n);
	struct errand *d = mem_zalloc(sizeof *d);
	d->admin = a;
	d->request = r->id;
	approvals_list(a->o.approvals, who, s, id, (size_t)n, on_list, d, n);
}

/* {"note": "…"}, or nothing. */
static bool read_note(struct slice body, char *note, size_t size)
{
	struct arena arena;
	struct err e = { 0 };
	note[0] = '\0';
	if (!slice_trim(body).n)
		return true;
	arena_init(&arena, 1u << 20);
	const struct json *v = json_read(body, &arena, &e), *text = json_gets(v, "note");
	struct slice s = json_string(text);
	bool is_fine = json_is(v, JSON_OBJECT) && (!text || json_is(text, JSON_STRING)) && s.n < size &&
	               !(s.n && memchr(s.p, 0, s.n));
	if (is_fine)
		snprintf(note, size, "%.*s", (int)s.n, s.n ? s.p : "");
	arena_release(&arena);
	return is_fine;
}

static void vote(struct admin *a, const struct http_request *r, const struct approvals_caller *who, const char *id,
                 bool is_yes)
{
	char note[LIMIT_APPROVAL_NOTE + 1];
	if (!read_note(r->body, note, sizeof note)) {
		admin_problem(a, r->id, 400, "the body must be empty or {\"note\": \"at most 1000 bytes\"}");
		return;
	}
	struct errand *d = mem_zalloc(sizeof *d);
	*d = (struct errand){ .admin = a, .request = r->id, .is_vote = true, .is_yes = is_yes };
	approvals_vote(a->o.approvals, who, id, is_yes, note, on_one, d, 0);
}

/* /<id> or /<id>/<verb>. */
static bool read_rest(struct slice rest, char id[APPROVAL_ID_SIZE], struct slice *verb)
{
	rest = slice_of(rest.p + 1, rest.n - 1);
	const char *slash = memchr(rest.p, '/', rest.n);
	size_t n = slash ? (size_t)(slash - rest.p) : rest.n;
	if (n != APPROVAL_ID_SIZE - 1)
		return false;
	memcpy(id, rest.p, n);
	id[n] = '\0';
	*verb = slash ? slice_of(slash + 1, rest.n - n - 1) : slice_of("", 0);
	return true;
}

static void one(struct admin *a, const struct http_request *r, const struct approvals_caller *who, struct slice rest)
{
	char id[APPROVAL_ID_SIZE];
	struct slice verb;
	if (!read_rest(rest, id, &verb)) {
		admin_problem(a, r->id, 404, "there is no such approval");
		return;
	}
	bool is_yes = slice_is(verb, "approve"), is_no = slice_is(verb, "deny");
	if (!verb.n && r->method == HTTP_GET) {
		struct errand *d = mem_zalloc(sizeof *d);
		*d = (struct errand){ .admin = a, .request = r->id };
		approvals_get(a->o.approvals, who, id, on_one, d, 0);
	} else if ((is_yes || is_no) && r->method == HTTP_POST) {
		vote(a, r, who, id, is_yes);
	} else {
		admin_problem(a, r->id, !verb.n || is_yes || is_no ? 405 : 404, "see docs/openapi.yaml for what is here");
	}
}

bool approvals_api(struct admin *a, const struct http_request *r)
{
	struct slice prefix = SLICE_LIT(PREFIX), rest;
	char user[96];
	if (!slice_starts(r->path, prefix))
		return false;
	rest = slice_of(r->path.p + prefix.n, r->path.n - prefix.n);
	if (rest.n && rest.p[0] != '/')
		return false;
	if (!a->o.approvals) {
		admin_problem(a, r->id, 404, "this gate keeps no approvals");
		return true;
	}
	struct approvals_caller who = { .token = admin_bearer(r) };
	if (r->is_unix && !who.token.p) {
		admin_local_name(r->peer_uid, user, sizeof user);
		who.local_user = user;
	}
	if (!who.token.p && !who.local_user)
		admin_problem(a, r->id, 401, "a token of an approver is needed: send 'Authorization: Bearer gha_…'");
	else if (rest.n > 1)
		one(a, r, &who, rest);
	else if (r->method == HTTP_GET)
		get_list(a, r, &who);
	else
		admin_problem(a, r->id, 405, "the list of approvals is read with GET");
	return true;
}
