/* URLs of stores. */
#include "ledger/place.h"

#define PORT         6379
#define DATABASE_MAX 65535

/* Cuts s at the first c: what is before it in *head. False when there is none. */
static bool cut(struct slice *s, char c, struct slice *head)
{
	const char *at = s->n ? memchr(s->p, c, s->n) : NULL;
	if (!at)
		return false;
	*head = slice_of(s->p, (size_t)(at - s->p));
	*s = slice_of(at + 1, s->n - head->n - 1);
	return true;
}

static bool take_user(struct slice *rest, struct place *out)
{
	const char *at = rest->n ? memrchr(rest->p, '@', rest->n) : NULL;
	struct slice who, user;
	if (!at)
		return true;
	who = slice_of(rest->p, (size_t)(at - rest->p));
	*rest = slice_of(at + 1, rest->n - who.n - 1);
	if (!cut(&who, ':', &user))
		return false;
	return slice_percent_decode(user, false, out->user, sizeof out->user) && who.n &&
	       slice_percent_decode(who, false, out->password, sizeof out->password);
}

static bool take_database(struct slice text, struct place *out)
{
	unsigned long long v;
	if (!slice_u64(text, &v) || v > DATABASE_MAX)
		return false;
	out->database = (unsigned)v;
	return true;
}

static bool take_host(struct slice rest, struct place *out)
{
	struct slice host = rest, port = {0};
	unsigned long long v = PORT;
	if (rest.n && rest.p[0] == '[') {
		rest.p++, rest.n--;
		if (!cut(&rest, ']', &host))
			return false;
		if (rest.n && rest.p[0] != ':')
			return false;
		port = rest.n ? slice_of(rest.p + 1, rest.n - 1) : port;
		if (rest.n && !port.n)
			return false;
	} else if (cut(&rest, ':', &host)) {
		port = rest;
		if (!port.n)
			return false;
	}
	if (port.n && (!slice_u64(port, &v) || v == 0 || v > 65535))
		return false;
	out->port = (int)v;
	return host.n && slice_percent_decode(host, false, out->host, sizeof out->host);
}

static bool take_unix(struct slice rest, struct place *out)
{
	struct slice path;
	out->is_unix = true;
	if (slice_starts(rest, SLICE_LIT("//"))) {
		rest = slice_of(rest.p + 2, rest.n - 2);
		if (!take_user(&rest, out))
			return false;
	}
	if (!cut(&rest, '?', &path))
		path = rest;
	else if (!slice_starts(rest, SLICE_LIT("db=")) ||
		 !take_database(slice_of(rest.p + 3, rest.n - 3), out))
		return false;
	/* sockaddr_un has room for 107. */
	return path.n > 1 && path.n <= 107 && path.p[0] == '/' && slice_percent_decode(path, false, out->host, sizeof out->host);
}

static bool take_network(struct slice rest, struct place *out)
{
	struct slice authority = rest;
	const char *end = rest.n ? memrchr(rest.p, '/', rest.n) : NULL;
	/* A slash within the password would have to be %2F. */
	if (end) {
		authority = slice_of(rest.p, (size_t)(end - rest.p));
		rest = slice_of(end + 1, rest.n - authority.n - 1);
		if (rest.n && !take_database(rest, out))
			return false;
	}
	return take_user(&authority, out) && take_host(authority, out);
}

bool place_parse(struct slice url, struct place *out, struct err *e)
{
	static const struct {
		const char *text;
		bool is_tls, is_unix;
	} schemes[] = {
		{"redis://", false, false},  {"valkey://", false, false},
		{"rediss://", true, false},  {"valkeys://", true, false},
		{"unix:", false, true},
	};
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		size_t n = strlen(schemes[i].text);
		if (!slice_starts(url, slice_of(schemes[i].text, n)))
			continue;
		struct slice rest = slice_of(url.p + n, url.n - n);
		*out = (struct place){.is_tls = schemes[i].is_tls};
		if (schemes[i].is_unix ? take_unix(rest, out) : take_network(rest, out))
			return true;
		return err_set(e, ERR_INPUT,
			       "the address of the counters is not one: write it as "
			       "redis://user:password@host:6379/0, rediss:// for TLS, or unix:/path");
	}
	return err_set(e, ERR_INPUT,
		       "the address of the counters must begin with redis://, rediss://, valkey://, "
		       "valkeys:// or unix:");
}
