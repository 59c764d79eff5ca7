/* See launch.h. Options are known by name where they take a value; an unknown one takes none. */
#include "report/launch.h"
#include "base/compiler.h"

struct words {
	const char *const *v;
	size_t n, at;
};

static struct slice base_name(const char *path)
{
	struct slice s = slice_str(path);
	for (size_t i = s.n; i > 0; i--)
		if (s.p[i - 1] == '/' || s.p[i - 1] == '\\') {
			s = slice_of(s.p + i, s.n - i);
			break;
		}
	static const char *const ends[] = { ".cmd", ".exe", ".ps1", ".bat" };
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (s.n > 4 && slice_ieq(slice_of(s.p + s.n - 4, 4), slice_str(ends[i])))
			s.n -= 4;
	return s;
}

static bool is_word(const struct words *w, const char *word)
{
	return w->at < w->n && slice_ieq(base_name(w->v[w->at]), slice_str(word));
}

static bool take(struct words *w, const char *word)
{
	if (!is_word(w, word))
		return false;
	w->at++;
	return true;
}

/* Programs that only run what stands behind them. */
static void skip_wrappers(struct words *w)
{
	for (;;) {
		if (take(w, "env")) {
			while (w->at < w->n && (w->v[w->at][0] == '-' || strchr(w->v[w->at], '=')))
				w->at++;
		} else if (is_word(w, "cmd") && w->at + 1 < w->n && slice_ieq(slice_str(w->v[w->at + 1]), SLICE_LIT("/c"))) {
			w->at += 2;
		} else {
			return;
		}
	}
}

/* The first word that is no option. named: options that name the package themselves, "--from". False: there is none. */
static bool skip_options(struct words *w, const char *const *with_value, const char *const *named, struct slice *spec)
{
	for (; w->at < w->n; w->at++) {
		struct slice word = slice_str(w->v[w->at]);
		const char *equals = memchr(word.p, '=', word.n);
		struct slice option = slice_of(word.p, equals ? (size_t)(equals - word.p) : word.n);
		if (!word.n || word.p[0] != '-') {
			*spec = word;
			return true;
		}
		bool names = slice_is_among(option, named);
		if (names && equals) {
			*spec = slice_of(equals + 1, word.n - option.n - 1);
			return true;
		}
		if (!equals && (names || slice_is_among(option, with_value)))
			w->at++;
		if (names && w->at < w->n) {
			*spec = slice_str(w->v[w->at]);
			return true;
		}
	}
	return false;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* 1.2.3, 2026.8.31-rc.1: three numbers at least, no range, no wildcard. */
static bool is_version(struct slice s, int parts_min)
{
	int parts = 1;
	if (!s.n || !is_digit(s.p[0]))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool is_plain = is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '+' || c == '!';
		if (!is_plain)
			return false;
		if (c == '-' || c == '+')
			return parts >= parts_min;
		if (c == '.') {
			parts++;
			if (i + 1 == s.n || s.p[i + 1] == 'x' || s.p[i + 1] == 'X')
				return false;
		}
	}
	return parts >= parts_min;
}

static bool is_hex(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (slice_hex_digit(s.p[i]) < 0)
			return false;
	return s.n >= 40;
}

/* git+https://host/x#COMMIT of npm, git+https://host/x@COMMIT of Python. */
static bool is_repository(struct slice s)
{
	return slice_starts(s, SLICE_LIT("git+")) || slice_starts(s, SLICE_LIT("git:")) || slice_starts(s, SLICE_LIT("github:")) ||
	       slice_starts(s, SLICE_LIT("https://")) || slice_starts(s, SLICE_LIT("http://"));
}

static bool names_commit(struct slice s)
{
	for (size_t i = s.n; i > 0; i--)
		if (s.p[i - 1] == '#' || s.p[i - 1] == '@')
			return is_hex(slice_of(s.p + i, s.n - i));
	return false;
}

static bool is_path(struct slice s)
{
	return !s.n || s.p[0] == '.' || s.p[0] == '/' || s.p[0] == '~' || slice_starts(s, SLICE_LIT("file:"));
}

static bool npm_is_pinned(struct slice s)
{
	if (is_path(s))
		return true;
	if (slice_starts(s, SLICE_LIT("npm:")) || slice_starts(s, SLICE_LIT("jsr:")))
		s = slice_of(s.p + 4, s.n - 4);
	if (is_repository(s))
		return names_commit(s);
	for (size_t i = s.n; i > 1; i--)
		if (s.p[i - 1] == '@')
			return is_version(slice_of(s.p + i, s.n - i), 3);
	return false;
}

static bool python_is_pinned(struct slice s)
{
	const char *equals;
	if (is_path(s))
		return true;
	if (is_repository(s))
		return names_commit(s);
	equals = memmem(s.p, s.n, "==", 2);
	if (equals) {
		struct slice version = slice_of(equals + 2, (size_t)(s.p + s.n - equals) - 2);
		return is_version(version, 1);
	}
	for (size_t i = s.n; i > 1; i--)
		if (s.p[i - 1] == '@')
			return is_version(slice_trim(slice_of(s.p + i, s.n - i)), 1);
	return false;
}

