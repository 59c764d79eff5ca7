/* Words, what surrounds them, and where a sentence ends. */
#include "scan/sentence.h"
#include "base/compiler.h"
#include "scan/fold.h"
#include "scan/inside.h"

#define RUN_MIN 24
#define TOKEN_MAX 2048

static char at(const struct reader *r, size_t i)
{
	return i < r->text.n ? r->text.p[i] : '\0';
}

static bool has(struct slice token, const char *part)
{
	return token.n && memmem(token.p, token.n, part, strlen(part));
}

/* What the documentation of attacks and of secret scanners names. */
static bool is_sensitive_path(struct slice t)
{
	static const char *const parts[] = { ".ssh",	      "id_rsa",	    "id_ed25519", "/etc/passwd",   "/etc/shadow",  ".aws/",
					     "mcp.json",      ".netrc",	    ".kube/",	  ".npmrc",	   ".pgpass",	   "credentials",
					     "authorized_keys", ".gnupg",   "wallet.dat", ".docker/config", ".git-credentials", "system://" };
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (has(t, parts[i]))
			return true;
	size_t name = t.n;
	while (name && t.p[name - 1] != '/')
		name--;
	return slice_is(slice_of(t.p + name, t.n - name), ".env");
}

static void add(struct sentence *s, uint64_t what, size_t start, size_t end, unsigned flags)
{
	if (s->n < SENTENCE_WORDS)
		s->v[s->n++] = (struct word){ what, start, end, flags };
}

static unsigned quoted(const struct reader *r)
{
	return r->in_single || r->in_double || r->in_back ? WORD_QUOTED : 0;
}

/* http://…, to where a text would end it. A picture that carries something away has it in its query. */
static bool read_url(struct reader *r, struct sentence *s)
{
	size_t i = r->at, start = i;
	bool has_query = false, is_filled = false;
	if (r->text.n - i < 8 || (memcmp(r->text.p + i, "http", 4) != 0))
		return false;
	i += at(r, i + 4) == 's' ? 5 : 4;
	if (r->text.n - i < 3 || memcmp(r->text.p + i, "://", 3) != 0)
		return false;
	for (; i < r->text.n && (unsigned char)at(r, i) > ' ' && !is_one_of("\"'`<>)", at(r, i)); i++) {
		has_query |= at(r, i) == '?';
		is_filled |= has_query && ((at(r, i) == '=' && is_upper(at(r, i + 1)) && is_upper(at(r, i + 2)) && is_upper(at(r, i + 3))) ||
					   at(r, i) == '{' || at(r, i) == '$');
	}
	bool is_image = start > 2 && at(r, start - 1) == '(' && at(r, start - 2) == ']';
	add(s, W_FAR | (is_image && is_filled ? W_IMAGE : 0), start, i, quoted(r));
	r->at = i;
	return true;
}

/* /etc/passwd, ~/.ssh/id_rsa, ./x, system://x */
static bool read_path(struct reader *r, struct sentence *s)
{
	size_t i = r->at, start = i;
	char c = at(r, i);
	if (c != '/' && c != '~' && c != '.')
		return false;
	if ((c == '.' || c == '~') && at(r, i + 1) != '/' && !(c == '.' && is_letter(at(r, i + 1))))
		return false;
	if (c == '/' && !is_alnum(at(r, i + 1)) && at(r, i + 1) != '.')
		return false;
	while (i < r->text.n && i - start < TOKEN_MAX && (is_alnum(at(r, i)) || is_one_of("/._~-", at(r, i))))
		i++;
	while (i > start + 1 && at(r, i - 1) == '.')
		i--;
	struct slice t = slice_of(r->text.p + start, i - start);
	add(s, is_sensitive_path(t) ? W_PATH : 0, start, i, quoted(r));
	r->at = i;
	return true;
}

/* One word as it is read. */
struct spelling {
	uint32_t hash, part;      /* of all of it, and of what is behind the last underscore */
	uint64_t parts;           /* what its parts are */
	size_t letters, digits, capitals, signs;
	bool is_alike, is_camel;
};

