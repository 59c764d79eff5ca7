/*
 * Prints the features that the program itself sees, for the trainer: a tool's definition with "server" on
 * each line of standard input, a line of feature numbers for each.
 */
#include "catalog/features.h"

static void print_row(struct slice line, struct arena *a, struct features *f)
{
	struct err e = { 0 };
	const struct json *row = json_read(line, a, &e);
	struct tool_text t = tool_text_of(row, json_string(json_gets(row, "server")));
	features_find(&t, f);
	for (size_t i = 0; i < f->n; i++)
		printf("%s%u", i ? " " : "", f->v[i].id);
	puts("");
}

int main(void)
{
	static struct features f;
	struct arena a;
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	arena_init(&a, 256u << 20);
	printf("%d %d %d %d %d %d %d %d %d\n", FEATURES, FEATURE_VERBS, FEATURE_FACTS, FEATURE_KINDS, FEATURE_MARKS,
	       (int)CONCEPTS, FEATURE_NAME, FEATURE_WORD, FEATURE_HASHED);
	while ((n = getline(&line, &room, stdin)) > 0) {
		print_row(slice_of(line, (size_t)n), &a, &f);
		arena_reset(&a);
	}
	free(line);
	arena_release(&a);
	return 0;
}
