/*
 * How long searches of a catalogue take, one after the other, in one process.
 *   usage: bench_catalog catalog.db < questions
 * A question a line, tab-separated: words, categories, severities, labels, signals (bits), server, pages.
 * Each page is one search. Prints {"searches", "found", "p50_us", "p99_us", "cpu_p50_us", "cpu_p99_us", "max_us", "slowest"}.
 */
#include "base/check.h"
#include "base/clock.h"
#include "index/index.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CPU_MAX 100000

struct run {
	struct index *x;
	struct arena arena;
	uint64_t *us;
	uint64_t cpu_us[CPU_MAX]; /* the same without what other programs took */
	size_t n, cap, found;
	uint64_t max;
	char slowest[512];
};

static uint64_t cpu_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void note(struct run *r, uint64_t us, const char *line)
{
	if (r->n == r->cap) {
		r->cap = r->cap ? r->cap * 2 : 4096;
		r->us = realloc(r->us, r->cap * sizeof *r->us);
		BUG_ON(!r->us);
	}
	r->us[r->n++] = us;
	if (us <= r->max)
		return;
	r->max = us;
	snprintf(r->slowest, sizeof r->slowest, "%.400s", line);
}

static char *next_field(char **at)
{
	char *field = *at, *tab = strchr(field, '\t');
	if (tab)
		*tab = '\0';
	*at = tab ? tab + 1 : field + strlen(field);
	return field;
}

static void ask(struct run *r, char *line)
{
	char whole[512];
	char cursor[4096] = "";
	struct index_query q = { .limit = 50 };
	snprintf(whole, sizeof whole, "%.400s", line);
	q.words = slice_str(next_field(&line));
	q.categories = (unsigned)strtoul(next_field(&line), NULL, 10);
	q.severities = (unsigned)strtoul(next_field(&line), NULL, 10);
	q.labels = (unsigned)strtoul(next_field(&line), NULL, 10);
	q.signals = (unsigned)strtoul(next_field(&line), NULL, 10);
	q.server = slice_str(next_field(&line));
	unsigned long pages = strtoul(next_field(&line), NULL, 10);
	for (unsigned long i = 0; i < pages; i++) {
		struct index_page page;
		struct err e = { 0 };
		uint64_t start = clock_mono_us(), cpu = cpu_us();
		q.cursor = slice_str(cursor);
		if (!index_search(r->x, &q, &r->arena, &page, &e)) {
			fprintf(stderr, "%s: %s\n", whole, e.text);
			exit(1);
		}
		r->cpu_us[r->n % CPU_MAX] = cpu_us() - cpu;
		note(r, clock_mono_us() - start, whole);
		r->found += page.n;
		snprintf(cursor, sizeof cursor, "%.*s", SLICE_ARG(page.cursor));
		arena_reset(&r->arena);
		if (!cursor[0])
			break;
	}
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

int main(int argc, char **argv)
{
	static struct run r;
	struct err e = { 0 };
	char *line = NULL;
	size_t size = 0;
	r.x = argc == 2 ? index_open(argv[1], INDEX_READ, &e) : NULL;
	if (!r.x) {
		fprintf(stderr, "bench_catalog: %s\n", argc == 2 ? e.text : "usage: bench_catalog catalog.db < questions");
		return 1;
	}
	arena_init(&r.arena, 256u << 20);
	while (getline(&line, &size, stdin) > 0) {
		line[strcspn(line, "\n")] = '\0';
		ask(&r, line);
	}
	free(line);
	if (!r.n)
		return 1;
	qsort(r.us, r.n, sizeof *r.us, compare);
	size_t cpu_n = r.n < CPU_MAX ? r.n : CPU_MAX;
	qsort(r.cpu_us, cpu_n, sizeof *r.cpu_us, compare);
	printf("{\"cpu_p50_us\":%llu,\"cpu_p99_us\":%llu,", (unsigned long long)r.cpu_us[cpu_n / 2], (unsigned long long)r.cpu_us[cpu_n * 99 / 100]);
	printf("\"searches\":%zu,\"found\":%zu,\"p50_us\":%llu,\"p99_us\":%llu,\"max_us\":%llu,\"slowest\":\"", r.n, r.found,
	       (unsigned long long)r.us[r.n / 2], (unsigned long long)r.us[r.n * 99 / 100], (unsigned long long)r.max);
	for (const char *c = r.slowest; *c; c++)
		putchar(*c == '\t' ? ' ' : *c);
	puts("\"}");
	free(r.us);
	arena_release(&r.arena);
	index_close(&r.x);
	return 0;
}
