/* Fills error values. */
#include "base/err.h"
#include <stdarg.h>

/* In parentheses, because err.h makes a macro of the name for the analyzer. */
bool (err_set)(struct err *e, enum err_kind kind, const char *fmt, ...)
{
	if (!e)
		return false;
	va_list ap;
	va_start(ap, fmt);
	e->kind = kind;
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	return false;
}
