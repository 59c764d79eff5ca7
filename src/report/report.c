/* Keeps what was found, and says which of it is the same as before. */
#include "report/report.h"
#include "base/check.h"
#include "base/digest.h"
#include "base/limits.h"
#include "catalog/show.h"
#include "scan/scan.h"
#include <stdarg.h>
#include <stdlib.h>

void report_init(struct report *r)
{
	*r = (struct report){ 0 };
	arena_init(&r->arena, LIMIT_REPORT_BYTES);
	map_init(&r->seen);
	map_init(&r->by_server);
}

void report_release(struct report *r)
{
	map_release(&r->seen);
	map_release(&r->by_server);
	arena_release(&r->arena);
	*r = (struct report){ 0 };
}

void report_quote(struct buf *b, struct slice text, size_t max)
{
	buf_addc(b, REPORT_OPEN);
	if (scan_has_secret(text))
		buf_adds(b, "[redacted: secret]");
	else
		show_text(b, text, max);
	buf_addc(b, REPORT_CLOSE);
}

/* Out of memory: the report says that it is cut, and what cannot be kept is left out. */
static const char *keep(struct report *r, const char *s, size_t n)
{
	char *copy = arena_strndup(&r->arena, s, n);
	r->is_cut |= !copy;
	return copy ? copy : "";
}

static const char *keep_str(struct report *r, const char *s)
{
	return s ? keep(r, s, strlen(s)) : NULL;
}

const char *report_name(struct report *r, struct slice text)
{
	struct buf b = BUF_INIT(LIMIT_REPORT_NAME * 8);
	report_quote(&b, text, LIMIT_REPORT_NAME);
	const char *name = b.n >= 2 ? keep(r, b.p + 1, b.n - 2) : "";
	buf_release(&b);
	return name;
}