static bool image_is_pinned(struct slice s)
{
	if (memmem(s.p, s.n, "@sha256:", 8))
		return true;
	for (size_t i = s.n; i > 0 && s.p[i - 1] != '/'; i--)
		if (s.p[i - 1] == ':')
			return !slice_is(slice_of(s.p + i, s.n - i), "latest") && i < s.n;
	return false;
}

static const char *const none[] = { NULL };

static bool find_npm(struct words *w, struct slice *spec)
{
	static const char *const values[] = { "--registry", "--prefix", "--cache", "--userconfig", "-w", "--workspace", NULL };
	static const char *const named[] = { "-p", "--package", NULL };
	size_t from = w->at;
	if (take(w, "npx") || take(w, "bunx") || take(w, "pnpx"))
		return skip_options(w, values, named, spec);
	if (take(w, "npm") && (take(w, "exec") || take(w, "x")))
		return skip_options(w, values, named, spec);
	w->at = from;
	if (take(w, "pnpm") || take(w, "yarn"))
		return take(w, "dlx") && skip_options(w, values, named, spec);
	return take(w, "bun") && take(w, "x") && skip_options(w, values, named, spec);
}

static bool find_python(struct words *w, struct slice *spec)
{
	static const char *const values[] = { "--with",	    "-w",	       "--python",  "-p",	    "--index-url",
					      "-i",	    "--extra-index-url", "--index",   "--default-index", "--directory",
					      "--project", "--env-file",     "--cache-dir", "--with-editable",   "--with-requirements",
					      "-c",	    "--constraints",   "--pip-args",  "--refresh-package", NULL };
	static const char *const named[] = { "--from", "--spec", NULL };
	if (take(w, "uvx"))
		return skip_options(w, values, named, spec);
	if (take(w, "uv"))
		return take(w, "tool") && take(w, "run") && skip_options(w, values, named, spec);
	return take(w, "pipx") && take(w, "run") && skip_options(w, values, named, spec);
}

static bool find_deno(struct words *w, struct slice *spec)
{
	static const char *const values[] = { "-c", "--config", "--import-map", "--lock", "--cert", NULL };
	if (!take(w, "deno") || !take(w, "run") || !skip_options(w, values, none, spec))
		return false;
	return slice_starts(*spec, SLICE_LIT("npm:")) || slice_starts(*spec, SLICE_LIT("jsr:"));
}

static bool find_image(struct words *w, struct slice *spec)
{
	static const char *const values[] = {
		"-e",	   "--env",	"-v",	      "--volume",  "--name",  "--mount",  "-p",	    "--publish", "--network", "--net",
		"-w",	   "--workdir", "-u",	      "--user",	   "-h",      "--hostname", "-l",   "--label",	 "-m",	      "--memory",
		"--cpus",  "--env-file", "--platform", "--entrypoint", "--add-host", "--pull", "--runtime", "--restart", "--security-opt",
		"--cap-add", "--cap-drop", "--tmpfs", "--device", "--gpus", "--dns", "--ulimit", "--shm-size", "--log-driver", NULL };
	if (!take(w, "docker") && !take(w, "podman") && !take(w, "nerdctl"))
		return false;
	(void)take(w, "container");
	return take(w, "run") && skip_options(w, values, none, spec);
}

bool launch_is_unpinned(const char *const *argv, size_t n, size_t *at, struct slice *what)
{
	static const struct {
		bool (*find)(struct words *w, struct slice *spec);
		bool (*is_pinned)(struct slice spec);
	} ways[] = {
		{ find_npm, npm_is_pinned },
		{ find_python, python_is_pinned },
		{ find_deno, npm_is_pinned },
		{ find_image, image_is_pinned },
	};
	struct words w = { .v = argv, .n = n };
	skip_wrappers(&w);
	size_t from = w.at;
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		w.at = from;
		if (!ways[i].find(&w, what))
			continue;
		*at = w.at;
		return !ways[i].is_pinned(*what);
	}
	return false;
}

bool launch_is_plain(struct slice url)
{
	size_t n = 0;
	if (url.n < 8 || !slice_ieq(slice_of(url.p, 7), SLICE_LIT("http://")))
		return false;
	struct slice host = slice_of(url.p + 7, url.n - 7);
	while (n < host.n && !strchr("/?#", host.p[n]))
		n++;
	host.n = n;
	const char *user = memchr(host.p, '@', host.n);
	if (user)
		host = slice_of(user + 1, (size_t)(host.p + host.n - user) - 1);
	if (host.n && host.p[0] == '[')
		return !slice_starts(host, SLICE_LIT("[::1]"));
	for (n = 0; n < host.n && host.p[n] != ':'; n++)
		;
	host.n = n;
	if (slice_ieq(host, SLICE_LIT("localhost")) || slice_starts(host, SLICE_LIT("127.")))
		return false;
	return !(host.n > 10 && slice_ieq(slice_of(host.p + host.n - 10, 10), SLICE_LIT(".localhost")));
}
