/* People as JSON. */
#include "base/clock.h"
#include "people/people.h"

static void add_text(struct buf *b, const char *key, const char *text)
{
	buf_addf(b, "\"%s\":", key);
	buf_add_json_string(b, slice_str(text));
}

static void add_time(struct buf *b, const char *key, int64_t us)
{
	char text[CLOCK_TEXT_SIZE];
	if (!us)
		return;
	clock_text(us, text);
	buf_addf(b, ",\"%s\":\"%s\"", key, text);
}

void people_roles_json(struct buf *b, const struct role_given *v, size_t n)
{
	buf_addc(b, '[');
	for (size_t i = 0; i < n; i++) {
		buf_addf(b, "%s{\"role\":\"%s\",\"server\":", i ? "," : "", role_name(v[i].role));
		if (v[i].server)
			buf_add_json_string(b, slice_str(v[i].server));
		else
			buf_adds(b, "null");
		buf_addc(b, '}');
	}
	buf_addc(b, ']');
}

void people_user_json(struct buf *b, const struct user *u)
{
	buf_addf(b, "{\"id\":\"%s\",", u->id);
	add_text(b, "name", u->name);
	buf_addc(b, ',');
	add_text(b, "display_name", u->display_name);
	buf_addc(b, ',');
	add_text(b, "email", u->email);
	buf_addf(b, ",\"kind\":\"%s\",\"is_enabled\":%s,\"has_password\":%s,\"totp_enabled\":%s,\"roles\":",
	         u->oidc_subject[0] ? "oidc" : "local", u->is_enabled ? "true" : "false", u->has_password ? "true" : "false",
	         u->has_totp ? "true" : "false");
	people_roles_json(b, u->roles, u->role_n);
	add_time(b, "created_at", u->created_us);
	add_time(b, "last_seen_at", u->seen_us);
	buf_addc(b, '}');
}

void people_token_json(struct buf *b, const struct api_token *t)
{
	buf_addf(b, "{\"id\":\"%s\",", t->id);
	add_text(b, "name", t->name);
	buf_addf(b, ",\"owner\":{\"id\":\"%s\",", t->user_id);
	add_text(b, "name", t->user_name ? t->user_name : "");
	buf_addf(b, "},\"is_limited\":%s,\"roles\":", t->is_limited ? "true" : "false");
	people_roles_json(b, t->roles, t->role_n);
	add_time(b, "created_at", t->created_us);
	add_time(b, "expires_at", t->expires_us);
	add_time(b, "last_used_at", t->seen_us);
	buf_addc(b, '}');
}
