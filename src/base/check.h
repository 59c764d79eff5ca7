/*
 * Bugs end the program, in release builds too: a gate that is no longer sure of
 * itself lets nothing through. Conditions must have no side effects.
 */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H
#include "base/compiler.h"

void check_failed(const char *file, int line, const char *condition) NORETURN;

#define BUG_ON(cond)                                                                               \
	do {                                                                                       \
		if (unlikely(cond))                                                                \
			check_failed(__FILE__, __LINE__, #cond);                                   \
	} while (0)

/*
 * malloc, calloc, realloc and strdup for small blocks whose size we choose: they
 * end the program when memory is out. Sizes that a peer chooses belong into a
 * buf or an arena, which have a maximum and fail as ERR_LIMIT.
 */
void *mem_alloc(size_t n) MUST_CHECK;
void *mem_zalloc(size_t n) MUST_CHECK;
void *mem_realloc(void *p, size_t n) MUST_CHECK;
char *mem_strdup(const char *s) MUST_CHECK;
char *mem_strndup(const char *s, size_t n) MUST_CHECK;

#endif
