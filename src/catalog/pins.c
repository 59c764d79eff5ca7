/* One table of tools for each server. A state follows from hashes alone, so that it can be found anew whenever what is kept changes. */
#include "catalog/pins.h"
#include "base/check.h"
#include "base/digest.h"
#include "base/limits.h"
#include "base/map.h"
#include "json/canonical.h"

struct pin {
	struct pin_facts kept, waiting, now;
	bool is_kept, is_waiting, is_rejected, is_seen;
	unsigned char raw[16]; /* of the text that `now` is of */
	enum pin_state state;
	struct pin_finding *findings;
	size_t finding_n;
};

struct pinned_server {
	struct map tools; /* struct pin */
	bool is_closed;
};

struct pins {
	enum pins_mode mode;
	bool holds_poisoned;
	struct map servers;
	uint64_t changes;
};

const char *pin_state_word(enum pin_state s)
{
	static const char *const words[PIN_STATES] = {
		[PIN_UNSEEN] = "unseen", [PIN_FREE] = "unpinned", [PIN_AS_REVIEWED] = "reviewed", [PIN_CHANGED] = "changed",
		[PIN_NEW] = "new",	 [PIN_POISONED] = "poisoned", [PIN_REJECTED] = "rejected",
	};
	return words[s];
}

static void hash_part(struct pin_facts *f, enum pin_part part, const struct json *v)
{
	unsigned char digest[DIGEST_SIZE];
	struct buf text = BUF_INIT((size_t)1 << 30);
	if (!v || json_is(v, JSON_NULL))
		return;
	json_canonical(&text, v);
	digest_blake2b(buf_slice(&text), digest);
	memcpy(f->part[part], digest, sizeof f->part[part]);
	f->part[part][0] |= 1; /* never all zero */
	buf_release(&text);
}

void pin_facts_of(const struct json *definition, unsigned told, struct pin_facts *out)
{
	static const char *const members[PIN_PARTS] = {
		[PIN_DESCRIPTION] = "description", [PIN_INPUT] = "inputSchema", [PIN_ANNOTATIONS] = "annotations",
		[PIN_TITLE] = "title",		   [PIN_OUTPUT] = "outputSchema",
	};
	const struct json *output = json_gets(definition, "outputSchema");
	*out = (struct pin_facts){ .told = told };
	for (size_t i = 0; i < PIN_PARTS; i++)
		hash_part(out, (enum pin_part)i, json_gets(definition, members[i]));
	out->is_output_other = output && !slice_is(json_string(json_gets(output, "type")), "object");
}

static bool has(const struct pin_facts *f, enum pin_part part)
{
	static const unsigned char none[16];
	return memcmp(f->part[part], none, sizeof none) != 0;
}

/* Could the list of f have said this part of what `other` is? */
static bool could_tell(const struct pin_facts *f, enum pin_part part, const struct pin_facts *other)
{
	switch (part) {
	case PIN_ANNOTATIONS: return f->told & PIN_TELLS_ANNOTATIONS;
	case PIN_TITLE: return f->told & PIN_TELLS_TITLE;
	case PIN_OUTPUT: return f->told & (other->is_output_other ? PIN_TELLS_ANY_OUTPUT : PIN_TELLS_OUTPUT);
	case PIN_DESCRIPTION:
	case PIN_INPUT:
	case PIN_PARTS: break;
	}
	return true;
}

enum pin_match pin_compare(const struct pin_facts *kept, const struct pin_facts *seen)
{
	enum pin_match m = PIN_SAME;
	for (size_t i = 0; i < PIN_PARTS; i++) {
		enum pin_part part = (enum pin_part)i;
		if (memcmp(kept->part[i], seen->part[i], sizeof kept->part[i]) == 0)
			continue;
		bool is_silence = has(kept, part) ? !has(seen, part) && !could_tell(seen, part, kept)
						  : !could_tell(kept, part, seen);
		if (!is_silence)
			return PIN_OTHER;
		if (has(seen, part))
			m = PIN_MORE;
	}
	return m;
}

