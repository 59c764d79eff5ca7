/*
 * Approvals over HTTP: for people who may approve, for approvers with their token, for local users by the
 * Unix socket. docs/openapi.yaml describes it.
 */
#include "admin/routes.h"
#include "base/check.h"
#include "base/limits.h"
#include <pwd.h>

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

/* What a call waits for. In its arena. */
struct asking {
	bool is_vote, is_yes;
	bool is_permitted; /* to vote: it is known of which server it is */
	size_t limit;
	char id[APPROVAL_ID_SIZE], note[LIMIT_APPROVAL_NOTE + 1];
};

/* A token votes for its owner, whose name stands before the slash: names have none. */
static struct approvals_caller caller_of(struct api_call *c)
{
	const struct principal *w = &c->who;
	size_t n = strcspn(w->name, "/");
	switch (w->kind) {
	case PRINCIPAL_LOCAL: return (struct approvals_caller){ .local_user = w->name };
	case PRINCIPAL_USER:
	case PRINCIPAL_TOKEN:
		return (struct approvals_caller){ .person = arena_strndup(&c->arena, w->name, n), .subject = w->subject };
	case PRINCIPAL_APPROVER: return (struct approvals_caller){ .token = c->bearer };
	case PRINCIPAL_NONE: break;
	}
	return (struct approvals_caller){ 0 };
}

/* Arguments are for those who decide. */
static void write_one(struct api_call *c, const struct approval *a)
{
	struct approval shown = *a;
	if (!principal_may(&c->who, MAY_APPROVE, slice_str(a->server)))
		shown.arguments = NULL;
	approval_write_json(&c->out, &shown, approvals_url(c->admin->o.approvals));
}

static void voted(struct api_call *c, const struct approvals_answer *answer)
{
	const struct asking *k = c->own;
	const struct approval *a = &answer->v[0];
	struct buf after = BUF_INIT(4096);
	if (c->who.kind == PRINCIPAL_APPROVER && answer->person) {
		c->who.name = arena_strndup(&c->arena, answer->person->name, strlen(answer->person->name));
		c->who.name = c->who.name ? c->who.name : "";
		c->who.id = c->who.name;
	}
	buf_addf(&after, "{\"state\":\"%s\",\"server\":", approval_state_name(a->state));
	buf_add_json_string(&after, slice_str(a->server));
	buf_adds(&after, ",\"tool\":");
	buf_add_json_string(&after, slice_str(a->tool));
	buf_adds(&after, ",\"note\":");
	buf_add_json_string(&after, slice_str(k->note));
	buf_addc(&after, '}');
	api_changed(c, k->is_yes ? "approval.approve" : "approval.deny", "approval", slice_str(a->id), slice_of("", 0),
		    buf_ok(&after) ? buf_slice(&after) : slice_of("", 0));
	buf_release(&after);
}

static void on_one(void *ctx, uint64_t number, const struct approvals_answer *answer)
{
	struct api_call *c = ctx;
	struct asking *k = c->own;
	struct errand d = { .is_vote = k->is_vote && k->is_permitted, .is_yes = k->is_yes };
	char text[320];
	(void)number;
	int status = approvals_trouble(&d, answer, text, sizeof text);
	if (status != 200) {
		api_fail(c, status, "%s", text);
	} else if (!api_permit(c, k->is_vote ? MAY_APPROVE : MAY_SEE, slice_str(answer->v[0].server))) {
		/* said */
	} else if (k->is_vote && !k->is_permitted) {
		struct approvals_caller who = caller_of(c);
		k->is_permitted = true;
		approvals_vote(c->admin->o.approvals, &who, k->id, k->is_yes, k->note, on_one, c, 0);
		return;
	} else {
		write_one(c, &answer->v[0]);
		if (k->is_vote)
			voted(c, answer);
	}
	api_answer(c);
}

