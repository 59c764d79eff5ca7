/*
 * What a scan costs, by the processor's clock: for each file named, its first 10 KB over and over.
 * Prints a JSON line each: nanoseconds for 10 KB with everything on, and of each part alone; medians.
 */
#include "scan/scan.h"
#include "base/file.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BYTES  10240
#define ROUNDS 21
#define TIMES  50

static int by_value(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;
	return x < y ? -1 : x > y;
}

static long long now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static long long measure(unsigned kinds, struct slice text)
{
	struct scanner_opts o = { .kinds = kinds };
	struct scan_findings found = { 0 };
	struct err e;
	long long rounds[ROUNDS];
	struct scanner *s = scanner_new(&o, &e);
	for (size_t r = 0; s && r < ROUNDS; r++) {
		long long began = now_ns();
		for (size_t i = 0; i < TIMES; i++)
			scan_text(s, text, &found);
		rounds[r] = (now_ns() - began) / TIMES;
	}
	qsort(rounds, ROUNDS, sizeof *rounds, by_value);
	scan_findings_release(&found);
	scanner_free(&s);
	return rounds[ROUNDS / 2];
}

int main(int argc, char **argv)
{
	static const unsigned secrets = SCAN_BIT(SCAN_SECRET), injection = SCAN_BIT(SCAN_INJECTION);
	for (int i = 1; i < argc; i++) {
		struct buf b = BUF_INIT(64u << 20);
		struct err e;
		if (!file_read(argv[i], &b, &e)) {
			fprintf(stderr, "%s\n", e.text);
			return 1;
		}
		struct slice text = slice_of(b.p, b.n > BYTES ? BYTES : b.n);
		printf("{\"text\":\"%s\",\"bytes\":%zu,\"all_ns\":%lld,\"secrets_ns\":%lld,\"personal_ns\":%lld,\"injection_ns\":%lld}\n",
		       argv[i], text.n, measure(secrets | SCAN_PERSONAL | injection, text), measure(secrets, text),
		       measure(SCAN_PERSONAL, text), measure(injection, text));
		buf_release(&b);
	}
	return 0;
}