/* What `seen` says is added to what is known; true when that is more than was known. */
static bool extend(struct pin_facts *kept, const struct pin_facts *seen)
{
	bool is_more = (kept->told | seen->told) != kept->told;
	kept->told |= seen->told;
	for (size_t i = 0; i < PIN_PARTS; i++) {
		if (has(kept, (enum pin_part)i) || !has(seen, (enum pin_part)i))
			continue;
		memcpy(kept->part[i], seen->part[i], sizeof kept->part[i]);
		kept->is_output_other |= i == PIN_OUTPUT && seen->is_output_other;
		is_more = true;
	}
	return is_more;
}

struct pins *pins_new(enum pins_mode mode, bool holds_poisoned)
{
	struct pins *p = mem_zalloc(sizeof *p);
	p->mode = mode;
	p->holds_poisoned = holds_poisoned;
	map_init(&p->servers);
	return p;
}

static void free_server(struct pinned_server *s)
{
	size_t at = 0;
	void *pin;
	while (map_next(&s->tools, &at, NULL, &pin)) {
		free(((struct pin *)pin)->findings);
		free(pin);
	}
	map_release(&s->tools);
	free(s);
}

void pins_free(struct pins **pp)
{
	struct pins *p = *pp;
	size_t at = 0;
	void *server;
	*pp = NULL;
	if (!p)
		return;
	while (map_next(&p->servers, &at, NULL, &server))
		free_server(server);
	map_release(&p->servers);
	free(p);
}

enum pins_mode pins_mode(const struct pins *p)
{
	return p->mode;
}

uint64_t pins_changes(const struct pins *p)
{
	return p->changes;
}

static struct pinned_server *server_of(struct pins *p, struct slice name)
{
	struct pinned_server *s = map_get(&p->servers, name);
	if (!s) {
		s = mem_zalloc(sizeof *s);
		map_init(&s->tools);
		map_put(&p->servers, name, s);
	}
	return s;
}

static struct pin *find(const struct pins *p, struct slice server, struct slice tool)
{
	const struct pinned_server *s = map_get(&p->servers, server);
	return s ? map_get(&s->tools, tool) : NULL;
}

/* NULL: the server has had more names than are kept; what is not kept may not be used. */
static struct pin *pin_of_tool(struct pinned_server *s, struct slice tool)
{
	struct pin *pin = map_get(&s->tools, tool);
	if (pin || s->tools.n >= LIMIT_PINS_PER_SERVER || !tool.n || tool.n > LIMIT_TOOL_NAME)
		return pin;
	pin = mem_zalloc(sizeof *pin);
	map_put(&s->tools, tool, pin);
	return pin;
}

static bool is_poisoned(const struct pins *p, const struct pin *pin)
{
	for (size_t i = 0; p->holds_poisoned && i < pin->finding_n; i++)
		if (pin->findings[i].is_certain)
			return true;
	return false;
}

static enum pin_state waiting_state(const struct pins *p, const struct pin *pin)
{
	if (pin->is_rejected)
		return PIN_REJECTED;
	if (pin->is_kept)
		return PIN_CHANGED;
	return is_poisoned(p, pin) ? PIN_POISONED : PIN_NEW;
}

static enum pin_state wait_for_review(const struct pins *p, struct pin *pin, enum pin_news *news)
{
	if (!pin->is_waiting || pin_compare(&pin->waiting, &pin->now) != PIN_SAME) {
		pin->waiting = pin->now;
		pin->is_waiting = true;
		pin->is_rejected = false;
		*news = PIN_NEWS_WAITING;
	}
	return waiting_state(p, pin);
}

/* It waits for what this list has no word for, and nothing speaks against its being the same still. */
static bool may_be_waiting(const struct pin *pin)
{
	return pin->is_waiting && (pin->now.told & pin->waiting.told) != pin->waiting.told &&
	       pin_compare(&pin->waiting, &pin->now) == PIN_SAME;
}

