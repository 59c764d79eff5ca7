/* The functions of libcurl by their names. */
#include "base/curl.h"
#include <dlfcn.h>
#include <stddef.h>

/* The version of its binary interface since 2006. */
#define LIBRARY "libcurl.so.4"

static const struct {
	size_t offset;
	const char *name;
} functions[] = {
	{offsetof(struct curl, init), "curl_easy_init"},
	{offsetof(struct curl, set), "curl_easy_setopt"},
	{offsetof(struct curl, perform), "curl_easy_perform"},
	{offsetof(struct curl, get), "curl_easy_getinfo"},
	{offsetof(struct curl, error_text), "curl_easy_strerror"},
	{offsetof(struct curl, cleanup), "curl_easy_cleanup"},
	{offsetof(struct curl, version), "curl_version"},
	{offsetof(struct curl, append), "curl_slist_append"},
	{offsetof(struct curl, free_all), "curl_slist_free_all"},
};

bool curl_load(struct curl *c, struct err *e)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	for (size_t i = 0; library && i < ARRAY_LEN(functions); i++) {
		void *f = dlsym(library, functions[i].name);
		if (!f)
			return err_set(e, ERR_REMOTE, "'%s' has no '%s'", LIBRARY, functions[i].name);
		/* POSIX lets a void * hold a function, ISO C no cast of it. */
		memcpy((char *)c + functions[i].offset, &f, sizeof f);
	}
	return library || err_set(e, ERR_REMOTE, "'%s' cannot be loaded: install libcurl", LIBRARY);
}
