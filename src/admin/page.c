/*
 * The page on which a person decides: plain HTML without scripts. Who signed in with a token
 * stands in the page itself, sealed and for a quarter of an hour, in place of a cookie: a page
 * of somebody else can make a browser send nothing that counts.
 */
#include "admin/form.h"
#include "admin/inside.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/html.h"
#include "base/limits.h"
#include "json/json.h"

#define PREFIX "/approve/"
#define SIGNED_IN_US (15 * 60 * (int64_t)1000000)
#define CONTEXT SLICE_LIT("approval page")
/* Of arguments that stand in the page: more is read with `gatehouse approval show`. */
#define ARGUMENTS_MAX 65536
#define DESCRIPTION_MAX 2000

struct visit { /* sealed into the page */
	int64_t until_us;
	unsigned char token_hash[DIGEST_SIZE];
};

static const char style[] =
        ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:0 auto;padding:1rem}"
        "h1{font-size:1.3rem}h2{font-size:1rem;margin:1.2rem 0 .3rem}dl{display:grid;grid-template-columns:max-content 1fr;"
        "gap:.2rem 1rem;margin:0}dt{opacity:.7}dd{margin:0;overflow-wrap:anywhere}pre{white-space:pre-wrap;"
        "overflow-wrap:anywhere;border:1px solid #8888;border-radius:6px;padding:.7rem;max-height:28rem;overflow:auto}"
        "table{border-collapse:collapse;font-size:.85rem}td,th{text-align:left;padding:.15rem .8rem .15rem 0;"
        "overflow-wrap:anywhere}.state{font-weight:600}.warn{border-left:4px solid #c60;padding-left:1.7rem}"
        ".odd{background:#c603;border-radius:3px;font-size:.8em;padding:0 .2em}input,textarea,button{font:inherit;"
        "padding:.5rem;border-radius:6px;border:1px solid #8888;max-width:100%;box-sizing:border-box}"
        "textarea,input[type=password]{width:100%}button{margin:.5rem .5rem 0 0;padding:.5rem 1.4rem;cursor:pointer}"
        ".yes{background:#176f2c;color:#fff}.no{background:#a11;color:#fff}";

static void begin(struct buf *b, const char *title, const char *nonce)
{
	buf_adds(b, "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
	            "content=\"width=device-width,initial-scale=1\"><meta name=\"robots\" content=\"noindex\"><title>");
	buf_adds(b, title);
	buf_addf(b, "</title><style nonce=\"%s\">%s</style></head><body>", nonce, style);
}

static void send_page(struct admin *a, struct http_request_id id, int status, const char *nonce, struct buf *b)
{
	char csp[256];
	snprintf(csp, sizeof csp,
	         "default-src 'none'; style-src 'nonce-%s'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'", nonce);
	const struct http_header h[] = {
		{ SLICE_LIT("Content-Type"), SLICE_LIT("text/html; charset=utf-8") },
		{ SLICE_LIT("Content-Security-Policy"), slice_str(csp) },
		{ SLICE_LIT("Cache-Control"), SLICE_LIT("no-store") },
		{ SLICE_LIT("Referrer-Policy"), SLICE_LIT("no-referrer") },
		{ SLICE_LIT("X-Content-Type-Options"), SLICE_LIT("nosniff") },
		{ SLICE_LIT("X-Frame-Options"), SLICE_LIT("DENY") },
		{ SLICE_LIT("Cross-Origin-Opener-Policy"), SLICE_LIT("same-origin") },
	};
	buf_adds(b, "</body></html>");
	if (buf_ok(b))
		http_respond(a->o.http, id, status, h, ARRAY_LEN(h), buf_slice(b));
	else
		admin_problem(a, id, 500, "the page is too long; use gatehouse approval show");
	buf_release(b);
}

static void make_nonce(char out[33])
{
	unsigned char bytes[16];
	random_bytes(bytes, sizeof bytes);
	digest_hex(bytes, sizeof bytes, out);
}

/*
 * Nothing is said of the approval to whom has not signed in, not even that there is one. asked: the id of the
 * address, for those who have an account in the console; empty: none.
 */
