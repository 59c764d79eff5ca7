/* One value of the file: its type, its range, and ${NAME} in its text. */
#include "base/limits.h"
#include "config/inside.h"
#include <arpa/inet.h>

struct unit {
	const char *name;
	uint64_t factor;
};

static bool read_units(struct slice text, const struct unit *units, size_t n, uint64_t *out)
{
	size_t digits = 0;
	unsigned long long v;
	while (digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9')
		digits++;
	if (!slice_u64(slice_of(text.p, digits), &v))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!slice_is(slice_of(text.p + digits, text.n - digits), units[i].name))
			continue;
		return !__builtin_mul_overflow((uint64_t)v, units[i].factor, out);
	}
	return false;
}

bool config_duration_ms(struct slice text, uint64_t *ms)
{
	static const struct unit units[] = {
		{ "ms", 1 },	  { "s", 1000 },     { "m", 60000 },
		{ "h", 3600000 }, { "d", 86400000 }, { "w", 604800000 },
	};
	if (slice_is(text, "0")) {
		*ms = 0;
		return true;
	}
	return read_units(text, units, ARRAY_LEN(units), ms);
}

bool config_size_bytes(struct slice text, uint64_t *bytes)
{
	static const struct unit units[] = {
		{ "", 1 }, { "KiB", 1024 }, { "MiB", 1u << 20 }, { "GiB", 1u << 30 },
	};
	return read_units(text, units, ARRAY_LEN(units), bytes);
}

const char *config_getenv(const struct config_reader *r, const char *name)
{
	return r->o->env ? r->o->env(r->o->ctx, name) : getenv(name);
}

static size_t name_length(struct slice s)
{
	size_t n = 0;
	while (n < s.n &&
	       (s.p[n] == '_' || (s.p[n] >= 'A' && s.p[n] <= 'Z') ||
		(s.p[n] >= 'a' && s.p[n] <= 'z') || (n && s.p[n] >= '0' && s.p[n] <= '9')))
		n++;
	return n;
}

/* ${NAME} becomes the variable's value, $${ stands for ${. No value is shown in a mistake. */
static bool expand(struct config_reader *r, struct slice s, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '$' && i + 2 < s.n && s.p[i + 1] == '$' && s.p[i + 2] == '{') {
			buf_adds(out, "${");
			i += 2;
			continue;
		}
		if (s.p[i] != '$' || i + 1 >= s.n || s.p[i + 1] != '{') {
			buf_addc(out, s.p[i]);
			continue;
		}
		size_t n = name_length(slice_of(s.p + i + 2, s.n - i - 2));
		if (!n || i + 2 + n >= s.n || s.p[i + 2 + n] != '}') {
			config_mistake(
				r, false,
				"after '${' a variable's name and '}' must follow (write $${ for the characters themselves)");
			return false;
		}
		char *name = arena_strndup(&r->w->a, s.p + i + 2, n);
		const char *value = name ? config_getenv(r, name) : NULL;
		if (!value) {
			config_mistake(r, false, "the environment variable '%.*s' is not set",
				       (int)n, s.p + i + 2);
			return false;
		}
		buf_adds(out, value);
		i += n + 2;
	}
	return true;
}

bool config_take_text(struct config_reader *r, const struct json *v, const char **out)
{
	struct slice s = json_string(v);
	struct buf b = BUF_INIT(LIMIT_CONFIG_BYTES);
	if (json_is(v, JSON_NUMBER))
		s = json_number(v);
	else if (json_is(v, JSON_BOOL))
		s = json_true(v) ? SLICE_LIT("true") : SLICE_LIT("false");
	bool is_good = s.p && !(s.n && memchr(s.p, '\0', s.n));
	if (!is_good)
		config_mistake(r, false, s.p ? "a text must not have a NUL" : "must be text");
	else
		is_good = expand(r, s, &b);
	*out = is_good ? arena_strndup(&r->w->a, b.n ? b.p : "", b.n) : NULL;
	if (is_good && !*out)
		config_mistake(r, false, "the file needs too much memory");
	if (b.p)
		explicit_bzero(b.p, b.cap);
	buf_release(&b);
	return *out != NULL;
}

