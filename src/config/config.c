/* The file as a whole: its top level by the table of keys, defaults, and the list of mistakes. */
#include "config/config.h"
#include "base/check.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/nearest.h"
#include "config/inside.h"
#include <stdarg.h>

PRINTF_LIKE(3, 0)
static void add_problem(struct config_reader *r, struct yaml_place at, const char *fmt, va_list ap)
{
	struct config_problems *p = r->problems;
	if (p->n == CONFIG_PROBLEMS_MAX)
		return;
	p->v = mem_realloc(p->v, (p->n + 1) * sizeof *p->v);
	struct config_problem *new = &p->v[p->n++];
	*new = (struct config_problem){ .line = at.line, .column = at.column, .file = p->file };
	vsnprintf(new->text, sizeof new->text, fmt, ap);
}

void config_mistake(struct config_reader *r, bool is_key, const char *fmt, ...)
{
	struct yaml_place at = { 0, 0 };
	va_list ap;
	if (r->w->yaml)
		yaml_locate(r->w->yaml, buf_slice(&r->pointer), is_key, &at);
	va_start(ap, fmt);
	add_problem(r, at, fmt, ap);
	va_end(ap);
}

static void mistake_at(struct config_reader *r, struct yaml_place at, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
static void mistake_at(struct config_reader *r, struct yaml_place at, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	add_problem(r, at, fmt, ap);
	va_end(ap);
}

size_t config_enter(struct config_reader *r, struct slice token)
{
	size_t mark = r->pointer.n;
	json_pointer_add(&r->pointer, token);
	return mark;
}

void config_leave(struct config_reader *r, size_t mark)
{
	r->pointer.n = mark;
}

void config_unknown_key(struct config_reader *r, struct slice key, const char *const *known)
{
	const char *near = nearest_word(key, known);
	size_t mark = config_enter(r, key);
	if (near)
		config_mistake(r, true, "unknown key '%.*s' (did you mean '%s'?)",
			       (int)(key.n > 60 ? 60 : key.n), key.p, near);
	else
		config_mistake(r, true, "unknown key '%.*s'", (int)(key.n > 60 ? 60 : key.n),
			       key.p);
	config_leave(r, mark);
}

/* The part of a key's path below a section: of "console/oidc/name" "console", and "oidc" below "console". p NULL: the
 * key is not below it. */
static struct slice part_of(const char *path, struct slice section)
{
	const char *rest = path;
	if (section.p && (strncmp(path, section.p, section.n) != 0 || path[section.n] != '/'))
		return slice_of(NULL, 0);
	if (section.p)
		rest += section.n + 1;
	const char *slash = strchr(rest, '/');
	return slash ? slice_of(rest, (size_t)(slash - rest)) : slice_str(rest);
}

static void tell_unknown(struct config_reader *r, struct slice section, struct slice key)
{
	const char *known[CONFIG_KEYS_MAX + 3];
	size_t n = 0;
	BUG_ON(config_key_count + 3 > ARRAY_LEN(known) || config_key_count > CONFIG_KEYS_MAX);
	for (size_t i = 0; i < config_key_count; i++) {
		struct slice part = part_of(config_keys[i].path, section);
		if (part.p)
			known[n++] = arena_strndup(&r->w->a, part.p, part.n);
	}
	if (!section.p) {
		known[n++] = "servers";
		known[n++] = "policies";
	}
	known[n] = NULL;
	config_unknown_key(r, key, known);
}

/* section.p NULL: the top level. */
static void take_level(struct config_reader *r, struct slice section, const struct json *object)
{
	for (struct json_iter it = json_iter(object); json_next(&it);) {
		const struct config_key *k = NULL;
		struct slice part = { 0 };
		for (size_t i = 0; !k && i < config_key_count; i++) {
			part = part_of(config_keys[i].path, section);
			if (slice_eq(part, it.key))
				k = &config_keys[i];
		}
		if (!k && !(!section.p &&
			    (slice_is(it.key, "servers") || slice_is(it.key, "policies")))) {
			tell_unknown(r, section, it.key);
			continue;
		}
		size_t mark = config_enter(r, it.key);
		bool is_section = !k || part.p[part.n] == '/';
		if (is_section && !json_is(it.value, JSON_OBJECT)) {
			if (!json_is(it.value, JSON_NULL)) /* "limits:" with every line below it commented out */
				config_mistake(r, false, "must have keys of its own below it");
		} else if (!k) {
			(it.key.p[0] == 's' ? config_take_servers : config_take_policies)(r,
											  it.value);
		} else if (is_section) {
			take_level(r, slice_of(k->path, (size_t)(part.p + part.n - k->path)), it.value);
		} else {
			config_take(r, k, it.value, (char *)&r->w->c + k->offset);
			r->w->source[k - config_keys] = CONFIG_OF_FILE;
		}
		config_leave(r, mark);
	}
}

static void set_defaults(struct config_reader *r)
{
	struct buf b = BUF_INIT(1024);
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *k = &config_keys[i];
		if (k->kind == CONFIG_STRINGS) {
			const char *const **list =
				(const char *const **)(void *)((char *)&r->w->c + k->offset);
			*list = arena_zalloc(&r->w->a, sizeof **list);
			continue;
		}
		if (!k->initial[0])
			continue;
		buf_clear(&b);
		buf_add_json_string(&b, slice_str(k->initial));
		const struct json *v = json_read(buf_slice(&b), &r->w->a, NULL);
		BUG_ON(!v || !config_take(r, k, v, (char *)&r->w->c + k->offset));
	}
	buf_release(&b);
}