static void send_sign_in(struct admin *a, struct http_request_id id, int status, const char *said, struct slice asked)
{
	char nonce[33];
	struct buf b = BUF_INIT(65536);
	make_nonce(nonce);
	begin(&b, "Approval", nonce);
	buf_adds(&b, "<h1>An agent asks for your approval</h1>");
	if (said[0]) {
		buf_adds(&b, "<p class=\"warn\">");
		html_add(&b, slice_str(said), 0);
		buf_adds(&b, "</p>");
	}
	buf_adds(&b, "<form method=\"post\"><p><label>Your approver token<br><input type=\"password\" name=\"token\" "
	             "autocomplete=\"current-password\" required autofocus></label></p>"
	             "<button>Show what is asked</button></form>");
	if (asked.n && a->o.has_console) {
		buf_adds(&b, "<p>If you have an account here, <a href=\"/approvals/");
		html_add(&b, asked, 0);
		buf_adds(&b, "\">decide in the console</a>.</p>");
	}
	send_page(a, id, status, nonce, &b);
}

static void add_row(struct buf *b, const char *name, const char *text)
{
	if (!text || !text[0])
		return;
	buf_addf(b, "<dt>%s</dt><dd>", name);
	html_add(b, slice_str(text), 1000);
	buf_adds(b, "</dd>");
}

static void add_time(struct buf *b, const char *name, int64_t us)
{
	char time[CLOCK_TEXT_SIZE];
	if (us <= 0)
		return;
	clock_text(us, time);
	buf_addf(b, "<dt>%s</dt><dd>%.10s %.8s UTC</dd>", name, time, time + 11);
}

static void add_arguments(struct buf *b, const struct approval *v)
{
	buf_addf(b, "<h2>Arguments (%llu bytes)</h2>", (unsigned long long)v->argument_bytes);
	if (!v->arguments) {
		buf_adds(b, "<p class=\"warn\">They were sealed by a gate with another key and cannot be shown: do not approve.</p>");
		return;
	}
	buf_adds(b, "<pre>");
	bool is_cut = html_add(b, slice_str(v->arguments), ARGUMENTS_MAX);
	buf_adds(b, "</pre>");
	if (is_cut)
		buf_addf(b, "<p class=\"warn\">Only the first %d of %llu bytes are shown: see all with gatehouse approval show %s</p>",
		         ARGUMENTS_MAX, (unsigned long long)v->argument_bytes, v->id);
}

static void add_hints(struct buf *b, const char *hints)
{
	struct arena arena;
	arena_init(&arena, 1u << 20);
	const struct json *list = json_read(slice_str(hints), &arena, NULL);
	if (json_count(list))
		buf_adds(b, "<h2>Noticed</h2><ul class=\"warn\">");
	for (struct json_iter it = json_iter(list); json_next(&it);) {
		buf_adds(b, "<li>");
		html_add(b, json_string(it.value), 300);
		buf_adds(b, "</li>");
	}
	if (json_count(list))
		buf_adds(b, "</ul>");
	arena_release(&arena);
}

static void add_cell(struct buf *b, const struct json *row, const char *key, size_t max)
{
	buf_adds(b, "<td>");
	html_add(b, json_string(json_gets(row, key)), max);
	buf_adds(b, "</td>");
}

static void add_recent(struct buf *b, const char *recent)
{
	struct arena arena;
	arena_init(&arena, 1u << 20);
	const struct json *list = json_read(slice_str(recent), &arena, NULL);
	if (json_count(list))
		buf_adds(b, "<h2>What this agent did before, newest first</h2><table><tr><th>time</th><th>server</th>"
		            "<th>what</th><th>decision</th><th>outcome</th></tr>");
	for (struct json_iter it = json_iter(list); json_next(&it);) {
		struct slice target = json_string(json_gets(it.value, "target"));
		buf_adds(b, "<tr>");
		add_cell(b, it.value, "time", 19);
		add_cell(b, it.value, "server", 64);
		add_cell(b, it.value, target.n ? "target" : "method", 100);
		add_cell(b, it.value, "decision", 16);
		add_cell(b, it.value, "outcome", 16);
		buf_adds(b, "</tr>");
	}
	if (json_count(list))
		buf_adds(b, "</table>");
	arena_release(&arena);
}