const char *report_printf(struct report *r, const char *fmt, ...)
{
	char text[8192];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return "";
	return keep(r, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

/* Room for one more; false when there is no memory. */
static bool grow(struct report *r, void **v, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return true;
	size_t more = *cap ? *cap * 2 : 16;
	void *grown = arena_realloc(&r->arena, *v, *cap * size, more * size);
	if (!grown) {
		r->is_cut = true;
		return false;
	}
	*v = grown;
	*cap = more;
	return true;
}
#define GROW(r, list, n, cap) grow(r, (void **)&(r)->list, (r)->n, &(r)->cap, sizeof *(r)->list)

static void add_part(struct sha256 *s, const char *part)
{
	sha256_add(s, slice_of(part ? part : "", part ? strlen(part) + 1 : 1));
}

/* Of what it is and not of where it stands, but for the file. nth: of the same. */
static void fingerprint(struct report_finding *f, unsigned nth)
{
	unsigned char digest[32];
	char number[16];
	struct sha256 s;
	snprintf(number, sizeof number, "%u", nth);
	sha256_init(&s);
	add_part(&s, report_rule_text(f->rule)->id);
	add_part(&s, f->place.file);
	add_part(&s, f->server);
	add_part(&s, f->tool);
	add_part(&s, f->detail);
	add_part(&s, nth ? number : NULL);
	sha256_end(&s, digest);
	digest_hex(digest, 16, f->fingerprint);
}

void report_add(struct report *r, const struct report_finding *f)
{
	if (r->finding_n >= LIMIT_REPORT_FINDINGS) {
		r->is_cut = true;
		return;
	}
	if (!GROW(r, findings, finding_n, finding_cap))
		return;
	struct report_finding *copy = &r->findings[r->finding_n];
	*copy = *f;
	copy->place.file = keep_str(r, f->place.file);
	copy->server = keep_str(r, f->server ? f->server : "");
	copy->tool = keep_str(r, f->tool ? f->tool : "");
	copy->message = keep_str(r, f->message);
	copy->policy = keep_str(r, f->policy);
	copy->state = REPORT_NEW;
	copy->reason = NULL;
	unsigned nth = 0;
	do
		fingerprint(copy, nth++);
	while (map_get(&r->seen, slice_str(copy->fingerprint)));
	map_put(&r->seen, slice_str(copy->fingerprint), r);
	copy->detail = f->detail ? report_name(r, slice_str(f->detail)) : "";
	r->finding_n++;
}

static void keep_place(struct report *r, struct report_place *p)
{
	p->file = keep_str(r, p->file);
}

void report_add_server(struct report *r, const struct report_server *s)
{
	size_t at = (size_t)(uintptr_t)map_get(&r->by_server, slice_str(s->name));
	if (at) {
		r->servers[at - 1].is_listed |= s->is_listed;
		if (!r->servers[at - 1].place.file) {
			r->servers[at - 1].place = s->place;
			keep_place(r, &r->servers[at - 1].place);
		}
		return;
	}
	if (r->server_n >= LIMIT_REPORT_SERVERS || !GROW(r, servers, server_n, server_cap)) {
		r->is_cut = true;
		return;
	}
	struct report_server *copy = &r->servers[r->server_n++];
	*copy = *s;
	copy->name = keep_str(r, s->name);
	keep_place(r, &copy->place);
	map_put(&r->by_server, slice_str(copy->name), (void *)(uintptr_t)r->server_n);
}

void report_add_tool(struct report *r, const struct report_tool *t)
{
	if (r->tool_n >= LIMIT_REPORT_TOOLS || !GROW(r, tools, tool_n, tool_cap)) {
		r->is_cut = true;
		return;
	}
	struct report_tool *copy = &r->tools[r->tool_n++];
	*copy = *t;
	copy->server = keep_str(r, t->server);
	copy->name = keep_str(r, t->name);
	keep_place(r, &copy->place);
}

void report_note(struct report *r, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (r->note_n < LIMIT_REPORT_NOTES && GROW(r, notes, note_n, note_cap))
		r->notes[r->note_n++] = keep_str(r, text);
}

static int compare_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare(const void *a, const void *b)
{
	const struct report_finding *x = a, *y = b;
	bool x_known = x->state == REPORT_KNOWN, y_known = y->state == REPORT_KNOWN;
	int c;
	if (x_known != y_known)
		return x_known ? 1 : -1;
	if (x->severity != y->severity)
		return x->severity > y->severity ? -1 : 1;
	if ((c = compare_text(x->place.file, y->place.file)))
		return c;
	if (x->place.line != y->place.line)
		return x->place.line < y->place.line ? -1 : 1;
	if (x->place.column != y->place.column)
		return x->place.column < y->place.column ? -1 : 1;
	if (x->rule != y->rule)
		return x->rule < y->rule ? -1 : 1;
	if ((c = compare_text(x->server, y->server)) || (c = compare_text(x->tool, y->tool)))
		return c;
	return strcmp(x->fingerprint, y->fingerprint);
}

void report_sort(struct report *r)
{
	if (r->finding_n)
		qsort(r->findings, r->finding_n, sizeof *r->findings, compare);
}

struct report_counts report_count(const struct report *r)
{
	struct report_counts c = { 0 };
	for (size_t i = 0; i < r->finding_n; i++) {
		if (r->findings[i].state == REPORT_KNOWN) {
			c.known++;
			continue;
		}
		c.fresh_n++;
		c.fresh[r->findings[i].severity]++;
	}
	for (size_t i = 0; i < r->tool_n; i++)
		c.tools[r->tools[i].category]++;
	return c;
}

bool report_fails(const struct report *r, enum severity from)
{
	if (from == SEVERITY_UNKNOWN)
		return false;
	for (size_t i = 0; i < r->finding_n; i++)
		if (r->findings[i].state != REPORT_KNOWN && r->findings[i].severity >= from)
			return true;
	return r->is_cut; /* what was left out may be worse */
}

void report_write_message(struct buf *b, const char *message)
{
	for (; *message; message++)
		buf_addc(b, *message == REPORT_OPEN || *message == REPORT_CLOSE ? '\'' : *message);
}
