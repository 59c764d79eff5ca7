/* The table of who may do what, and what it says of one principal. docs/people.md shows it. */
#include "base/compiler.h"
#include "people/inside.h"

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

struct found {
	struct role_given *v;
	size_t n;
};

static bool add_role(struct found *f, struct arena *a, enum role role, const char *server)
{
	for (size_t i = 0; i < f->n; i++) {
		const char *known = f->v[i].server;
		if (f->v[i].role == role && (known && server ? strcmp(known, server) == 0 : known == server))
			return true;
	}
	struct role_given *v = arena_realloc(a, f->v, f->n * sizeof *v, (f->n + 1) * sizeof *v);
	if (!v)
		return false;
	v[f->n] = (struct role_given){ role, server };
	*f = (struct found){ v, f->n + 1 };
	return true;
}

/* Every set of permissions that two roles share is one that roles can say. */
static bool add_bits(struct found *f, struct arena *a, unsigned bits, const char *server)
{
	static const enum role one[] = { ROLE_AUDITOR, ROLE_APPROVER, ROLE_POLICY_MANAGER };
	bool ok = true, is_more = false;
	if (bits & MAY_MANAGE)
		return add_role(f, a, ROLE_ADMIN, server);
	for (size_t i = 0; ok && i < ARRAY_LEN(one); i++) {
		if (!(bits & role_may(one[i]) & ~(unsigned)MAY_SEE))
			continue;
		is_more = true;
		ok = add_role(f, a, one[i], server);
	}
	return ok && (is_more || !(bits & MAY_SEE) || add_role(f, a, ROLE_VIEWER, server));
}

bool roles_both(const struct role_given *x, size_t x_n, const struct role_given *y, size_t y_n, struct arena *a,
                const struct role_given **v, size_t *n, struct err *e)
{
	struct found f = { arena_alloc(a, sizeof *f.v), 0 };
	for (size_t i = 0; f.v && i < x_n; i++)
		for (size_t k = 0; k < y_n; k++) {
			const char *at = x[i].server ? x[i].server : y[k].server;
			if (x[i].server && y[k].server && strcmp(x[i].server, y[k].server) != 0)
				continue;
			if (!add_bits(&f, a, role_may(x[i].role) & role_may(y[k].role), at))
				return people_full(e);
		}
	*v = f.v;
	*n = f.n;
	return f.v || people_full(e);
}
