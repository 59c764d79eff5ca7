/* The record of changes: what is kept, found, and noticed when somebody without the key writes to it. */
#include "people_rig.h"

#define NOW 1700000000000000

static void add(struct rig *r, int64_t time_us, const char *who, const char *action, const char *type, const char *id,
                const char *before, const char *after)
{
	struct change c = { .time_us = time_us, .who_kind = "user", .who_id = who, .who_name = who, .address = "127.0.0.1",
		            .action = action, .object_type = type, .object_id = id, .before = slice_str(before),
		            .after = slice_str(after), .note = "" };
	if (!people_change_add(r->p, &c, &r->e))
		printf("# %s\n", r->e.text);
}

static size_t find(struct rig *r, struct change_filter f, struct change **v)
{
	size_t n = 0;
	uint64_t all = 0;
	if (!people_changes(r->p, &f, &r->a, v, &n, &r->e) || !people_changes_count(r->p, &f, &all, &r->e))
		printf("# %s\n", r->e.text);
	return !f.before_id && !f.limit && all != n ? 999 : n;
}

static bool is_whole(struct rig *r, uint64_t rows, char why[128])
{
	uint64_t n = 0;
	bool whole = false;
	if (!people_changes_verify(r->p, &n, &whole, why, &r->e))
		printf("# %s\n", r->e.text);
	return whole && n == rows;
}

static void check_list(struct rig *r)
{
	struct change *v;
	char why[128];
	ok(is_whole(r, 0, why), "an empty record is whole");
	add(r, NOW, "alice", "server.create", "server", "files", "", "{\"name\":\"files\"}");
	add(r, NOW + 1 * SECOND, "alice", "policy.update", "policy", "files", "{\"v\":1}", "{\"v\":2}");
	add(r, NOW + 2 * SECOND, "bob", "policy.delete", "policy", "old", "{\"v\":1}", "");
	add(r, NOW + 3 * SECOND, "bob", "user.sign_in", "user", "bob", "", "");
	ok(find(r, (struct change_filter){ 0 }, &v) == 4 && strcmp(v[0].action, "user.sign_in") == 0 && v[3].time_us == NOW &&
	   slice_is(v[3].after, "{\"name\":\"files\"}") && v[3].before.n == 0 && strlen(v[0].id) == 36, "all, newest first");
	ok(find(r, (struct change_filter){ .action = SLICE_LIT("policy.") }, &v) == 2, "those of a noun");
	ok(find(r, (struct change_filter){ .action = SLICE_LIT("policy") }, &v) == 0, "an action is the whole of it");
	ok(find(r, (struct change_filter){ .who = SLICE_LIT("bob") }, &v) == 2, "of one person");
	ok(find(r, (struct change_filter){ .object_type = SLICE_LIT("policy"), .object_id = SLICE_LIT("files") }, &v) == 1, "of one object");
	ok(find(r, (struct change_filter){ .since_us = NOW + 1 * SECOND, .until_us = NOW + 3 * SECOND }, &v) == 2, "of a time, its end left out");
	ok(find(r, (struct change_filter){ .limit = 3 }, &v) == 3, "a page");
	char last[RANDOM_UUID_SIZE];
	memcpy(last, v[2].id, sizeof last);
	ok(find(r, (struct change_filter){ .before_id = last, .limit = 3 }, &v) == 1 && v[0].time_us == NOW, "and the next");
	ok(is_whole(r, 4, why), "the record is whole");
}

