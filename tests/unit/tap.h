/*
 * The whole unit test framework: TAP on standard output, read by Meson.
 * A test reads as a sentence: ok(n == 3, "three tools are listed").
 */
#ifndef TAP_H
#define TAP_H
#include <stdio.h>

static int tap_count, tap_failed;

#define ok(cond, ...)                                                                              \
	do {                                                                                       \
		int ok_ = !!(cond);                                                                \
		tap_failed += !ok_;                                                                \
		printf("%sok %d - ", ok_ ? "" : "not ", ++tap_count);                              \
		printf(__VA_ARGS__);                                                               \
		printf("\n");                                                                      \
		if (!ok_)                                                                          \
			printf("# %s:%d: %s\n", __FILE__, __LINE__, #cond);                        \
	} while (0)

static inline int tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}
#endif
