/* Forms of the approval page, and text of anywhere in it. */
#include "admin/form.h"
#include "base/check.h"
#include "base/html.h"
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size);
	struct buf b = BUF_INIT(1u << 20);
	char out[64];
	if (form_value(text, "note", out, sizeof out))
		BUG_ON(strlen(out) >= sizeof out);
	else
		BUG_ON(out[0]);
	html_add(&b, text, 1000);
	(void)buf_str(&b); /* with a NUL behind, for strncmp */
	for (size_t i = 0; buf_ok(&b) && i < b.n; i++) {
		unsigned char c = (unsigned char)b.p[i];
		BUG_ON(c < 0x20 && c != '\n' && c != '\t');
		BUG_ON(c == '\'');
		/* The only markup is our own. */
		BUG_ON(c == '<' && strncmp(b.p + i, "<span class=\"odd\">U+", 20) != 0 && strncmp(b.p + i, "</span>", 7) != 0);
	}
	buf_release(&b);
	return 0;
}
