/* The end of the program when it finds a bug of its own or has no memory left. */
#include "base/check.h"
#include <unistd.h>

void check_failed(const char *file, int line, const char *condition)
{
	char text[512];
	int n = snprintf(text, sizeof text, "gatehouse: bug at %s:%d: %s\n", file, line, condition);
	if (n > 0)
		(void)!write(STDERR_FILENO, text, (size_t)n < sizeof text ? (size_t)n : sizeof text);
	abort();
}

void *mem_alloc(size_t n)
{
	void *p = malloc(n ? n : 1);
	BUG_ON(!p);
	return p;
}

void *mem_zalloc(size_t n)
{
	void *p = calloc(1, n ? n : 1);
	BUG_ON(!p);
	return p;
}

void *mem_realloc(void *p, size_t n)
{
	p = realloc(p, n ? n : 1);
	BUG_ON(!p);
	return p;
}

char *mem_strndup(const char *s, size_t n)
{
	char *copy = mem_alloc(n + 1);
	memcpy(copy, s, n);
	copy[n] = '\0';
	return copy;
}

char *mem_strdup(const char *s)
{
	return mem_strndup(s, strlen(s));
}