static void spell(struct spelling *w, char c)
{
	w->is_camel |= is_upper(c) && w->letters > w->capitals && w->letters && w->capitals == 0;
	w->letters += is_letter(c);
	w->capitals += is_upper(c);
	w->digits += is_digit(c);
	w->hash = lexicon_step(w->hash, c);
	w->part = lexicon_step(w->part, c);
}

static void spell_underscore(const struct reader *r, struct spelling *w)
{
	w->signs++;
	w->parts |= lexicon_get(r->lexicon, w->part);
	w->part = LEXICON_SEED;
	w->hash = lexicon_step(w->hash, '_');
}

/* Letters, digits, underscores; an apostrophe within ("don't"); what is invisible is passed over. */
static size_t spell_word(const struct reader *r, struct spelling *w)
{
	size_t i = r->at, n;
	*w = (struct spelling){ .hash = LEXICON_SEED, .part = LEXICON_SEED };
	while (i < r->text.n) {
		char c = r->text.p[i];
		if (is_alnum(c)) {
			spell(w, c);
			i++;
		} else if (c == '_' && i > r->at) {
			spell_underscore(r, w);
			i++;
		} else if (c == '\'' && i > r->at && at(r, i + 1) == 't' && !is_alnum(at(r, i + 2))) {
			i++;
		} else if (c & 0x80) {
			bool is_alike;
			uint32_t u = utf8_read(r->text, i, &n);
			char f = fold(u, &is_alike);
			if (!f && !(u >= 0x300 && u < 0x370) && !is_invisible(u) && !(u == 0x2019 && at(r, i + 3) == 't'))
				break;
			if (f)
				spell(w, f);
			w->is_alike |= is_alike && f;
			i += n;
		} else {
			break;
		}
	}
	return i;
}

static bool is_tagged(const struct reader *r, size_t start)
{
	size_t i = start;
	while (i && is_one_of(" \t", at(r, i - 1)))
		i--;
	if (i && at(r, i - 1) == '/')
		i--;
	return i && (is_one_of("<[|", at(r, i - 1)) || (i > 1 && is_one_of("{#", at(r, i - 1)) && at(r, i - 1) == at(r, i - 2)));
}

static void note_run(struct reader *r, size_t start, size_t end)
{
	while (end < r->text.n && is_one_of("=+/-_", at(r, end)))
		end++;
	if (end - start >= RUN_MIN && r->run_n < SENTENCE_RUNS)
		r->runs[r->run_n++] = slice_of(r->text.p + start, end - start);
}

static void read_word(struct reader *r, struct sentence *s, bool is_first)
{
	struct spelling w;
	size_t start = r->at, end = spell_word(r, &w);
	if (end == start) { /* a character of no alphabet that we know */
		size_t n;
		(void)utf8_read(r->text, start, &n);
		r->at = start + n;
		return;
	}
	r->at = end;
	uint64_t what = w.letters ? lexicon_get(r->lexicon, w.hash) : 0;
	bool is_name = (w.signs && w.letters && w.capitals < w.letters) || (w.is_camel && !w.signs && w.letters > 4);
	if (w.signs)
		what |= (w.parts | lexicon_get(r->lexicon, w.part)) & (W_ORDERS | W_NOTICE | W_SECRET | W_ROLE | W_DISABLE | W_TALK);
	unsigned flags = quoted(r) | (w.letters > 2 && w.capitals == w.letters ? WORD_CAPS : 0u) |
			 (w.is_alike ? WORD_ALIKE : 0u) | (is_first ? WORD_FIRST : 0u) |
			 (is_tagged(r, start) ? WORD_TAG : 0u);
	struct slice t = slice_of(r->text.p + start, end - start);
	r->word_n++;
	r->single_n += w.letters + w.digits == 1;
	r->rot13_n += (what & W_ROT13) != 0;
	r->digit_mix_n += w.digits && w.letters;
	if (w.digits && w.letters && what)
		flags |= WORD_ALIKE;
	if (t.n >= RUN_MIN || is_one_of("+/=", at(r, end)))
		note_run(r, start, end);
	if (at(r, end) == ':' && at(r, end + 1) != ':')
		flags |= WORD_COLON;
	if (at(r, end) == '@' && is_alnum(at(r, end + 1))) {
		what = W_FAR; /* whatever the name before it is */
		while (r->at < r->text.n && (is_alnum(at(r, r->at)) || is_one_of("@.-", at(r, r->at))))
			r->at++;
	}
	if (at(r, end) == '\'' && at(r, end + 1) == 's' && !is_alnum(at(r, end + 2)))
		r->at = end + 2;
	bool has_ending = at(r, end) == '.' && is_letter(at(r, end + 1));
	if (has_ending)
		while (t.n < r->text.n - start && (is_alnum(t.p[t.n]) || t.p[t.n] == '.'))
			t.n++;
	if ((w.signs || has_ending) && is_sensitive_path(t))
		what |= W_PATH;
	add(s, what | (is_name ? W_NAME : 0), start, end, flags);
}

