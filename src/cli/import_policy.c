/* What agents may do after an import: a policy for all servers, or for each the one that its tools call for. */
#include "app/ask_tools.h"
#include "base/file.h"
#include "base/limits.h"
#include "catalog/profile.h"
#include "cli/commands.h"
#include "cli/import.h"
#include <sys/stat.h>

static bool is_refused(const char *name, struct slice text)
{
	struct policy_problems problems = { 0 };
	struct buf told = BUF_INIT(1u << 20);
	struct policy *policy = policy_new(text, &problems);
	bool is_good = policy != NULL;
	problems_write(&told, name, &problems);
	if (!is_good)
		fputs(buf_str(&told), stderr);
	buf_release(&told);
	policy_problems_release(&problems);
	if (policy)
		policy_unref(&policy);
	return !is_good;
}

struct text_of_policy {
	struct import *m;
	struct slice text;
};

/* Is there another policy of this name, with other rules? Others may use it: it is not touched. */
static bool is_other(void *ctx, const char *name)
{
	const struct text_of_policy *t = ctx;
	struct store_policy kept;
	struct err e = { 0 };
	if (config_policy_get(t->m->place.config, name))
		return true;
	return store_policy_get(t->m->place.store, name, 0, &t->m->c->arena, &kept, &e) && !slice_eq(kept.text, t->text);
}

/* Stored under its name; one that is new is the import's own, and goes when it is undone. */
static bool keep(struct import *m, struct manifest *record, const char *name, struct slice text, struct err *e)
{
	struct store_policy kept;
	struct err none = { 0 };
	int64_t version;
	bool is_there = store_policy_get(m->place.store, name, 0, &m->c->arena, &kept, &none);
	if (!store_policy_apply(m->place.store, name, text, "", "import", &version, e))
		return false;
	if (!is_there)
		record->policies[record->policy_n++] = name;
	return true;
}

static void replace_all(struct buf *b, const char *from, struct slice to)
{
	struct buf out = BUF_INIT(b->max);
	struct slice rest = buf_slice(b);
	size_t n = strlen(from);
	for (const char *at; rest.n && (at = memmem(rest.p, rest.n, from, n)); rest = slice_of(at + n, rest.n - (size_t)(at - rest.p) - n)) {
		buf_add(&out, rest.p, (size_t)(at - rest.p));
		buf_add_slice(&out, to);
	}
	buf_add_slice(&out, rest);
	buf_release(b);
	*b = out;
}

/* The folders that a program is started with are those it was meant for; else that of its project. */
static void name_folders(const struct client_server *s, struct buf *policy)
{
	struct buf list = BUF_INIT(1u << 20);
	struct stat st;
	for (size_t i = 1; i < s->arg_n; i++) {
		if (s->argv[i][0] != '/' || stat(s->argv[i], &st) != 0 || !S_ISDIR(st.st_mode))
			continue;
		buf_addc(&list, list.n ? ',' : '[');
		buf_add_json_string(&list, slice_str(s->argv[i]));
	}
	if (!list.n && s->cwd) {
		buf_addc(&list, '[');
		buf_add_json_string(&list, slice_str(s->cwd));
	}
	buf_addc(&list, ']');
	if (list.n > 1) {
		replace_all(policy, RECOMMEND_FOLDER_DENIED, SLICE_LIT("only paths within the folders of this server"));
		replace_all(policy, "[\"" RECOMMEND_FOLDER "\"]", buf_slice(&list));
	}
	buf_release(&list);
}

/* "3 read, 2 write, 1 destructive" */
static const char *summary(struct import *m, const struct profile *const *v, size_t n)
{
	struct buf b = BUF_INIT(4096);
	for (enum category c = CATEGORY_UNKNOWN; c < CATEGORIES; c++) {
		size_t count = 0;
		for (size_t i = 0; i < n; i++)
			count += v[i]->category == c;
		if (count)
			buf_addf(&b, "%s%zu %s", b.n ? ", " : "", count, category_word(c));
	}
	char *out = arena_strndup(&m->c->arena, b.n ? b.p : "no tools", b.n ? b.n : 8);
	buf_release(&b);
	return out;
}