static void set_data_dir(struct config_reader *r)
{
	struct config *c = &r->w->c;
	const char *of_env = config_getenv(r, "GATEHOUSE_DATA_DIR");
	if (r->o->data_dir)
		c->data_dir = arena_strndup(&r->w->a, r->o->data_dir, strlen(r->o->data_dir));
	else if (!c->data_dir && of_env && of_env[0])
		c->data_dir = arena_strndup(&r->w->a, of_env, strlen(of_env));
	else if (!c->data_dir)
		c->data_dir = config_near_file(r, "gatehouse-data");
	if (!c->catalog_path)
		c->catalog_path = arena_printf(&r->w->a, "%s/catalog.db", c->data_dir);
}

/* One public address is enough for both, and both are put before a path. */
static void set_addresses(struct config_reader *r)
{
	struct config *c = &r->w->c;
	const char **urls[] = { &c->console_url, &c->approvals_url };
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		size_t n = *urls[i] ? strlen(*urls[i]) : 0;
		while (n && (*urls[i])[n - 1] == '/')
			n--;
		*urls[i] = n ? arena_strndup(&r->w->a, *urls[i], n) : NULL;
	}
	if (!c->console_url)
		c->console_url = c->approvals_url;
	if (!c->approvals_url)
		c->approvals_url = c->console_url;
	if (!r->problems->n && c->oidc_issuer && !c->oidc_client_id) {
		size_t mark = config_enter(r, SLICE_LIT("console"));
		config_enter(r, SLICE_LIT("oidc"));
		config_mistake(r, false, "'issuer' needs a 'client_id' beside it: what the provider calls this gate");
		config_leave(r, mark);
	}
}

static bool is_origin(const char *s)
{
	struct slice o = slice_str(s), http = SLICE_LIT("http://"), https = SLICE_LIT("https://");
	size_t n = slice_starts(o, https) ? https.n : slice_starts(o, http) ? http.n : 0;
	return n && o.n > n && !strpbrk(s + n, "/?# @*");
}

static void check_lists(struct config_reader *r)
{
	static const struct {
		const char *key, *form;
	} lists[] = { { "allowed_origins", "https://console.example.com" },
		      { "allowed_hosts", "gate.example.com" } };
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		const char *const *v = i ? r->w->c.allowed_hosts : r->w->c.allowed_origins;
		for (size_t j = 0; v && v[j]; j++) {
			bool is_good = i ? v[j][0] && !strpbrk(v[j], "/ @*") : is_origin(v[j]);
			if (is_good)
				continue;
			char index[24];
			size_t mark = config_enter(r, slice_str(lists[i].key));
			snprintf(index, sizeof index, "%zu", j);
			config_enter(r, slice_str(index));
			config_mistake(r, false, "'%.80s' is not of the form \"%s\"", v[j],
				       lists[i].form);
			config_leave(r, mark);
		}
	}
}

