/* The store with people in it, for the commands about them. */
#include "cli/persons.h"
#include "base/clock.h"
#include "cli/admin_client.h"
#include "cli/changed.h"
#include "cli/table.h"

int persons_open(struct cli *c, struct persons *p, bool may_create)
{
	struct err e = { 0 };
	p->people = NULL;
	int code = place_open(c, &p->place, may_create);
	if (code != CLI_OK)
		return code;
	p->people = people_open(p->place.store, &e);
	if (p->people)
		return CLI_OK;
	place_close(&p->place);
	return cli_fail_err(&e);
}

void persons_close(struct persons *p)
{
	people_close(&p->people);
	place_close(&p->place);
}

int persons_end(enum people_end end, const struct err *e)
{
	if (end == PEOPLE_OK)
		return CLI_OK;
	return cli_fail(end == PEOPLE_FAILED || end == PEOPLE_LATER ? CLI_FAILED : CLI_WRONG, "%s", e->text);
}

int persons_find(struct cli *c, struct persons *p, const char *name, struct user *out)
{
	struct err e = { 0 };
	return persons_end(people_user_get(p->people, name, &c->arena, out, &e), &e);
}

bool persons_read_role(struct cli *c, struct persons *p, const char *text, struct role_given *out, struct err *e)
{
	const char *at = strchr(text, '@');
	struct store_server found;
	if (!role_of(slice_of(text, at ? (size_t)(at - text) : strlen(text)), &out->role))
		return err_set(e, ERR_INPUT,
			       "'%.60s' is no role: use viewer, auditor, approver, policy_manager or admin, and @SERVER "
			       "behind it for one server", text);
	out->server = at ? at + 1 : NULL;
	if (!at || config_server_get(p->place.config, at + 1))
		return true;
	return store_server_get(p->place.store, at + 1, &c->arena, &found, e);
}

const char *persons_roles_text(struct cli *c, const struct role_given *v, size_t n)
{
	struct buf b = BUF_INIT(1u << 20);
	for (size_t i = 0; i < n; i++)
		buf_addf(&b, "%s%s%s%s", i ? " " : "", role_name(v[i].role), v[i].server ? "@" : "",
			 v[i].server ? v[i].server : "");
	char *copy = arena_strndup(&c->arena, b.n ? b.p : "-", b.n ? b.n : 1);
	buf_release(&b);
	return copy;
}

const char *persons_time(struct cli *c, int64_t us)
{
	char time[CLOCK_TEXT_SIZE];
	if (!us)
		return NULL;
	clock_text(us, time);
	return arena_printf(&c->arena, "%.10s %.5s", time, time + 11);
}

int persons_changed(struct persons *p, const char *action, const char *type, const char *id, struct slice before,
		    struct slice after)
{
	return changed_put(p->people, action, type, id, before, after);
}

struct slice persons_user_json(struct cli *c, const struct user *u)
{
	struct buf b = BUF_INIT(1u << 20);
	people_user_json(&b, u);
	char *copy = arena_strndup(&c->arena, b.n ? b.p : "", b.n);
	struct slice s = slice_of(copy, copy ? b.n : 0);
	buf_release(&b);
	return s;
}

const char *persons_link(struct cli *c, struct persons *p, const char *user_id, int *code)
{
	char secret[PEOPLE_SECRET_SIZE];
	struct err e = { 0 };
	const struct config *config = p->place.config;
	*code = persons_end(people_link_new(p->people, user_id, secret, &e), &e);
	if (*code != CLI_OK)
		return NULL;
	const char *base = config->console_url ? config->console_url :
			   config->approvals_url ? config->approvals_url : admin_base_url(c, config->data_dir, config->listen);
	const char *link = arena_printf(&c->arena, "%s/setup#token=%s", base ? base : "", secret);
	explicit_bzero(secret, sizeof secret);
	if (!link)
		*code = cli_fail(CLI_FAILED, "the link needs more memory than there is");
	return link;
}