static void add_votes(struct buf *b, const struct approval *v)
{
	if (v->vote_n)
		buf_adds(b, "<h2>Votes</h2><ul>");
	for (size_t i = 0; i < v->vote_n; i++) {
		buf_addf(b, "<li>%s: ", v->votes[i].is_yes ? "yes" : "no");
		html_add(b, slice_str(v->votes[i].person), 200);
		if (v->votes[i].note[0])
			buf_adds(b, ", ");
		html_add(b, slice_str(v->votes[i].note), LIMIT_APPROVAL_NOTE);
		buf_adds(b, "</li>");
	}
	if (v->vote_n)
		buf_adds(b, "</ul>");
}

static void add_form(struct buf *b, const struct admin *a, const unsigned char *token_hash)
{
	struct visit visit = { .until_us = loop_wall_us(a->o.loop) + SIGNED_IN_US };
	struct buf sealed = BUF_INIT(256);
	memcpy(visit.token_hash, token_hash, sizeof visit.token_hash);
	seal(a->o.page_key, CONTEXT, slice_of((const char *)&visit, sizeof visit), &sealed);
	buf_adds(b, "<form method=\"post\"><input type=\"hidden\" name=\"visit\" value=\"");
	base64url_add(b, buf_slice(&sealed));
	buf_addf(b,
	         "\"><p><label>Note for the agent and the records<br><textarea name=\"note\" rows=\"2\" maxlength=\"%d\">"
	         "</textarea></label></p><button class=\"yes\" name=\"decision\" value=\"approve\">Approve this one call</button>"
	         "<button class=\"no\" name=\"decision\" value=\"deny\">Deny</button></form>",
	         LIMIT_APPROVAL_NOTE);
	buf_release(&sealed);
}

static void add_who(struct buf *b, const struct approval *v)
{
	buf_adds(b, "<dl>");
	add_row(b, "server", v->server);
	add_row(b, "tool", v->tool);
	add_row(b, "class", v->tool_class);
	add_row(b, "severity", v->tool_severity);
	add_row(b, "agent", v->grant_label);
	add_row(b, "works for", v->subject);
	add_row(b, "client", v->client_name);
	add_row(b, "session", v->session);
	add_row(b, "policy", v->policy);
	add_row(b, "rule", v->rule[0] ? v->rule : v->pointer);
	add_row(b, "approval", v->id);
	add_time(b, "asked", v->created_us);
	add_time(b, "expires", v->expires_us);
	add_time(b, "decided", v->decided_us);
	add_time(b, "used", v->used_us);
	buf_addf(b, "<dt>yes</dt><dd>%u of %u</dd></dl>", v->yes, v->quorum);
}

static void send_approval(const struct errand *d, const struct approvals_answer *answer, int status, const char *said)
{
	const struct approval *v = &answer->v[0];
	struct buf b = BUF_INIT(4u << 20);
	char nonce[33];
	make_nonce(nonce);
	begin(&b, "Approval", nonce);
	buf_adds(&b, "<h1>May this agent call ");
	html_add(&b, slice_str(v->tool), 200);
	buf_adds(&b, "?</h1>");
	if (said[0]) {
		buf_adds(&b, "<p class=\"warn\">");
		html_add(&b, slice_str(said), 0);
		buf_adds(&b, "</p>");
	}
	buf_addf(&b, "<p class=\"state\">It is %s.</p><p>", approval_state_name(v->state));
	html_add(&b, slice_str(v->message), 0);
	buf_adds(&b, "</p>");
	add_who(&b, v);
	add_hints(&b, v->hints);
	add_arguments(&b, v);
	if (v->description[0]) {
		buf_adds(&b, "<h2>What the tool's author says of it</h2><p>");
		html_add(&b, slice_str(v->description), DESCRIPTION_MAX);
		buf_adds(&b, "</p>");
	}
	add_recent(&b, v->recent);
	add_votes(&b, v);
	if (v->state == APPROVAL_PENDING)
		add_form(&b, d->admin, d->token_hash);
	send_page(d->admin, d->request, status, nonce, &b);
}

