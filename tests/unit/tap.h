/*
 * The whole unit test framework: TAP on standard output, read by Meson.
 * A test reads as a sentence: ok(n == 3, "three tools are listed").
 */
#ifndef TAP_H
#define TAP_H
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int tap_count, tap_failed;

/* Line ends in what is said would begin a line that is none of TAP's. */
__attribute__((format(printf, 2, 3))) static inline void tap_line(int is_fine, const char *fmt, ...)
{
	char text[8192];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	for (char *at = text; (at = strpbrk(at, "\r\n"));)
		*at = ' ';
	printf("%sok %d - %s\n", is_fine ? "" : "not ", ++tap_count, text);
}

#define ok(cond, ...)                                                                              \
	do {                                                                                       \
		int ok_ = !!(cond);                                                                \
		tap_failed += !ok_;                                                                \
		tap_line(ok_, __VA_ARGS__);                                                        \
		if (!ok_)                                                                          \
			printf("# %s:%d: %s\n", __FILE__, __LINE__, #cond);                        \
	} while (0)

static inline int tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}
#endif
