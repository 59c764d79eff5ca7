/* One write a line, so that lines of several processes do not mix. */
#include "base/log.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include <stdarg.h>
#include <unistd.h>

static enum log_level shown = LOG_INFO; /* process-wide: standard error is, too */
static const char *const names[] = { "error", "warn", "info", "debug" };

void log_set_level(enum log_level level)
{
	shown = level;
}

bool log_level_of(const char *name, enum log_level *out)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i], name) == 0) {
			*out = (enum log_level)i;
			return true;
		}
	return false;
}

/* Control characters would let a peer's text move the cursor or start a line. */
static void add_clean(struct buf *b, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c < 0x20 || c == 0x7f)
			buf_addf(b, "\\x%02x", c);
		else
			buf_addc(b, *s);
	}
}

void log_line(enum log_level level, const char *subject, const char *fmt, ...)
{
	if (level > shown)
		return;
	char text[LIMIT_LOG_LINE], when[CLOCK_TEXT_SIZE];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	clock_text(clock_wall_us(), when);
	struct buf b = BUF_INIT(LIMIT_LOG_LINE * 5);
	buf_addf(&b, "%s %-5s ", when, names[level]);
	if (subject) {
		add_clean(&b, subject);
		buf_adds(&b, ": ");
	}
	add_clean(&b, text);
	buf_addc(&b, '\n');
	if (buf_ok(&b))
		(void)!write(STDERR_FILENO, b.p, b.n);
	buf_release(&b);
}