static void check_limits(struct rig *r)
{
	struct change *v;
	char *text = malloc(LIMIT_CHANGE_BYTES + 2), name[LIMIT_CHANGE_TEXT + 2];
	memset(text, 'x', LIMIT_CHANGE_BYTES + 1);
	text[LIMIT_CHANGE_BYTES + 1] = '\0';
	memset(name, 'n', LIMIT_CHANGE_TEXT);
	name[LIMIT_CHANGE_TEXT] = '\0';
	add(r, NOW, "big", "a.b", "c", name, text, text + 1);
	ok(find(r, (struct change_filter){ .who = SLICE_LIT("big") }, &v) == 1 && v[0].after.n == LIMIT_CHANGE_BYTES &&
	   v[0].before.n < 128 && slice_starts(v[0].before, SLICE_LIT("{\"bytes\":")) && strlen(v[0].object_id) == LIMIT_CHANGE_TEXT,
	   "an object of the largest size is kept; of one a byte larger, what proves it");
	memset(name + LIMIT_CHANGE_TEXT - 1, 0, 3);
	memcpy(name + LIMIT_CHANGE_TEXT - 1, "\xc3\xa4", 2);
	add(r, NOW, "long", "a.b", "c", name, "", "");
	ok(find(r, (struct change_filter){ .who = SLICE_LIT("long") }, &v) == 1 && strlen(v[0].object_id) == LIMIT_CHANGE_TEXT - 1,
	   "a longer word is cut, not within a character");
	for (int i = 0; i <= LIMIT_CHANGE_PAGE; i++)
		add(r, NOW, "often", "a.b", "c", "d", "", "");
	ok(find(r, (struct change_filter){ .who = SLICE_LIT("often"), .limit = LIMIT_CHANGE_PAGE }, &v) == LIMIT_CHANGE_PAGE, "a page of the largest size");
	ok(find(r, (struct change_filter){ .who = SLICE_LIT("often"), .limit = LIMIT_CHANGE_PAGE + 1 }, &v) == LIMIT_CHANGE_PAGE, "and no larger");
	free(text);
}

/* Each on a store of its own. The triggers are no hindrance to one who has the file. */
static const struct {
	const char *what, *sql;
} tears[] = {
	{ "a changed note", "UPDATE changes SET note = 'x' WHERE seq = 2" },
	{ "a changed time", "UPDATE changes SET time_us = time_us + 1 WHERE seq = 2" },
	{ "another person", "UPDATE changes SET who_name = 'eve' WHERE seq = 4" },
	{ "what moved from one field to the next", "UPDATE changes SET object_type = 'po', object_id = 'licyfiles' WHERE seq = 2" },
	{ "a row taken out", "DELETE FROM changes WHERE seq = 2" },
	{ "the first taken out", "DELETE FROM changes WHERE seq = 1" },
	{ "the last cut off", "DELETE FROM changes WHERE seq = 4" },
	{ "all taken away", "DELETE FROM changes" },
	{ "two changed about", "UPDATE changes SET seq = CASE seq WHEN 2 THEN -3 WHEN 3 THEN -2 END WHERE seq IN (2, 3)" },
	{ "one put in behind",
	  "INSERT INTO changes SELECT 5, 'x', time_us, who_kind, who_id, who_name, address, action, object_type, object_id, before, "
	  "after, note, link FROM changes WHERE seq = 4" },
	{ "the end forgotten", "DELETE FROM changes_end" },
	{ "the end moved back", "UPDATE changes_end SET seq = 3" },
};

static void check_tears(void)
{
	for (size_t i = 0; i < ARRAY_LEN(tears); i++) {
		struct rig r;
		char why[128];
		rig_init(&r);
		check_list(&r);
		bool is_torn = rig_sql(&r, "DROP TRIGGER changes_stay") && rig_sql(&r, "DROP TRIGGER changes_keep") && rig_sql(&r, tears[i].sql);
		if (strstr(tears[i].sql, "-3"))
			is_torn = is_torn && rig_sql(&r, "UPDATE changes SET seq = -seq WHERE seq < 0");
		ok(is_torn && !is_whole(&r, 4, why) && why[0], "%s is noticed: %s", tears[i].what, why);
		rig_release(&r);
	}
}

int main(void)
{
	struct rig r;
	char why[128];
	rig_init(&r);
	check_list(&r);
	ok(!rig_sql(&r, "UPDATE changes SET note = 'x'") && !rig_sql(&r, "DELETE FROM changes"), "the database itself refuses changes");
	check_limits(&r);
	ok(is_whole(&r, 4 + 2 + LIMIT_CHANGE_PAGE + 1, why), "the record of more than one page is whole: %s", why);
	rig_close(&r);
	rig_open(&r);
	add(&r, NOW, "later", "a.b", "c", "d", "", "");
	ok(is_whole(&r, 4 + 2 + LIMIT_CHANGE_PAGE + 2, why), "a restart goes on with it");
	rig_release(&r);
	check_tears();
	return tap_done();
}