static enum pin_state judge_kept(const struct pins *p, struct pin *pin, enum pin_news *news)
{
	enum pin_match m = pin_compare(&pin->kept, &pin->now);
	if (m == PIN_OTHER || (m == PIN_MORE && (p->mode == PINS_REVIEW || is_poisoned(p, pin))))
		return wait_for_review(p, pin, news);
	if (may_be_waiting(pin))
		return waiting_state(p, pin);
	if (pin->is_waiting)
		*news = PIN_NEWS_BACK;
	pin->is_waiting = pin->is_rejected = false;
	if (extend(&pin->kept, &pin->now))
		*news = PIN_NEWS_MORE;
	return PIN_AS_REVIEWED;
}

static enum pin_state judge(const struct pins *p, const struct pinned_server *s, struct pin *pin, enum pin_news *news)
{
	if (p->mode == PINS_OFF)
		return PIN_FREE;
	if (pin->is_kept)
		return judge_kept(p, pin, news);
	if (p->mode == PINS_REVIEW || s->is_closed || pin->is_waiting || is_poisoned(p, pin))
		return wait_for_review(p, pin, news);
	pin->kept = pin->now;
	pin->is_kept = true;
	*news = PIN_NEWS_TAKEN;
	return PIN_AS_REVIEWED;
}

static void set_state(struct pins *p, struct pin *pin, enum pin_state state)
{
	p->changes += pin->state != state;
	pin->state = state;
}

void pins_load_begin(struct pins *p)
{
	size_t at = 0, i;
	void *server, *pin;
	while (map_next(&p->servers, &at, NULL, &server)) {
		struct pinned_server *s = server;
		s->is_closed = false;
		for (i = 0; map_next(&s->tools, &i, NULL, &pin);)
			((struct pin *)pin)->is_kept = ((struct pin *)pin)->is_waiting = ((struct pin *)pin)->is_rejected = false;
	}
}

void pins_load_server(struct pins *p, struct slice server)
{
	server_of(p, server)->is_closed = true;
}

void pins_load(struct pins *p, struct slice server, struct slice tool, const struct pin_facts *kept,
	       const struct pin_facts *waiting, bool is_rejected)
{
	struct pin *pin = pin_of_tool(server_of(p, server), tool);
	if (!pin)
		return;
	pin->is_kept = kept;
	if (kept)
		pin->kept = *kept;
	pin->is_waiting = waiting;
	if (waiting)
		pin->waiting = *waiting;
	pin->is_rejected = waiting && is_rejected;
}

/* What would have to be kept is left to the next look, which has the text of it. */
static void judge_again(struct pins *p, const struct pinned_server *s, struct pin *pin)
{
	struct pin copy = *pin;
	enum pin_news news = PIN_NO_NEWS;
	if (!pin->is_seen)
		return;
	enum pin_state state = judge(p, s, &copy, &news);
	if (news) {
		pin->is_seen = false;
		if (news == PIN_NEWS_TAKEN)
			state = PIN_NEW;
	}
	set_state(p, pin, state);
}

void pins_load_end(struct pins *p)
{
	size_t at = 0, i;
	void *server, *pin;
	while (map_next(&p->servers, &at, NULL, &server))
		for (i = 0; map_next(&((struct pinned_server *)server)->tools, &i, NULL, &pin);)
			judge_again(p, server, pin);
}

static void hash_text(const struct json *tool, unsigned told, unsigned char out[16])
{
	unsigned char digest[DIGEST_SIZE];
	struct buf text = BUF_INIT((size_t)1 << 30);
	json_write(&text, tool);
	buf_addc(&text, (char)told);
	digest_blake2b(buf_slice(&text), digest);
	memcpy(out, digest, 16);
	buf_release(&text);
}

