/* Finds a file of the console by its path. */
#include "console/assets.h"
#include "base/check.h"
#include <stdlib.h>

static int compare(const void *key, const void *member)
{
	const struct slice *path = key;
	const struct console_asset *a = member;
	size_t n = strlen(a->path);
	int order = memcmp(path->p, a->path, path->n < n ? path->n : n);
	return order ? order : (path->n > n) - (path->n < n);
}

const struct console_asset *console_find(struct slice path)
{
	if (!path.n)
		return NULL;
	return bsearch(&path, console_assets, console_asset_n, sizeof console_assets[0], compare);
}

bool console_is_built(void)
{
	return true;
}