static void on_list(void *ctx, uint64_t number, const struct approvals_answer *answer)
{
	struct api_call *c = ctx;
	struct errand d = { 0 };
	char text[320];
	size_t shown = 0;
	int status = approvals_trouble(&d, answer, text, sizeof text);
	if (status != 200 && status != 404) {
		api_fail(c, status, "%s", text);
		api_answer(c);
		return;
	}
	buf_adds(&c->out, "{\"approvals\":[");
	for (size_t i = 0; i < answer->n; i++) {
		if (!principal_may(&c->who, MAY_SEE, slice_str(answer->v[i].server)))
			continue;
		buf_adds(&c->out, shown++ ? "," : "");
		write_one(c, &answer->v[i]);
	}
	buf_addc(&c->out, ']');
	if (answer->n && answer->n == number)
		buf_addf(&c->out, ",\"next\":\"%s\"", answer->v[answer->n - 1].id);
	buf_addc(&c->out, '}');
	api_answer(c);
}

static bool are_kept(struct api_call *c)
{
	return c->admin->o.approvals || api_fail(c, 404, "this gate keeps no approvals");
}

void approvals_list_begin(struct api_call *c)
{
	struct slice state = api_query(c, "state"), before = api_query(c, "before"), limit = api_query(c, "limit");
	enum approval_state s = APPROVAL_NONE;
	unsigned long long n = 100;
	if (!are_kept(c)) {
		api_answer(c);
		return;
	}
	if (state.n && !approval_state_of(state, &s))
		api_parameter(c, "state", "state is pending, approved, denied, expired or used");
	if (before.n >= APPROVAL_ID_SIZE)
		api_parameter(c, "before", "before is the id that a page ended with");
	if (limit.n && (!slice_u64(limit, &n) || !n || n > LIMIT_APPROVAL_PAGE))
		api_parameter(c, "limit", "limit is 1 to %d", LIMIT_APPROVAL_PAGE);
	if (c->error_n) {
		api_answer(c);
		return;
	}
	struct approvals_caller who = caller_of(c);
	approvals_list(c->admin->o.approvals, &who, s, before.n ? before.p : "", (size_t)n, on_list, c, n);
}

/* {"note": "…"}, or nothing. */
static bool read_note(struct api_call *c, char *note, size_t size)
{
	struct err e = { 0 };
	note[0] = '\0';
	if (!slice_trim(c->body).n)
		return true;
	const struct json *v = json_read(c->body, &c->arena, &e), *text = json_gets(v, "note");
	struct slice s = json_string(text);
	bool is_fine = json_is(v, JSON_OBJECT) && (!text || json_is(text, JSON_STRING)) && s.n < size &&
	               !(s.n && memchr(s.p, 0, s.n));
	if (!is_fine)
		return api_fail(c, 400, "the body must be empty or {\"note\": \"at most 1000 bytes\"}");
	snprintf(note, size, "%.*s", (int)s.n, s.n ? s.p : "");
	return true;
}

/* NULL: it has failed. */
static struct asking *asking_new(struct api_call *c)
{
	struct asking *k = arena_zalloc(&c->arena, sizeof *k);
	if (!are_kept(c))
		return NULL;
	if (!k || c->v[0].n != APPROVAL_ID_SIZE - 1) {
		api_fail(c, 404, "there is no such approval");
		return NULL;
	}
	memcpy(k->id, c->v[0].p, APPROVAL_ID_SIZE - 1);
	c->own = k;
	return k;
}

static void vote(struct api_call *c, bool is_yes)
{
	struct asking *k = asking_new(c);
	if (!k || !read_note(c, k->note, sizeof k->note)) {
		api_answer(c);
		return;
	}
	struct approvals_caller who = caller_of(c);
	k->is_vote = true;
	k->is_yes = is_yes;
	k->is_permitted = principal_may(&c->who, MAY_APPROVE, slice_of(NULL, 0));
	if (k->is_permitted)
		approvals_vote(c->admin->o.approvals, &who, k->id, is_yes, k->note, on_one, c, 0);
	else
		approvals_get(c->admin->o.approvals, &who, k->id, on_one, c, 0);
}

void approval_approve_begin(struct api_call *c)
{
	vote(c, true);
}

void approval_deny_begin(struct api_call *c)
{
	vote(c, false);
}

void approval_get_begin(struct api_call *c)
{
	if (!asking_new(c)) {
		api_answer(c);
		return;
	}
	struct approvals_caller who = caller_of(c);
	approvals_get(c->admin->o.approvals, &who, ((struct asking *)c->own)->id, on_one, c, 0);
}
