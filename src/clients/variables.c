/* What clients replace in the texts of their configuration, each in its own way. */
#include "base/buf.h"
#include "base/limits.h"
#include "clients/dialect.h"

struct expansion {
	const struct client_file *file;
	const struct client_facts *facts;
	struct arena *arena;
	struct buf out;
	const char *why;
};

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool refuse(struct expansion *x, struct slice name)
{
	x->why = arena_printf(x->arena, "it takes '%.*s', which only the client can give", (int)(name.n > 60 ? 60 : name.n), name.p);
	return false;
}

/* fallback.p NULL: there is none. */
static bool add_variable(struct expansion *x, struct slice name, struct slice fallback)
{
	char *copy = arena_strndup(x->arena, name.p, name.n);
	const char *value = copy ? x->facts->variable(x->facts->ctx, copy) : NULL;
	if (value) {
		buf_adds(&x->out, value);
		return true;
	}
	if (fallback.p) {
		buf_add_slice(&x->out, fallback);
		return true;
	}
	x->why = arena_printf(x->arena, "it takes the variable '%.60s' from the environment, where it is not set", copy ? copy : "");
	return false;
}

static bool add_known(struct expansion *x, struct slice name)
{
	const char *folder = x->file->project;
	if (slice_is(name, "userHome") && x->facts->home)
		buf_adds(&x->out, x->facts->home);
	else if ((slice_is(name, "workspaceFolder") || slice_is(name, "workspaceRoot")) && folder)
		buf_adds(&x->out, folder);
	else if (slice_is(name, "workspaceFolderBasename") && folder)
		buf_adds(&x->out, strrchr(folder, '/') ? strrchr(folder, '/') + 1 : folder);
	else if (slice_is(name, "pathSeparator") || slice_is(name, "/"))
		buf_addc(&x->out, '/');
	else
		return false;
	return true;
}

/* Between the braces of ${…}. */
static bool add_braced(struct expansion *x, struct slice name)
{
	enum client c = x->file->client;
	if (c == CLIENT_CLAUDE_CODE || c == CLIENT_GEMINI || c == CLIENT_CLAUDE_DESKTOP) {
		const char *colon = memmem(name.p, name.n, ":-", 2);
		struct slice fallback = slice_of(NULL, 0);
		if (colon) {
			fallback = slice_of(colon + 2, (size_t)(name.p + name.n - colon) - 2);
			name.n = (size_t)(colon - name.p);
		}
		return add_variable(x, name, fallback);
	}
	if (slice_starts(name, SLICE_LIT("env:")))
		return add_variable(x, slice_of(name.p + 4, name.n - 4), slice_of(NULL, 0));
	if (add_known(x, name))
		return true;
	return refuse(x, name);
}

static bool reads_braces(enum client c)
{
	return c == CLIENT_CLAUDE_CODE || c == CLIENT_GEMINI || c == CLIENT_CURSOR || c == CLIENT_VSCODE || c == CLIENT_WINDSURF;
}

/* At a '$'. *n: how long what it stands for is. */
static bool add_reference(struct expansion *x, struct slice rest, size_t *n)
{
	enum client c = x->file->client;
	if (c == CLIENT_CONTINUE && slice_starts(rest, SLICE_LIT("${{"))) {
		const char *end = memmem(rest.p, rest.n, "}}", 2);
		*n = end ? (size_t)(end - rest.p) + 2 : 3;
		return refuse(x, slice_trim(slice_of(rest.p + 3, *n > 5 ? *n - 5 : 0)));
	}
	if (reads_braces(c) && slice_starts(rest, SLICE_LIT("${"))) {
		const char *end = memchr(rest.p, '}', rest.n);
		if (!end)
			return true;
		*n = (size_t)(end - rest.p) + 1;
		return add_braced(x, slice_of(rest.p + 2, *n - 3));
	}
	if (c == CLIENT_GEMINI && rest.n > 1 && is_name(rest.p[1])) {
		for (*n = 1; *n < rest.n && is_name(rest.p[*n]);)
			++*n;
		return add_variable(x, slice_of(rest.p + 1, *n - 1), slice_of(NULL, 0));
	}
	return true;
}

const char *variables_expand(const struct client_file *f, const struct client_facts *facts, struct slice text, struct arena *a,
			     const char **why)
{
	struct expansion x = { .file = f, .facts = facts, .arena = a, .out = BUF_INIT(LIMIT_CLIENT_FILE_BYTES) };
	char *copy = NULL;
	bool is_good = true;
	*why = NULL;
	for (size_t i = 0; i < text.n && is_good;) {
		size_t n = 0;
		if (text.p[i] == '$')
			is_good = add_reference(&x, slice_of(text.p + i, text.n - i), &n);
		if (is_good && !n)
			buf_addc(&x.out, text.p[i++]);
		i += n;
	}
	if (is_good && buf_ok(&x.out))
		copy = arena_strndup(a, x.out.p ? x.out.p : "", x.out.n);
	if (x.out.p)
		explicit_bzero(x.out.p, x.out.cap);
	buf_release(&x.out);
	*why = x.why;
	return copy;
}
