/* Records what the command line changed. */
#include "cli/changed.h"
#include "admin/grant_document.h"
#include "admin/server_document.h"
#include "base/clock.h"
#include "base/limits.h"
#include "people/people.h"
#include <pwd.h>
#include <unistd.h>

#define OBJECT_MAX (4u << 20)

static void write_policy(struct buf *b, const struct store_policy *v)
{
	struct arena a;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	const struct json *document = json_read(v->text, &a, NULL);
	buf_addf(b, "{\"version\":%lld,\"document\":", (long long)v->version);
	if (document)
		json_write(b, document);
	else
		buf_add_json_string(b, v->text);
	buf_addc(b, '}');
	arena_release(&a);
}

/* *id: what it is called in the record. Empty: there is none. */
static struct slice read_object(const struct changed *ch, const char *name, const char **id)
{
	const struct server_view view = { .is_masked = true };
	struct arena *a = &ch->c->arena;
	struct store *s = ch->place->store;
	struct buf b = BUF_INIT(OBJECT_MAX);
	struct err e = { 0 };
	struct store_server server;
	struct store_policy policy;
	struct store_grant grant;
	*id = name;
	if (strcmp(ch->type, "server") == 0 && store_server_get(s, name, a, &server, &e)) {
		buf_addc(&b, '{');
		server_write(&b, &server, &view);
		buf_addc(&b, '}');
	} else if (strcmp(ch->type, "policy") == 0 && store_policy_get(s, name, 0, a, &policy, &e)) {
		write_policy(&b, &policy);
	} else if (strcmp(ch->type, "grant") == 0 && store_grant_get(s, name, a, &grant, &e)) {
		grant_write(&b, &grant, NULL, clock_wall_us(), 0);
		*id = arena_strndup(a, grant.id, strlen(grant.id));
	}
	char *copy = arena_strndup(a, b.n ? b.p : "", b.n);
	struct slice text = slice_of(copy, copy ? b.n : 0);
	buf_release(&b);
	return text;
}

struct changed changed_begin(struct cli *c, struct place *p, const char *type, const char *name)
{
	struct changed ch = { c, p, type, SLICE_LIT("") };
	const char *id;
	if (name)
		ch.before = read_object(&ch, name, &id);
	return ch;
}

static const char *verb(struct slice before, struct slice after)
{
	if (!before.n)
		return "create";
	return after.n ? "update" : "delete";
}

int changed_end(const struct changed *ch, const char *action, const char *name)
{
	struct err e = { 0 };
	const char *id;
	struct slice after = read_object(ch, name, &id);
	if (slice_eq(ch->before, after))
		return CLI_OK;
	struct people *people = people_open(ch->place->store, &e);
	if (!action)
		action = arena_printf(&ch->c->arena, "%s.%s", ch->type, verb(ch->before, after));
	if (!people || !action || !id)
		return cli_fail(CLI_FAILED, "it is done, but was not recorded: %s", people ? "out of memory" : e.text);
	int code = changed_put(people, action, ch->type, id, ch->before, after);
	people_close(&people);
	return code;
}

int changed_put(struct people *people, const char *action, const char *type, const char *id, struct slice before,
		struct slice after)
{
	char name[96], text[4096];
	struct passwd entry, *found = NULL;
	struct err e = { 0 };
	if (getpwuid_r(getuid(), &entry, text, sizeof text, &found) == 0 && found)
		snprintf(name, sizeof name, "%.90s", found->pw_name);
	else
		snprintf(name, sizeof name, "%lu", (unsigned long)getuid());
	struct change change = { .time_us = clock_wall_us(), .who_kind = "local", .who_id = name, .who_name = name,
				 .address = "", .action = action, .object_type = type, .object_id = id,
				 .before = before, .after = after, .note = "command line" };
	if (people_change_add(people, &change, &e))
		return CLI_OK;
	return cli_fail(CLI_FAILED, "it is done, but was not recorded: %s", e.text);
}
