/* The console, as it was built into the program: files for browsers, each plain and compressed. */
#ifndef CONSOLE_CONSOLE_H
#define CONSOLE_CONSOLE_H
#include "base/slice.h"

struct console_asset {
	const char *path; /* "/assets/app-1a2b3c4d.js", "/index.html" */
	const char *type; /* for Content-Type */
	const char *etag; /* with quotes */
	bool is_hashed;   /* the path has its digest: it may be kept for ever */
	struct slice plain, gzip;
};

/* NULL: there is none; or the program was built without (-Dconsole=disabled). */
const struct console_asset *console_find(struct slice path);
bool console_is_built(void);

#endif
