/* The look of a file, and texts that have it. */
#include "clients/style.h"
#include "base/buf.h"
#include "base/limits.h"

static size_t line_start(struct slice text, size_t at)
{
	while (at && text.p[at - 1] != '\n')
		at--;
	return at;
}

/* The blanks at the front of the line of `at`; *is_all: nothing else stands before it. */
static struct slice blanks_before(struct slice text, size_t at, bool *is_all)
{
	size_t from = line_start(text, at), n = from;
	while (n < at && (text.p[n] == ' ' || text.p[n] == '\t'))
		n++;
	*is_all = n == at;
	return slice_of(text.p + from, n - from);
}

static const char *eol_of(struct slice text)
{
	const char *found = memchr(text.p, '\n', text.n);
	return found && found > text.p && found[-1] == '\r' ? "\r\n" : "\n";
}

/* As wide as what stands before the first member of a block, which follows a dash. */
static struct slice column_of(struct slice text, size_t at)
{
	static const char spaces[] = "                                                                                ";
	size_t n = 0;
	for (size_t i = line_start(text, at); i < at; i++)
		n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
	return slice_of(spaces, n < sizeof spaces ? n : sizeof spaces - 1);
}

struct style style_of(struct slice text, enum language l, const struct node *entry)
{
	struct style s = { .language = l, .eol = eol_of(text), .unit = SLICE_LIT("  ") };
	bool is_alone = false;
	if (entry->form == NODE_BLOCK) {
		s.is_block = true;
		s.outer = column_of(text, entry->at);
		return s;
	}
	if (l != LANGUAGE_JSONC || !memchr(text.p + entry->at, '\n', entry->end - entry->at))
		return s;
	s.is_long = true;
	s.outer = blanks_before(text, entry->end - 1, &is_alone);
	if (!is_alone)
		s.outer = blanks_before(text, entry->at, &is_alone);
	struct slice inner = entry->first ? blanks_before(text, entry->first->key_at, &is_alone) : s.outer;
	if (is_alone && inner.n > s.outer.n)
		s.unit = slice_of(inner.p + s.outer.n, inner.n - s.outer.n);
	return s;
}

static void add_toml_string(struct buf *b, struct slice text)
{
	buf_addc(b, '"');
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if (c == '"' || c == '\\')
			buf_addf(b, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			buf_addf(b, "\\u%04x", c);
		else
			buf_addc(b, (char)c);
	}
	buf_addc(b, '"');
}

static void add_string(struct buf *b, const struct style *s, struct slice text)
{
	if (s->language == LANGUAGE_TOML)
		add_toml_string(b, text);
	else
		buf_add_json_string(b, text);
}

static void start_line(struct buf *b, const struct style *s, size_t depth)
{
	buf_adds(b, s->eol);
	buf_add_slice(b, s->outer);
	while (depth--)
		buf_add_slice(b, s->unit);
}

/* All keys that are written here are bare words. */
static void add_key(struct buf *b, const struct style *s, struct slice key)
{
	if (s->language == LANGUAGE_JSONC)
		buf_add_json_string(b, key);
	else
		buf_add_slice(b, key);
	buf_adds(b, s->language == LANGUAGE_TOML ? " = " : ": ");
}

static void add_value(struct buf *b, const struct style *s, const struct node *n, size_t depth)
{
	bool is_object = n->type == NODE_OBJECT, is_long = is_object && s->is_long;
	if (n->type == NODE_STRING) {
		add_string(b, s, n->text);
		return;
	}
	buf_adds(b, is_object ? "{" : "[");
	for (const struct node *one = n->first; one; one = one->next) {
		if (is_long)
			start_line(b, s, depth + 1);
		else if (is_object)
			buf_addc(b, ' ');
		if (is_object)
			add_key(b, s, one->key);
		add_value(b, s, one, depth + 1);
		if (one->next)
			buf_adds(b, is_object ? "," : ", ");
	}
	if (is_long)
		start_line(b, s, depth);
	buf_adds(b, !is_object ? "]" : is_long ? "}" : " }");
}

/* In a block, what an object has stands below its key. */
static void add_block(struct buf *b, const struct style *s, const struct node *n, size_t depth)
{
	if (n->type != NODE_OBJECT) {
		add_key(b, s, n->key);
		add_value(b, s, n, depth);
		return;
	}
	buf_add_slice(b, n->key);
	buf_addc(b, ':');
	for (const struct node *one = n->first; one; one = one->next) {
		start_line(b, s, depth + 1);
		add_block(b, s, one, depth + 1);
	}
}

static bool keep(struct buf *b, struct arena *a, struct slice *out)
{
	char *copy = buf_ok(b) ? arena_strndup(a, b->p ? b->p : "", b->n) : NULL;
	*out = slice_of(copy, b->n);
	buf_release(b);
	return copy != NULL;
}

bool style_member(const struct style *s, const struct node *n, struct arena *a, struct slice *out)
{
	struct buf b = BUF_INIT(LIMIT_CLIENT_FILE_BYTES);
	if (s->is_block) {
		add_block(&b, s, n, 0);
	} else {
		add_key(&b, s, n->key);
		add_value(&b, s, n, 1);
	}
	return keep(&b, a, out);
}

bool style_object(const struct style *s, const struct slice *v, size_t n, struct arena *a, struct slice *out)
{
	struct buf b = BUF_INIT(LIMIT_CLIENT_FILE_BYTES);
	buf_addc(&b, '{');
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_addc(&b, ',');
		if (s->is_long)
			start_line(&b, s, 1);
		else
			buf_addc(&b, ' ');
		buf_add_slice(&b, v[i]);
	}
	if (s->is_long)
		start_line(&b, s, 0);
	else
		buf_addc(&b, ' ');
	buf_addc(&b, '}');
	return keep(&b, a, out);
}

bool style_lines(const struct style *s, const struct slice *v, size_t n, struct arena *a, struct slice *out)
{
	struct buf b = BUF_INIT(LIMIT_CLIENT_FILE_BYTES);
	for (size_t i = 0; i < n; i++) {
		if (i)
			start_line(&b, s, 0);
		buf_add_slice(&b, v[i]);
	}
	return keep(&b, a, out);
}
