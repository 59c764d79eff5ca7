/*
 * Prints what points are counted for (catalog/points.h): a tool's definition with "server" on each line of
 * standard input, a line of numbers for each.
 */
#include "catalog/points.h"
#include "catalog/profile.h"
#include <stdio.h>
#include <stdlib.h>

static void print_row(struct slice line, struct arena *a)
{
	struct err e = { 0 };
	const struct json *row = json_read(line, a, &e);
	struct slice server = json_string(json_gets(row, "server"));
	struct profile p;
	struct meaning m;
	bool has_statement = false;
	profile_make(row, server, a, &p);
	meaning_of(&m, server, p.name, json_string(json_gets(row, "description")));
	for (size_t i = 0; i < p.branching_n; i++)
		has_statement |= p.branching[i].is_statement;
	for (int what = 0; what < POINTS; what++)
		if (point_holds(what, &m, p.signals, has_statement))
			printf("%d ", what);
	puts("");
}

int main(void)
{
	struct arena a;
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	arena_init(&a, 256u << 20);
	printf("%d\n", CONCEPTS);
	while ((n = getline(&line, &room, stdin)) > 0) {
		print_row(slice_of(line, (size_t)n), &a);
		arena_reset(&a);
	}
	free(line);
	arena_release(&a);
	return 0;
}
