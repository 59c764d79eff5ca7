/* The table of who may do what, and what it says of one principal. docs/people.md shows it. */
#include "base/compiler.h"
#include "people/people.h"

static const struct {
	const char *name;
	unsigned may;
} roles[] = {
	[ROLE_NONE] = { "none", MAY_NOTHING },
	[ROLE_VIEWER] = { "viewer", MAY_SEE },
	[ROLE_AUDITOR] = { "auditor", MAY_SEE | MAY_AUDIT },
	[ROLE_APPROVER] = { "approver", MAY_SEE | MAY_APPROVE },
	[ROLE_POLICY_MANAGER] = { "policy_manager", MAY_SEE | MAY_POLICY },
	[ROLE_ADMIN] = { "admin", MAY_ALL },
};

const char *role_name(enum role r)
{
	return roles[r].name;
}

bool role_of(struct slice name, enum role *out)
{
	for (size_t i = ROLE_VIEWER; i < ARRAY_LEN(roles); i++) {
		if (slice_is(name, roles[i].name)) {
			*out = (enum role)i;
			return true;
		}
	}
	return false;
}

unsigned role_may(enum role r)
{
	return roles[r].may;
}

const char *permission_name(enum permission one)
{
	switch (one) {
	case MAY_SEE: return "see";
	case MAY_AUDIT: return "audit";
	case MAY_APPROVE: return "approve";
	case MAY_POLICY: return "policy";
	case MAY_MANAGE: return "manage";
	case MAY_NOTHING:
	case MAY_ALL: break;
	}
	return "";
}

const char *principal_kind_name(enum principal_kind k)
{
	static const char *const names[] = {
		[PRINCIPAL_NONE] = "none",   [PRINCIPAL_LOCAL] = "local",       [PRINCIPAL_USER] = "user",
		[PRINCIPAL_TOKEN] = "token", [PRINCIPAL_APPROVER] = "approver",
	};
	return names[k];
}

/* A role for the organisation is one for each of its servers. */
bool principal_may(const struct principal *p, enum permission one, struct slice server)
{
	for (size_t i = 0; i < p->role_n; i++) {
		const struct role_given *g = &p->roles[i];
		bool is_for = !g->server || (server.p && slice_is(server, g->server));
		if (is_for && one && (role_may(g->role) & one))
			return true;
	}
	return false;
}

bool principal_may_anywhere(const struct principal *p, enum permission one)
{
	for (size_t i = 0; i < p->role_n; i++)
		if (one && (role_may(p->roles[i].role) & one))
			return true;
	return false;
}

enum role role_for(enum permission one)
{
	for (size_t i = ROLE_VIEWER; i < ARRAY_LEN(roles); i++)
		if (roles[i].may & one)
			return (enum role)i;
	return ROLE_NONE;
}