void pins_look(struct pins *p, struct slice server, const struct json *tool, unsigned told, bool *is_new)
{
	unsigned char raw[16];
	struct pin *pin = pin_of_tool(server_of(p, server), json_string(json_gets(tool, "name")));
	*is_new = false;
	if (!pin)
		return;
	hash_text(tool, told, raw);
	if (pin->is_seen && memcmp(raw, pin->raw, sizeof raw) == 0)
		return;
	memcpy(pin->raw, raw, sizeof raw);
	pin_facts_of(tool, told, &pin->now);
	pin->is_seen = true;
	pin->finding_n = 0;
	*is_new = true;
}

void pins_found(struct pins *p, struct slice server, struct slice tool, const struct pin_finding *f)
{
	struct pin *pin = find(p, server, tool);
	if (!pin)
		return;
	size_t at = pin->finding_n;
	for (size_t i = 0; i < pin->finding_n; i++)
		if (strcmp(pin->findings[i].name, f->name) == 0 && strcmp(pin->findings[i].where, f->where) == 0)
			return;
	/* A full list still has room for what decides. */
	if (at == PIN_FINDINGS_MAX && f->is_certain)
		at--;
	if (at == PIN_FINDINGS_MAX)
		return;
	if (!pin->findings)
		pin->findings = mem_alloc(PIN_FINDINGS_MAX * sizeof *pin->findings);
	pin->findings[at] = *f;
	pin->finding_n = at + 1;
}

enum pin_state pins_settle(struct pins *p, struct slice server, struct slice tool, enum pin_news *news)
{
	struct pinned_server *s = map_get(&p->servers, server);
	struct pin *pin = s ? map_get(&s->tools, tool) : NULL;
	*news = PIN_NO_NEWS;
	if (!pin || !pin->is_seen)
		return PIN_UNSEEN;
	set_state(p, pin, judge(p, s, pin, news));
	return pin->state;
}

void pins_undo(struct pins *p, struct slice server, struct slice tool)
{
	struct pin *pin = find(p, server, tool);
	if (!pin)
		return;
	pin->is_seen = pin->is_waiting = false;
	/* One of whose reviewed form nothing is kept starts anew. */
	pin->is_kept = pin->is_kept && pin->state != PIN_AS_REVIEWED;
	set_state(p, pin, PIN_UNSEEN);
}

bool pins_close(struct pins *p, struct slice server)
{
	struct pinned_server *s = server_of(p, server);
	bool is_first = !s->is_closed;
	s->is_closed = true;
	return is_first;
}

enum pin_state pins_state(const struct pins *p, struct slice server, struct slice tool)
{
	const struct pin *pin = find(p, server, tool);
	return pin ? pin->state : p->mode == PINS_OFF ? PIN_FREE : PIN_UNSEEN;
}

enum pin_state pins_state_of(const struct pins *p, struct slice server, const struct json *tool, unsigned told)
{
	const struct pin *pin = find(p, server, json_string(json_gets(tool, "name")));
	unsigned char raw[16];
	if (p->mode == PINS_OFF)
		return PIN_FREE;
	if (!pin)
		return PIN_UNSEEN;
	hash_text(tool, told, raw);
	return memcmp(raw, pin->raw, sizeof raw) == 0 ? pin->state : PIN_UNSEEN;
}

bool pins_holds(const struct pins *p, enum pin_state s)
{
	switch (s) {
	case PIN_FREE:
	case PIN_AS_REVIEWED: return false;
	case PIN_CHANGED:
	case PIN_NEW: return p->mode != PINS_FLAG;
	case PIN_UNSEEN:
	case PIN_POISONED:
	case PIN_REJECTED:
	case PIN_STATES: break;
	}
	return true;
}

size_t pins_findings(const struct pins *p, struct slice server, struct slice tool, const struct pin_finding **v)
{
	const struct pin *pin = find(p, server, tool);
	*v = pin ? pin->findings : NULL;
	return pin ? pin->finding_n : 0;
}