const char *config_near_file(struct config_reader *r, const char *path)
{
	const char *file = r->o->file, *end = file ? strrchr(file, '/') : NULL;
	if (!end || path[0] == '/')
		return path;
	return arena_printf(&r->w->a, "%.*s%s", (int)(end - file + 1), file, path);
}

static bool take_address(struct config_reader *r, const char *text, const char **out)
{
	const char *colon = strrchr(text, ':');
	unsigned long long port = 0;
	char host[64];
	unsigned char ip[sizeof(struct in6_addr)];
	size_t n = colon ? (size_t)(colon - text) : 0;
	bool is_v6 = n > 2 && text[0] == '[' && text[n - 1] == ']',
	     is_good = n > 0 && n < sizeof host;
	if (is_good) {
		memcpy(host, is_v6 ? text + 1 : text, is_v6 ? n - 2 : n);
		host[is_v6 ? n - 2 : n] = '\0';
		if (strcmp(host, "localhost") == 0)
			memcpy(host, "127.0.0.1", sizeof "127.0.0.1");
		is_good = inet_pton(is_v6 ? AF_INET6 : AF_INET, host, ip) == 1 &&
			  slice_u64(slice_str(colon + 1), &port) && port <= 65535;
	}
	if (!is_good) {
		config_mistake(
			r, false,
			"'%.80s' is no address: write numbers, as \"127.0.0.1:8811\" or \"[::1]:8811\"",
			text);
		return false;
	}
	r->w->c.is_public = is_v6 ? strcmp(host, "::1") != 0 : ip[0] != 127;
	*out = arena_printf(&r->w->a, is_v6 ? "[%s]:%llu" : "%s:%llu", host, port);
	return *out != NULL;
}

static bool take_number(struct config_reader *r, const struct config_key *k, const char *text,
			uint64_t *out)
{
	struct slice s = slice_str(text);
	unsigned long long v = 0;
	uint64_t n = 0;
	bool is_good;
	const char *form = "";
	if (k->kind == CONFIG_DURATION) {
		is_good = config_duration_ms(s, &n);
		form = " with its unit, as 250ms, 30s, 5m, 12h or 7d";
	} else if (k->kind == CONFIG_SIZE) {
		is_good = config_size_bytes(s, &n);
		form = ", as 65536, 64KiB or 16MiB";
	} else {
		is_good = slice_u64(s, &v);
		n = v;
	}
	if (!is_good) {
		config_mistake(r, false, "'%.40s' is not %s%s", text, config_kind_text(k->kind),
			       form);
		return false;
	}
	if (n < k->min || n > k->max) {
		const char *unit = k->kind == CONFIG_DURATION ? "ms" : "";
		config_mistake(r, false, "%.40s is out of range: %llu%s to %llu%s", text,
			       (unsigned long long)k->min, unit, (unsigned long long)k->max, unit);
		return false;
	}
	*out = n;
	return true;
}

static bool take_flag(struct config_reader *r, const char *text, bool *out)
{
	if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0) {
		config_mistake(r, false, "'%.40s' is not true or false", text);
		return false;
	}
	*out = text[0] == 't';
	return true;
}

static bool take_per(struct config_reader *r, const char *text, enum config_per *out)
{
	static const char *const names[] = { "grant", "session", "server" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(text, names[i]) == 0) {
			*out = (enum config_per)i;
			return true;
		}
	}
	config_mistake(r, false, "'%.40s' is not grant, session or server", text);
	return false;
}

bool config_pins_of(const char *text, enum config_pins *out)
{
	static const char *const names[] = { "review", "first", "flag", "none" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(text, names[i]) == 0) {
			*out = (enum config_pins)i;
			return true;
		}
	return false;
}

static bool take_pins(struct config_reader *r, const char *text, enum config_pins *out)
{
	if (config_pins_of(text, out))
		return true;
	config_mistake(r, false, "'%.40s' is not first, review, flag or none", text);
	return false;
}

