/* Clocks and RFC 3339. Calendar arithmetic after the proleptic Gregorian calendar. */
#include "base/clock.h"

uint64_t clock_mono_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

int64_t clock_wall_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void clock_text(int64_t wall_us, char out[CLOCK_TEXT_SIZE])
{
	int64_t fraction = ((wall_us % 1000000) + 1000000) % 1000000;
	time_t seconds = (time_t)((wall_us - fraction) / 1000000);
	struct tm tm;
	gmtime_r(&seconds, &tm);
	int year = tm.tm_year + 1900;
	if (year < 0 || year > 9999)
		year = 9999;
	snprintf(out, CLOCK_TEXT_SIZE, "%04d-%02u-%02uT%02u:%02u:%02u.%06uZ", year,
	         (unsigned)(tm.tm_mon + 1) % 100u, (unsigned)tm.tm_mday % 100u, (unsigned)tm.tm_hour % 100u,
	         (unsigned)tm.tm_min % 100u, (unsigned)tm.tm_sec % 100u, (unsigned)fraction % 1000000u);
}

static bool digits(struct slice *s, int count, int *out)
{
	int v = 0;
	if (s->n < (size_t)count)
		return false;
	for (int i = 0; i < count; i++) {
		char c = s->p[i];
		if (c < '0' || c > '9')
			return false;
		v = v * 10 + (c - '0');
	}
	s->p += count;
	s->n -= (size_t)count;
	*out = v;
	return true;
}

static bool one_of(struct slice *s, const char *set, char *out)
{
	if (!s->n || !strchr(set, s->p[0]) || !s->p[0])
		return false;
	if (out)
		*out = s->p[0];
	s->p++;
	s->n--;
	return true;
}

/* Days since 1970-01-01 (algorithm of Howard Hinnant's chrono paper, in own words:
 * years run from March, so that the leap day is the last of its year). */
static int64_t days_of(int y, int m, int d)
{
	int64_t year = m <= 2 ? y - 1 : y;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t in_era = year - era * 400;
	int64_t in_year = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

static int days_in_month(int y, int m)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool is_leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	return m == 2 && is_leap ? 29 : days[m - 1];
}

static bool offset_of(struct slice *s, int *minutes)
{
	char sign;
	int h, m;
	if (one_of(s, "Zz", NULL)) {
		*minutes = 0;
		return true;
	}
	if (!one_of(s, "+-", &sign) || !digits(s, 2, &h) || !one_of(s, ":", NULL) || !digits(s, 2, &m) ||
	    h > 23 || m > 59)
		return false;
	*minutes = sign == '-' ? -(h * 60 + m) : h * 60 + m;
	return true;
}

bool clock_parse(struct slice s, int64_t *wall_us)
{
	int y, mo, d, h, mi, sec, offset;
	int64_t fraction = 0, unit = 100000;
	if (!digits(&s, 4, &y) || !one_of(&s, "-", NULL) || !digits(&s, 2, &mo) || !one_of(&s, "-", NULL) ||
	    !digits(&s, 2, &d) || !one_of(&s, "Tt ", NULL) || !digits(&s, 2, &h) || !one_of(&s, ":", NULL) ||
	    !digits(&s, 2, &mi) || !one_of(&s, ":", NULL) || !digits(&s, 2, &sec))
		return false;
	if (mo < 1 || mo > 12 || d < 1 || d > days_in_month(y, mo) || h > 23 || mi > 59 || sec > 59)
		return false;
	if (one_of(&s, ".", NULL)) {
		int digit;
		if (!digits(&s, 1, &digit))
			return false;
		do {
			fraction += digit * unit;
			unit /= 10;
		} while (digits(&s, 1, &digit));
	}
	if (!offset_of(&s, &offset) || s.n)
		return false;
	*wall_us = ((days_of(y, mo, d) * 24 + h) * 60 + mi - offset) * 60000000 + sec * 1000000LL + fraction;
	return true;
}