static bool recommend(struct import *m, struct manifest *record, struct import_server *s, struct slice answer, struct err *e)
{
	struct arena *a = &m->c->arena;
	const struct json *tools = json_read(answer, a, e);
	struct profile *all = tools ? arena_zalloc(a, (json_count(tools) + 1) * sizeof *all) : NULL;
	const struct profile **v = all ? arena_zalloc(a, (json_count(tools) + 1) * sizeof *v) : NULL;
	struct buf text = BUF_INIT(LIMIT_POLICY_BYTES);
	size_t n = 0;
	if (!v)
		return tools ? err_set(e, ERR_LIMIT, "its tools need too much memory") : false;
	for (struct json_iter it = json_iter(tools); json_next(&it); n++) {
		profile_make(it.value, slice_str(s->name), a, &all[n]);
		v[n] = &all[n];
	}
	recommend_policy(&text, v, n);
	name_folders(s->of, &text);
	s->what = summary(m, v, n);
	if (s->what && text.n && memmem(text.p, text.n, RECOMMEND_FOLDER, strlen(RECOMMEND_FOLDER)))
		s->what = arena_printf(a, "%s; paths are held to " RECOMMEND_FOLDER " until its folder is named there", s->what);
	struct text_of_policy t = { m, buf_slice(&text) };
	char *wanted = arena_printf(a, "%.50s-recommended", s->name);
	s->policy = wanted ? client_server_name(a, wanted, is_other, &t) : NULL;
	bool is_good = buf_ok(&text) && s->what && s->policy && !is_refused(s->policy, buf_slice(&text)) && keep(m, record, s->policy, buf_slice(&text), e);
	if (!is_good) {
		s->policy = NULL;
		if (e->kind == ERR_NONE)
			err_set(e, ERR_INPUT, "no policy could be made for its tools");
	}
	buf_release(&text);
	return is_good;
}

/* A server that does not answer gets no policy, and all calls of it are refused: the others go on. */
static void ask(struct import *m, struct manifest *record, struct import_server *s)
{
	struct buf answer = BUF_INIT(LIMIT_ADMIN_BYTES);
	struct store_server row;
	struct err e = { 0 };
	cli_note("asking server '%s' for its tools", s->name);
	bool is_good = store_server_get(m->place.store, s->name, &m->c->arena, &row, &e) &&
		       ask_tools_of(m->place.config, &row, &answer, NULL, &e) && recommend(m, record, s, buf_slice(&answer), &e);
	if (!is_good)
		cli_note("server '%s' gets no policy, so every call of it is refused: %s", s->name, e.text);
	buf_release(&answer);
}

/* A policy that is there, or a file, whose name without its ending is the policy's. */
static int take_one(struct import *m, struct manifest *record, const char *given)
{
	struct arena *a = &m->c->arena;
	struct buf text = BUF_INIT(LIMIT_POLICY_BYTES);
	struct store_policy kept;
	struct err e = { 0 };
	const char *slash = strrchr(given, '/'), *base = slash ? slash + 1 : given, *name = given;
	int code = CLI_OK;
	if (slash || !store_policy_get(m->place.store, given, 0, a, &kept, &e)) {
		char *stem = arena_strndup(a, base, strcspn(base, "."));
		struct text_of_policy t = { m, slice_of(NULL, 0) };
		e = (struct err){ 0 };
		if (!stem || !file_read(given, &text, &e))
			code = cli_fail(CLI_WRONG, "'--policy %.80s' is neither 'recommended' nor a policy that is there: %s", given, e.text);
		t.text = slice_of(text.p ? text.p : "", text.n);
		name = code == CLI_OK ? client_server_name(a, stem, is_other, &t) : NULL;
		if (code == CLI_OK && is_refused(given, t.text))
			code = cli_fail(CLI_WRONG, "'%.120s' is refused; nothing was changed", given);
		else if (code == CLI_OK && (!name || !keep(m, record, name, t.text, &e)))
			code = name ? cli_fail_err(&e) : cli_fail(CLI_FAILED, "out of memory");
	}
	buf_release(&text);
	for (size_t i = 0; i < m->server_n && code == CLI_OK; i++)
		m->servers[i]->policy = name;
	return code;
}

int import_policies(struct import *m, struct manifest *record)
{
	const char *given = cli_value(m->c, "policy");
	record->policies = arena_zalloc(&m->c->arena, (m->server_n + 2) * sizeof *record->policies);
	if (!record->policies)
		return cli_fail(CLI_FAILED, "out of memory");
	if (!given)
		return CLI_OK;
	if (strcmp(given, "recommended") != 0)
		return take_one(m, record, given);
	for (size_t i = 0; i < m->server_n; i++)
		ask(m, record, m->servers[i]);
	return CLI_OK;
}
