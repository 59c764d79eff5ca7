/* The table of keys as settings: which value each has, where it comes from, and what the store may say. */
#include "base/check.h"
#include "base/limits.h"
#include "base/nearest.h"
#include "config/inside.h"

static bool is_secret(const struct config_key *k)
{
	switch (k->kind) {
	case CONFIG_POSTGRES:
	case CONFIG_SECRET:
	case CONFIG_REDIS: return true;
	case CONFIG_LINK: return k->offset == offsetof(struct config, webhook_url); /* its path is the password */
	case CONFIG_ADDRESS:
	case CONFIG_STRING:
	case CONFIG_PATH:
	case CONFIG_FLAG:
	case CONFIG_LEVEL:
	case CONFIG_PER:
	case CONFIG_COUNT:
	case CONFIG_SIZE:
	case CONFIG_DURATION:
	case CONFIG_STRINGS:
	case CONFIG_PAIRS:
	case CONFIG_OBJECT:
	case CONFIG_PINS:
	case CONFIG_TEXT:
	case CONFIG_WORD: break;
	}
	return false;
}

/* In the largest unit that gives a whole number: as a person would write it. */
static const char *duration_text(uint64_t ms, struct arena *a)
{
	static const struct {
		const char *name;
		uint64_t factor;
	} units[] = { { "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 } };
	for (size_t i = 0; ms && i < ARRAY_LEN(units); i++)
		if (ms % units[i].factor == 0)
			return arena_printf(a, "%llu%s", (unsigned long long)(ms / units[i].factor), units[i].name);
	return "0";
}

static const char *size_text(uint64_t bytes, struct arena *a)
{
	static const char *const units[] = { "", "KiB", "MiB", "GiB" };
	size_t i = 0;
	for (; bytes && bytes % 1024 == 0 && i + 1 < ARRAY_LEN(units); i++)
		bytes /= 1024;
	return arena_printf(a, "%llu%s", (unsigned long long)bytes, units[i]);
}

/* Those of which a struct config has a text, or none. */
static const char *text_at(const void *p)
{
	const char *text;
	memcpy(&text, p, sizeof text);
	return text ? text : "";
}

static const char *value_text(const struct config_key *k, const void *p, struct arena *a)
{
	static const char *const levels[] = { [LOG_ERROR] = "error", [LOG_WARN] = "warn", [LOG_INFO] = "info", [LOG_DEBUG] = "debug" };
	static const char *const pins[] = { [CONFIG_PINS_REVIEW] = "review", [CONFIG_PINS_FIRST] = "first", [CONFIG_PINS_FLAG] = "flag", [CONFIG_PINS_NONE] = "none" };
	uint64_t n = 0;
	if (k->kind == CONFIG_COUNT || k->kind == CONFIG_SIZE || k->kind == CONFIG_DURATION)
		memcpy(&n, p, sizeof n);
	switch (k->kind) {
	case CONFIG_FLAG: return *(const bool *)p ? "true" : "false";
	case CONFIG_LEVEL: return levels[*(const enum log_level *)p];
	case CONFIG_PINS: return pins[*(const enum config_pins *)p];
	case CONFIG_COUNT: return arena_printf(a, "%llu", (unsigned long long)n);
	case CONFIG_SIZE: return size_text(n, a);
	case CONFIG_DURATION: return duration_text(n, a);
	case CONFIG_ADDRESS:
	case CONFIG_STRING:
	case CONFIG_PATH:
	case CONFIG_LINK:
	case CONFIG_TEXT:
	case CONFIG_WORD: return text_at(p);
	case CONFIG_POSTGRES:
	case CONFIG_SECRET:
	case CONFIG_REDIS: return text_at(p)[0] ? "(set)" : "";
	case CONFIG_STRINGS:
	case CONFIG_PER:
	case CONFIG_PAIRS:
	case CONFIG_OBJECT: break;
	}
	return "";
}

bool config_setting(const struct config *c, size_t i, struct arena *a, struct config_setting *out)
{
	const struct config_whole *w = container_of((struct config *)(uintptr_t)c, struct config_whole, c);
	if (i >= config_key_count)
		return false;
	const struct config_key *k = &config_keys[i];
	const void *p = (const char *)c + k->offset;
	*out = (struct config_setting){
		.key = k->path,
		.value = value_text(k, p, a),
		.initial = k->initial,
		.kind = config_kind_text(k->kind),
		.help = k->help,
		.source = w->source[i],
		.is_live = k->is_live,
		.is_secret = is_secret(k),
	};
	if (out->is_secret && out->value && out->value[0])
		out->value = "(set)";
	if (k->kind == CONFIG_STRINGS)
		out->list = *(const char *const *const *)p;
	return out->value != NULL;
}

/* The store has what a file would: but never the environment of the gate, which a file may name. */
static bool take_stored(struct config_whole *w, size_t i, struct slice value, struct config_problems *problems)
{
	const struct config_opts o = { 0 };
	struct config_reader r = { .w = w, .o = &o, .problems = problems, .pointer = BUF_INIT(256) };
	struct buf b = BUF_INIT(65536);
	bool has_variable = memmem(value.p, value.n, "${", 2) != NULL;
	if (has_variable)
		config_mistake(&r, false, "a variable cannot stand in a setting that is kept by the gate");
	buf_add_json_string(&b, value);
	const struct json *v = buf_ok(&b) ? json_read(buf_slice(&b), &w->a, NULL) : NULL;
	bool is_good = !has_variable && v && config_take(&r, &config_keys[i], v, (char *)&w->c + config_keys[i].offset);
	buf_release(&b);
	buf_release(&r.pointer);
	return is_good;
}

static bool find_key(const char *key, size_t *i)
{
	for (*i = 0; *i < config_key_count; (*i)++)
		if (strcmp(config_keys[*i].path, key) == 0)
			return true;
	return false;
}

void config_overlay(struct config *c, const struct config_pair *v, size_t n)
{
	struct config_whole *w = container_of(c, struct config_whole, c);
	const struct yaml *yaml = w->yaml;
	w->yaml = NULL; /* mistakes have no place in the file */
	for (size_t i = 0, at; i < n; i++) {
		struct config_problems problems = { 0 };
		if (find_key(v[i].name, &at) && config_keys[at].is_live && w->source[at] != CONFIG_OF_FILE &&
		    take_stored(w, at, slice_str(v[i].value), &problems))
			w->source[at] = CONFIG_OF_STORE;
		config_problems_release(&problems);
	}
	w->yaml = yaml;
}

bool config_setting_check(const char *key, struct slice value, struct err *e)
{
	struct config_problems problems = { 0 };
	size_t i;
	if (!find_key(key, &i)) {
		const char *known[128];
		size_t n = 0;
		for (; n < config_key_count && n + 1 < ARRAY_LEN(known); n++)
			known[n] = config_keys[n].path;
		known[n] = NULL;
		const char *near = nearest_word(slice_str(key), known);
		return err_set(e, ERR_INPUT, near ? "there is no setting '%.60s' (did you mean '%s'?)" : "there is no setting '%.60s'", key, near);
	}
	if (!config_keys[i].is_live)
		return err_set(e, ERR_INPUT, "'%s' can only be set in the file, and counts from the next start", key);
	if (memchr(value.n ? value.p : "", '\0', value.n))
		return err_set(e, ERR_INPUT, "a text must not have a NUL");
	struct config_whole *w = mem_zalloc(sizeof *w);
	arena_init(&w->a, CONFIG_ARENA);
	bool is_good = take_stored(w, i, value, &problems);
	if (!is_good)
		err_set(e, ERR_INPUT, "%s", problems.n ? problems.v[0].text : "this value cannot be used");
	config_problems_release(&problems);
	arena_release(&w->a);
	free(w);
	return is_good;
}