bool config_take_strings(struct config_reader *r, const struct json *v, const char *const **out)
{
	size_t n = json_count(v), i = 0;
	bool is_good = true;
	const char **list = arena_zalloc(&r->w->a, (n + 1) * sizeof *list);
	*out = list;
	if (!json_is(v, JSON_ARRAY) || n > CONFIG_LIST_MAX || !list) {
		config_mistake(r, false,
			       json_is(v, JSON_ARRAY) ? "has more than %d elements"
						      : "must be a list of at most %d texts",
			       CONFIG_LIST_MAX);
		return false;
	}
	for (struct json_iter it = json_iter(v); json_next(&it); i++) {
		char index[24];
		snprintf(index, sizeof index, "%zu", i);
		size_t mark = config_enter(r, slice_str(index));
		is_good &= config_take_text(r, it.value, &list[i]);
		config_leave(r, mark);
	}
	return is_good;
}

/* The store itself reads the rest of it. */
static bool is_redis(struct slice s)
{
	static const char *const schemes[] = { "redis://", "rediss://", "valkey://", "valkeys://", "unix:" };
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (slice_starts(s, slice_str(schemes[i])))
			return true;
	return false;
}

static bool take_word(struct config_reader *r, const char *text, const char **out)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
	size_t n = strlen(text);
	*out = text;
	if (n > 0 && n <= 64 && strspn(text, letters) == n)
		return true;
	config_mistake(r, false, "'%.70s' must be 1 to 64 of [A-Za-z0-9_.-]", text);
	return false;
}

/* What is given is in no mistake: it may be a secret. */
static bool take_text(struct config_reader *r, enum config_kind kind, const char *text, const char **out)
{
	struct slice s = slice_str(text);
	bool is_link = slice_starts(s, SLICE_LIT("https://")) || slice_starts(s, SLICE_LIT("http://"));
	bool is_postgres = slice_starts(s, SLICE_LIT("postgresql://")) || slice_starts(s, SLICE_LIT("postgres://"));
	*out = text[0] ? text : NULL;
	if (!text[0] || kind == CONFIG_SECRET || kind == CONFIG_TEXT)
		return true;
	if (kind == CONFIG_REDIS) {
		if (is_redis(s))
			return true;
		config_mistake(r, false, "must begin with 'redis://', 'rediss://' or 'unix:'");
		return false;
	}
	if (kind == CONFIG_LINK ? is_link : is_postgres)
		return true;
	config_mistake(r, false, kind == CONFIG_LINK ? "must begin with 'https://' or 'http://'" : "must begin with 'postgresql://'");
	return false;
}

static bool take_scalar(struct config_reader *r, const struct config_key *k, const char *text,
			void *target)
{
	if (k->kind == CONFIG_ADDRESS)
		return take_address(r, text, target);
	if (k->kind == CONFIG_FLAG)
		return take_flag(r, text, target);
	if (k->kind == CONFIG_WORD)
		return take_word(r, text, target);
	if (k->kind == CONFIG_LINK || k->kind == CONFIG_POSTGRES || k->kind == CONFIG_SECRET || k->kind == CONFIG_REDIS ||
	    k->kind == CONFIG_TEXT)
		return take_text(r, k->kind, text, target);
	if (k->kind == CONFIG_PINS)
		return take_pins(r, text, target);
	if (k->kind == CONFIG_PER)
		return take_per(r, text, target);
	if (k->kind == CONFIG_LEVEL) {
		if (log_level_of(text, target))
			return true;
		config_mistake(r, false, "'%.40s' is not error, warn, info or debug", text);
		return false;
	}
	if (k->kind == CONFIG_STRING || k->kind == CONFIG_PATH) {
		if (!text[0]) {
			config_mistake(r, false, "must not be empty");
			return false;
		}
		*(const char **)target = k->kind == CONFIG_PATH ? config_near_file(r, text) : text;
		return true;
	}
	return take_number(r, k, text, target);
}

bool config_take(struct config_reader *r, const struct config_key *k, const struct json *v,
		 void *target)
{
	const char *text;
	if (k->kind == CONFIG_STRINGS)
		return config_take_strings(r, v, target);
	if (json_is(v, JSON_ARRAY) || json_is(v, JSON_OBJECT) || json_is(v, JSON_NULL)) {
		config_mistake(r, false, "must be %s", config_kind_text(k->kind));
		return false;
	}
	return config_take_text(r, v, &text) && take_scalar(r, k, text, target);
}