/* A quotation begins before a letter and ends behind one. */
static void turn_quote(struct reader *r, bool *is_open)
{
	size_t i = r->at;
	bool is_before = !is_alnum(i ? at(r, i - 1) : ' '), is_behind = !is_alnum(at(r, i + 1));
	if (!*is_open && is_before && (unsigned char)at(r, i + 1) > ' ')
		*is_open = true;
	else if (*is_open && is_behind)
		*is_open = false;
}

/* At a line break: does another sentence begin? Small letters go on with the one before. */
static bool line_ends_sentence(const struct reader *r)
{
	size_t i = r->at + 1;
	while (is_one_of(" \t\r", at(r, i)))
		i++;
	char c = at(r, i);
	return !(is_letter(c) && !is_upper(c));
}

/* A character that is of no word. True: the sentence ends. */
static bool read_sign(struct reader *r, struct sentence *s)
{
	char c = at(r, r->at);
	size_t left = r->text.n - r->at;
	switch (c) {
	case '"':
		turn_quote(r, &r->in_double);
		break;
	case '\'':
		turn_quote(r, &r->in_single);
		break;
	case '`':
		turn_quote(r, &r->in_back);
		break;
	case '%':
		r->percent_n++;
		break;
	case '&':
		r->entity_n += at(r, r->at + 1) == '#';
		break;
	case '<':
		if (left > 3 && memcmp(r->text.p + r->at, "<!--", 4) == 0) {
			bool had = s->n > 0;
			r->in_comment = true;
			r->at += 3;
			return had;
		}
		break;
	case '-':
		if (r->in_comment && left > 2 && memcmp(r->text.p + r->at, "-->", 3) == 0) {
			r->in_comment = false;
			return true;
		}
		break;
	case '\n':
		if (line_ends_sentence(r) || at(r, r->at + 1) == '\n') {
			r->in_single = r->in_back = r->in_double = false;
			return true;
		}
		break;
	case '.':
	case '!':
	case '?':
		return (unsigned char)at(r, r->at + 1) <= ' ' || is_one_of("\"'<)", at(r, r->at + 1));
	default:
		break;
	}
	return false;
}

bool sentence_read(struct reader *r, struct sentence *s)
{
	bool is_first = true;
	s->n = 0;
	s->in_comment = r->in_comment;
	while (r->at < r->text.n && s->n < SENTENCE_WORDS) {
		char c = r->text.p[r->at];
		if (c == '\\' && is_one_of("nrt", at(r, r->at + 1))) { /* a line break within printed data */
			r->at += 2;
			is_first = true;
			if (s->n && at(r, r->at) == '\\')
				return true;
			continue;
		}
		bool is_start = r->at == 0 || !is_alnum(r->text.p[r->at - 1]) || follows_escape(r->text, r->at);
		if (c == 'h' && is_start && read_url(r, s))
			continue;
		if (is_one_of("/~.", c) && is_start && read_path(r, s))
			continue;
		if (is_alnum(c) || (c & 0x80) || c == '_') {
			if (c == '_')
				r->at++;
			else
				read_word(r, s, is_first);
			is_first = false;
			continue;
		}
		bool was_in = r->in_comment, is_end = read_sign(r, s);
		r->at++;
		if (is_end && s->n)
			return true;
		if (!s->n)
			s->in_comment = r->in_comment || was_in;
		is_first |= !is_one_of(" \t-'\"`", c);
	}
	return s->n > 0;
}
