/* Filters that the query says, and those that follow from who asks. */
#include "admin/sight.h"
#include "base/limits.h"

bool sight_of_server(void *principal, struct slice server)
{
	/* Without a name it belongs to none: that is for the organisation's. */
	return server.n && principal_may(principal, MAY_SEE, server);
}

static bool audits_server(void *principal, struct slice server)
{
	return server.n && principal_may(principal, MAY_AUDIT, server);
}

sight_fn *sight_of(const struct principal *who)
{
	return principal_may(who, MAY_SEE, slice_of(NULL, 0)) ? NULL : sight_of_server;
}

sight_fn *sight_of_audit(const struct principal *who)
{
	return principal_may(who, MAY_AUDIT, slice_of(NULL, 0)) ? NULL : audits_server;
}

struct slice sight_narrow(const struct principal *who, struct slice server)
{
	const char *only = NULL;
	if (server.n || !sight_of(who))
		return server;
	for (size_t i = 0; i < who->role_n; i++) {
		const char *name = who->roles[i].server;
		if (only && name && strcmp(only, name) != 0)
			return server;
		if (name)
			only = name;
	}
	return only ? slice_str(only) : server;
}

static bool read_words(struct api_call *c, struct audit_filter *f)
{
	struct slice decision = api_query(c, "decision"), outcome = api_query(c, "outcome");
	if (decision.n && !(f->has_decision = audit_decision_of(decision, &f->decision)))
		return api_parameter(c, "decision", "decision is allow, deny or approve");
	if (outcome.n && !(f->has_outcome = audit_outcome_of(outcome, &f->outcome)))
		return api_parameter(c, "outcome", "outcome is ok, tool_error, rpc_error, upstream_error, timeout, cancelled, refused or pending");
	return true;
}

bool records_filter(struct api_call *c, struct audit_filter *f)
{
	memset(f, 0, sizeof *f);
	f->q = api_query(c, "q");
	f->server = sight_narrow(&c->who, api_query(c, "server"));
	f->tool = api_query(c, "tool");
	f->grant = api_query(c, "grant");
	f->method = api_query(c, "method");
	f->rule = api_query(c, "rule");
	f->subject = api_query(c, "subject");
	if (f->q.n > LIMIT_RECORDS_WORDS)
		return api_parameter(c, "q", "at most %d bytes are searched for", LIMIT_RECORDS_WORDS);
	return api_time(c, "since", &f->since_us) && api_time(c, "until", &f->until_us) && read_words(c, f);
}