static struct config *finish(struct config_reader *r)
{
	struct config *c = &r->w->c;
	if (r->w->yaml && !json_is(yaml_root(r->w->yaml), JSON_OBJECT))
		config_mistake(r, false, "must have keys, as 'listen: \"127.0.0.1:8811\"'");
	else if (r->w->yaml)
		take_level(r, slice_of(NULL, 0), yaml_root(r->w->yaml));
	set_data_dir(r);
	set_addresses(r);
	check_lists(r);
	buf_release(&r->pointer);
	if (r->problems->n)
		config_unref(&c);
	return c;
}

static struct config_reader begin(const struct config_opts *o, struct config_problems *problems)
{
	struct config_reader r = { .o = o,
				   .problems = problems,
				   .pointer = BUF_INIT(LIMIT_CONFIG_BYTES) };
	r.w = mem_zalloc(sizeof *r.w);
	atomic_init(&r.w->refs, 1);
	arena_init(&r.w->a, CONFIG_ARENA);
	*problems = (struct config_problems){ .file = o->file ? mem_strdup(o->file) : NULL };
	r.w->c.file = o->file ? arena_strndup(&r.w->a, o->file, strlen(o->file)) : NULL;
	set_defaults(&r);
	return r;
}

struct config *config_read(const struct config_opts *o, struct slice text,
			   struct config_problems *problems)
{
	struct config_reader r = begin(o, problems);
	struct err e = { 0 };
	struct yaml_place at;
	r.w->yaml = yaml_read(text, &r.w->a, &at, &e);
	if (!r.w->yaml)
		mistake_at(&r, at, "%s", e.text);
	return finish(&r);
}

static struct config *fail_file(const struct config_opts *o, struct config_problems *problems,
				const char *why)
{
	struct config_reader r = begin(o, problems);
	mistake_at(&r, (struct yaml_place){ 0, 0 }, "%s", why);
	return finish(&r);
}

struct config *config_load(const struct config_opts *o, struct config_problems *problems)
{
	if (!o->file) {
		struct config_reader r = begin(o, problems);
		return finish(&r);
	}
	struct buf text = BUF_INIT(LIMIT_CONFIG_BYTES + 1);
	struct err e = { 0 };
	struct config *c = file_read(o->file, &text, &e)
				   ? config_read(o, buf_slice(&text), problems)
				   : fail_file(o, problems, e.text);
	if (text.p)
		explicit_bzero(text.p, text.cap);
	buf_release(&text);
	return c;
}

struct config *config_ref(const struct config *c)
{
	struct config_whole *w = container_of((struct config *)(uintptr_t)c, struct config_whole, c);
	atomic_fetch_add(&w->refs, 1);
	return &w->c;
}

void config_unref(struct config **c)
{
	if (!*c)
		return;
	struct config_whole *w = container_of(*c, struct config_whole, c);
	*c = NULL;
	if (atomic_fetch_sub(&w->refs, 1) > 1)
		return;
	arena_release(&w->a);
	free(w);
}

void config_problems_release(struct config_problems *p)
{
	free(p->v);
	free(p->file);
	*p = (struct config_problems){ 0 };
}

void config_problems_write(struct buf *b, const struct config_problems *p)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct config_problem *one = &p->v[i];
		buf_adds(b, one->file ? one->file : "configuration");
		if (one->line)
			buf_addf(b, ":%d:%d", one->line, one->column);
		buf_addf(b, ": %s\n", one->text);
	}
}

const struct config_server *config_server_get(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->server_n; i++)
		if (strcmp(c->servers[i].name, name) == 0)
			return &c->servers[i];
	return NULL;
}

const struct config_policy *config_policy_get(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->policy_n; i++)
		if (strcmp(c->policies[i].name, name) == 0)
			return &c->policies[i];
	return NULL;
}
