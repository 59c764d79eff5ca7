/* Settings of well-known clients for one grant. */
#include "cli/snippet.h"
#include "base/check.h"
#include "clients/snippets.h"

static const struct snippet *find(const char *client)
{
	const struct snippet *s = snippets;
	while (s->client && strcmp(s->client, client) != 0)
		s++;
	BUG_ON(!s->client);
	return s;
}

static void add_indented(struct buf *b, struct slice text)
{
	while (text.n) {
		const char *end = memchr(text.p, '\n', text.n);
		size_t n = end ? (size_t)(end - text.p) + 1 : text.n;
		buf_adds(b, "  ");
		buf_add(b, text.p, n);
		text = slice_of(text.p + n, text.n - n);
	}
}

void snippet_write(struct buf *b, const char *base, const char *token, const struct store_binding *v, size_t n)
{
	static const char *const shown[] = { "claude-code", "cursor", "claude-desktop" };
	struct snippet_place *places = mem_alloc((n + 1) * sizeof *places);
	struct buf all = BUF_INIT(1u << 20);
	buf_addf(&all, "%s/mcp", base);
	for (size_t i = 0; i < n; i++) {
		struct buf url = BUF_INIT(1u << 20);
		buf_addf(&url, "%s/mcp/%s", base, v[i].server);
		places[i] = (struct snippet_place){ v[i].server, mem_strdup(buf_str(&url)) };
		buf_release(&url);
	}
	for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
		const struct snippet *s = find(shown[i]);
		struct buf text = BUF_INIT(16u << 20);
		snippet_text(&text, s, places, n, buf_str(&all), token);
		buf_addf(b, s->file ? "%s, in %s:\n" : "%s:\n", s->title, s->file);
		add_indented(b, buf_slice(&text));
		buf_release(&text);
		if (i == 0 && n > 1)
			buf_addf(b, "  or all of them as one: claude mcp add --transport http gatehouse %s --header \"Authorization: Bearer %s\"\n",
				 buf_str(&all), token);
	}
	for (size_t i = 0; i < n; i++)
		free((char *)(uintptr_t)places[i].url);
	free(places);
	buf_release(&all);
}
