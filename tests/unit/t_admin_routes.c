/* The table of the API's routes, and who may call them: tests/cases/roles/table.txt, which `t_admin_routes --print` prints. */
#include "admin/api_inside.h"
#include "base/file.h"
#include "tap.h"
#include <stdio.h>
#include <stdlib.h>

static const struct role_given given[] = {
	{ ROLE_VIEWER, NULL },    { ROLE_AUDITOR, NULL },    { ROLE_APPROVER, NULL },    { ROLE_POLICY_MANAGER, NULL },    { ROLE_ADMIN, NULL },
	{ ROLE_VIEWER, "files" }, { ROLE_AUDITOR, "files" }, { ROLE_APPROVER, "files" }, { ROLE_POLICY_MANAGER, "files" }, { ROLE_ADMIN, "files" },
};

/* What the gate itself says: 0 when the call goes on to its work. */
static int answer(const struct api_route *r, const struct role_given *role, bool is_approver)
{
	struct config config = { 0 };
	struct api_call c = { .route = r, .config = &config };
	if (is_approver)
		c.bearer = SLICE_LIT("gha_x");
	if (!api_identify(&c))
		return c.status;
	if (role)
		c.who = (struct principal){ .kind = PRINCIPAL_USER, .id = "u", .name = "u", .user_id = "u", .subject = "u", .roles = role, .role_n = 1 };
	return api_may(&c) ? 0 : c.status;
}

static void add_outcome(struct buf *b, int status)
{
	if (status)
		buf_addf(b, " %3d", status);
	else
		buf_adds(b, " yes");
}

static const char *need_of(const struct api_route *r)
{
	return r->flags & API_OPEN ? "open" : r->flags & API_OWN ? "own" : permission_name(r->need);
}

static void write_table(struct buf *b)
{
	buf_adds(b, "# Who may call what: yes, or the status of the refusal. Printed by t_admin_routes --print, and tried against the running\n"
		    "# program by tests/flow/roles.test.mjs. With scope \"server\" a role for a server is enough, for what is of that server.\n"
		    "# nobody; viewer, auditor, approver, policy_manager, admin of the organisation; the same for one server; an approver's token\n");
	for (size_t i = 0; i < api_route_count; i++) {
		const struct api_route *r = &api_routes[i];
		bool is_scoped = r->flags & API_ANYWHERE && !(r->flags & (API_OPEN | API_OWN));
		buf_addf(b, "%-6s %-40s %-7s %-12s |", http_method_name(r->method), r->path, need_of(r), is_scoped ? "server" : "organisation");
		add_outcome(b, answer(r, NULL, false));
		buf_adds(b, " |");
		for (size_t k = 0; k < ARRAY_LEN(given); k++) {
			add_outcome(b, answer(r, &given[k], false));
			buf_adds(b, k == 4 || k == 9 ? " |" : "");
		}
		add_outcome(b, answer(r, NULL, true));
		buf_addc(b, '\n');
	}
}

static bool is_same_path(const char *x, const char *y)
{
	while (*x && *y) {
		if (*x == ':' && *y == ':') {
			x += strcspn(x, "/");
			y += strcspn(y, "/");
		} else if (*x++ != *y++) {
			return false;
		}
	}
	return *x == *y;
}

static void test_routes(void)
{
	for (size_t i = 0; i < api_route_count; i++) {
		const struct api_route *r = &api_routes[i];
		size_t twins = 0;
		for (size_t k = 0; k < api_route_count; k++)
			twins += api_routes[k].method == r->method && is_same_path(api_routes[k].path, r->path);
		bool is_free = r->flags & (API_OPEN | API_OWN);
		ok(twins == 1 && (r->work || r->begin) && is_free == (r->need == MAY_NOTHING), "%s %s stands there once, and says who may",
		   http_method_name(r->method), r->path);
		if (r->flags & API_APPROVER)
			ok(!r->work, "%s looks approvers up before it works", r->path);
		if (r->method == HTTP_GET)
			ok(!(r->flags & (API_CHANGES | API_BODY)), "GET %s changes nothing", r->path);
	}
}

static void test_table(const struct buf *now)
{
	struct buf kept = BUF_INIT(1u << 20);
	struct err e = { 0 };
	char path[1024];
	snprintf(path, sizeof path, "%s/roles/table.txt", getenv("GH_CASES"));
	ok(file_read(path, &kept, &e), "the table is there: %s", e.text);
	struct slice is = buf_slice(now), was = buf_slice(&kept), x, y;
	while (is.n || was.n) {
		bool has_is = slice_next_line(&is, &x), has_was = slice_next_line(&was, &y);
		if (!has_is && !has_was)
			break;
		x = has_is ? x : slice_of("", 0);
		y = has_was ? y : slice_of("", 0);
		ok(slice_eq(x, y), "%.*s", SLICE_ARG(x.n ? x : y));
	}
	buf_release(&kept);
}

int main(int argc, char **argv)
{
	struct buf table = BUF_INIT(1u << 20);
	write_table(&table);
	if (argc > 1 && strcmp(argv[1], "--print") == 0) {
		fwrite(table.p, 1, table.n, stdout);
		buf_release(&table);
		return 0;
	}
	test_routes();
	test_table(&table);
	buf_release(&table);
	return tap_done();
}
