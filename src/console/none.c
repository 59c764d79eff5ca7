/* In place of the console where it was not built in: one page that says so. */
#include "console/console.h"

static const char text[] =
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>Gatehouse</title>"
        "<h1>Gatehouse</h1><p>The gate is running. Its console is not part of this program, because it was built with "
        "<code>-Dconsole=disabled</code>.</p><p>Use the command line (<code>gatehouse help</code>), or build the program with "
        "the console: <code>meson configure build -Dconsole=enabled</code>.</p></html>\n";

static const struct console_asset page = {
	.path = "/index.html",
	.type = "text/html; charset=utf-8",
	.etag = "\"none\"",
	.plain = { text, sizeof text - 1 },
};

const struct console_asset *console_find(struct slice path)
{
	return slice_is(path, page.path) ? &page : NULL;
}

bool console_is_built(void)
{
	return false;
}