static void on_answer(void *ctx, uint64_t number, const struct approvals_answer *answer)
{
	struct errand *d = ctx;
	char text[320];
	(void)number;
	int status = approvals_trouble(d, answer, text, sizeof text);
	if (status == 401)
		send_sign_in(d->admin, d->request, 401, "This is not the token of an approver.", slice_of(NULL, 0));
	else if (!answer->n || answer->v[0].state == APPROVAL_NONE)
		send_sign_in(d->admin, d->request, status == 200 ? 404 : status, text, slice_of(NULL, 0));
	else
		send_approval(d, answer, status, text);
	free(d);
}

/* Who signs in, or did so on the page that is sent back. */
static bool read_visitor(const struct admin *a, struct slice body, unsigned char token_hash[DIGEST_SIZE], const char **why)
{
	char token[128], visit_text[256];
	unsigned char sealed[256], plain[256];
	size_t n = 0, plain_n = 0;
	struct visit visit;
	*why = "";
	if (form_value(body, "token", token, sizeof token)) {
		bool is_token = approval_token_hash(slice_trim(slice_str(token)), token_hash);
		digest_wipe(token, sizeof token);
		*why = "This is not the token of an approver.";
		return is_token;
	}
	if (!form_value(body, "visit", visit_text, sizeof visit_text))
		return false;
	*why = "You are not signed in any more.";
	if (!base64url_read(slice_str(visit_text), sealed, &n) ||
	    n != sizeof visit + SEAL_OVERHEAD ||
	    !unseal(a->o.page_key, CONTEXT, slice_of((const char *)sealed, n), plain, &plain_n) || plain_n != sizeof visit)
		return false;
	memcpy(&visit, plain, sizeof visit);
	memcpy(token_hash, visit.token_hash, DIGEST_SIZE);
	return visit.until_us > loop_wall_us(a->o.loop);
}

/* Line ends of the text field become spaces: a note is one line. */
static void flatten(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20)
			*text = ' ';
}

static void post(struct admin *a, const struct http_request *r, const char *id)
{
	char decision[16], note[LIMIT_APPROVAL_NOTE + 1];
	unsigned char token_hash[DIGEST_SIZE];
	const char *why;
	if (!read_visitor(a, r->body, token_hash, &why)) {
		send_sign_in(a, r->id, 401, why, slice_str(id));
		return;
	}
	bool has_decision = form_value(r->body, "decision", decision, sizeof decision);
	bool is_yes = strcmp(decision, "approve") == 0, is_no = strcmp(decision, "deny") == 0;
	(void)form_value(r->body, "note", note, sizeof note);
	flatten(note);
	struct errand *d = mem_zalloc(sizeof *d);
	*d = (struct errand){ .admin = a, .request = r->id, .is_vote = has_decision && (is_yes || is_no), .is_yes = is_yes };
	memcpy(d->token_hash, token_hash, sizeof d->token_hash);
	struct approvals_caller who = { .token_hash = token_hash };
	if (d->is_vote)
		approvals_vote(a->o.approvals, &who, id, is_yes, note, on_answer, d, 0);
	else
		approvals_get(a->o.approvals, &who, id, on_answer, d, 0);
}

bool approvals_page(struct admin *a, const struct http_request *r)
{
	struct slice prefix = SLICE_LIT(PREFIX);
	char id[APPROVAL_ID_SIZE];
	if (!a->o.approvals || !slice_starts(r->path, prefix) || r->path.n != prefix.n + sizeof id - 1)
		return false;
	memcpy(id, r->path.p + prefix.n, sizeof id - 1);
	id[sizeof id - 1] = '\0';
	if (r->method == HTTP_GET)
		send_sign_in(a, r->id, 200, "", slice_str(id));
	else if (r->method == HTTP_POST)
		post(a, r, id);
	else
		admin_problem(a, r->id, 405, "this page is read with GET and sent with POST");
	return true;
}
