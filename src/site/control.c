/* How to control a tool: the rule, what it means, and how it comes into force. */
#include "base/html.h"
#include "site/tool_parts.h"

void command_name(const struct server_row *r, char out[COMMAND_NAME_SIZE])
{
	size_t n = 0;
	for (const char *p = r->file; *p && *p != '~' && n + 1 < COMMAND_NAME_SIZE; p++)
		if (n || (*p != '-' && *p != '_'))
			out[n++] = *p;
	if (!n)
		memcpy(out, "server", n = 6);
	out[n] = '\0';
}

/* Fit for a shell's line without quotes. */
static bool is_tame(struct slice s)
{
	if (!s.n || s.n > 200 || s.p[0] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && !strchr("@/._:-", c))
			return false;
	}
	return true;
}

static void add_server_command(struct buf *b, const struct server_row *r, const char *name)
{
	static const struct {
		const char *scheme, *runner;
	} kinds[] = { { "pkg:npm/", "npx -y" }, { "pkg:pypi/", "uvx" } };
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct slice scheme = slice_str(kinds[i].scheme), rest = { r->s.package.p + scheme.n, 0 };
		if (!slice_starts(r->s.package, scheme))
			continue;
		rest.n = r->s.package.n - scheme.n;
		if (is_tame(rest)) {
			buf_addf(b, "gatehouse server add %s -- %s %.*s\n", name, kinds[i].runner, SLICE_ARG(rest));
			return;
		}
	}
	if (slice_starts(r->s.remote, SLICE_LIT("http")) && is_tame(r->s.remote))
		buf_addf(b, "gatehouse server add %s %.*s\n", name, SLICE_ARG(r->s.remote));
	else
		buf_addf(b, "gatehouse server add %s -- COMMAND\n", name);
}

void add_commands(struct site *s, const struct server_row *r, const char *file)
{
	struct buf b = BUF_INIT(4096);
	char name[COMMAND_NAME_SIZE];
	command_name(r, name);
	add_server_command(&b, r, name);
	buf_addf(&b, "gatehouse policy check %s\n", file);
	buf_addf(&b, "gatehouse policy apply %s %s\n", name, file);
	buf_addf(&b, "gatehouse grant add my-agent --server %s=%s\n", name, name);
	add_code(s, "apply", "Terminal", buf_slice(&b));
	buf_release(&b);
}

/* Percent-encoded whole: every byte that is no letter, digit, "-", "." or "_". */
static void add_encoded(struct buf *b, struct slice s)
{
	for (size_t i = 0; i < s.n && i < 300; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_')
			buf_addc(b, (char)c);
		else
			buf_addf(b, "%%%02X", (unsigned)c);
	}
}

void add_gate_link(struct site *s, const struct server_row *r, struct slice tool, const char *text)
{
	struct buf *b = &s->b;
	const char *url = s->o->gate_url;
	if (!url)
		return;
	buf_adds(b, "<p><a class=\"button\" rel=\"nofollow noopener\" href=\"");
	for (const char *p = url; *p;) {
		if (strncmp(p, "{server}", 8) == 0) {
			add_encoded(b, r->s.id);
			p += 8;
		} else if (strncmp(p, "{tool}", 6) == 0) {
			add_encoded(b, tool);
			p += 6;
		} else {
			html_add_plain(b, slice_of(p, 1), 0);
			p++;
		}
	}
	buf_addf(b, "\">%s</a></p>", text);
}

static void say_limits(struct buf *b, const struct json *limits)
{
	for (struct json_iter it = json_iter(limits); json_next(&it);) {
		struct slice max = json_number(json_gets(it.value, "max")), window = json_string(json_gets(it.value, "window")),
			     amount = json_string(json_gets(it.value, "increment_from")),
			     scope = json_string(json_gets(it.value, "scope"));
		if (amount.n)
			buf_addf(b, "What %.*s adds up to is capped at %.*s a %.*s for each %.*s. ", SLICE_ARG(amount),
				 SLICE_ARG(max), SLICE_ARG(window), SLICE_ARG(scope));
		else
			buf_addf(b, "At most %.*s calls a %.*s for each %.*s: a runaway agent is stopped. ", SLICE_ARG(max),
				 SLICE_ARG(window), SLICE_ARG(scope));
	}
}

