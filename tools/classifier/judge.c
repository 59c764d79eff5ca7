/*
 * Prints what follows from a category: a tool's definition with "server" and "category" on each line of
 * standard input; the profile's category, severity and labels (p u s d m) on a line for each.
 */
#include "catalog/profile.h"

static void print_row(struct slice line, struct arena *a)
{
	struct err e = { 0 };
	struct profile p;
	const struct json *row = json_read(line, a, &e);
	enum category as = category_read(json_string(json_gets(row, "category")));
	profile_make_as(row, json_string(json_gets(row, "server")), as, a, &p);
	printf("%s %s ", category_word(p.category), severity_word(p.severity));
	for (int i = 0; i < LABELS; i++)
		if (p.labels & LABEL_BIT(i))
			putchar("pusdm"[i]);
	puts(p.labels ? "" : "-");
}

int main(void)
{
	struct arena a;
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	arena_init(&a, 256u << 20);
	while ((n = getline(&line, &room, stdin)) > 0) {
		print_row(slice_of(line, (size_t)n), &a);
		arena_reset(&a);
	}
	free(line);
	arena_release(&a);
	return 0;
}