/* What an agent is told that does not meet a group, each in quotes. */
static void say_groups(struct buf *b, const char *before, const struct json *groups)
{
	bool is_first = true;
	for (struct json_iter it = json_iter(groups); json_next(&it); is_first = false)
		buf_addf(b, "%s “%.*s”", is_first ? before : ",", SLICE_ARG(json_string(json_gets(it.value, "on_deny"))));
	buf_adds(b, is_first ? "" : ". ");
}

static void say_action(struct buf *b, struct slice action, bool is_limited)
{
	if (slice_is(action, "hide"))
		buf_adds(b, "It is left out of the list that agents see, and its calls are refused. ");
	else if (slice_is(action, "deny"))
		buf_adds(b, "Its calls are refused. ");
	else if (slice_is(action, "require_approval"))
		buf_adds(b, "Each call waits for the yes of a person, who sees the arguments. ");
	else if (!is_limited)
		buf_adds(b, "It may be called; its arguments must satisfy its own schema. ");
}

void rule_sentences(struct buf *b, const struct profile *p)
{
	struct buf text = BUF_INIT(1u << 20);
	struct arena arena;
	bool is_hidden = false;
	arena_init(&arena, 16u << 20);
	recommend_rule(&text, p, &is_hidden);
	const struct json *rule = buf_ok(&text) ? json_read(buf_slice(&text), &arena, NULL) : NULL;
	say_action(b, is_hidden ? SLICE_LIT("hide") : json_string(json_gets(rule, "action")), json_gets(rule, "limits") != NULL);
	if (!is_hidden) {
		say_limits(b, json_gets(rule, "limits"));
		say_groups(b, "A call that does not meet its conditions is refused with", json_gets(rule, "require"));
		say_groups(b, "Refused is also what it forbids, with", json_gets(rule, "deny_if"));
		say_groups(b, "A person is asked where it says", json_gets(rule, "approve_if"));
	}
	buf_release(&text);
	arena_release(&arena);
}

void tool_control(struct site *s, const struct tool_facts *f)
{
	struct buf *b = &s->b, text = BUF_INIT(1u << 20), pretty = BUF_INIT(2u << 20), said = BUF_INIT(1u << 16);
	struct arena arena;
	const struct json *policy;
	arena_init(&arena, 64u << 20);
	tool_heading(s, f, "control", "How to control ", "");
	recommend_policy(&text, &f->p, 1);
	policy = buf_ok(&text) ? json_read(buf_slice(&text), &arena, NULL) : NULL;
	if (policy) {
		json_pretty(&pretty, policy);
		buf_addc(&pretty, '\n');
	}
	rule_sentences(&said, f->p);
	buf_adds(b, "<p>The gate stands between agents and this server; no call reaches it that your rules do not let through. "
		    "This is the rule we recommend:</p>");
	add_code(s, "policy", "policy.json", buf_slice(&pretty));
	buf_adds(b, "<p>");
	html_add(b, buf_slice(&said), 0);
	buf_adds(b, "Everything else of the server is refused unless you say otherwise");
	buf_addf(b, "; <a href=\"%sserver/%s/index.html#policy-whole\">one policy for all its tools</a> is on the server's page.</p>",
		 s->root, server_of(s, f->row)->file);
	add_gate_link(s, server_of(s, f->row), f->t->name, "Apply this rule at your gate");
	buf_adds(b, "<p>Save it as <code>policy.json</code>, then:</p>");
	add_commands(s, server_of(s, f->row), "policy.json");
	buf_adds(b, "</section>\n");
	buf_release(&text);
	buf_release(&pretty);
	buf_release(&said);
	arena_release(&arena);
}
