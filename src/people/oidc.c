/* The flow of a sign-in by an identity provider: leaving for it, coming back, what is known of it meanwhile. */
#include "people/oidc.h"
#include "base/check.h"
#include "base/limits.h"
#include "people/oidc_inside.h"
#include <pthread.h>

#define CONTEXT "oidc sign-in"
#define WELL_KNOWN "/.well-known/openid-configuration"
#define SECRET_BYTES 32 /* of state, nonce and verifier: 43 characters, as RFC 7636, 4.1 wants at least */

/* A document of the provider, as text: each reader makes its own values of it. */
struct kept {
	char *text;
	size_t n;
	int64_t until_us;
};

struct oidc {
	struct arena arena;
	struct oidc_opts o; /* its texts are in the arena */
	struct oidc_rules rules;
	pthread_mutex_t lock; /* of the two below */
	struct kept metadata, keys;
};

static const char *copy(struct arena *a, const char *s)
{
	return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

struct oidc *oidc_new(const struct oidc_opts *opts, struct err *e)
{
	struct oidc *o = mem_zalloc(sizeof *o);
	bool is_good = true;
	arena_init_small(&o->arena, LIMIT_OIDC_BYTES, 1024);
	pthread_mutex_init(&o->lock, NULL);
	o->o = *opts;
	o->o.issuer = copy(&o->arena, opts->issuer);
	o->o.client_id = copy(&o->arena, opts->client_id);
	o->o.client_secret = copy(&o->arena, opts->client_secret);
	o->o.ca_file = copy(&o->arena, opts->ca_file);
	o->o.scopes = copy(&o->arena, opts->scopes ? opts->scopes : "openid");
	if (!opts->issuer || !oidc_is_address(slice_str(opts->issuer)) || strchr(opts->issuer, '?'))
		is_good = err_set(e, ERR_INPUT, "console.oidc.issuer must begin with https:// (http:// is for this machine only)");
	else if (!opts->client_id || !opts->client_id[0])
		is_good = err_set(e, ERR_INPUT, "console.oidc.client_id is missing");
	if (!is_good || !oidc_rules_read(opts, &o->arena, &o->rules, e))
		oidc_free(&o);
	return o;
}

static void kept_release(struct kept *k)
{
	free(k->text);
	*k = (struct kept){ 0 };
}

void oidc_free(struct oidc **op)
{
	struct oidc *o = *op;
	*op = NULL;
	if (!o)
		return;
	kept_release(&o->metadata);
	kept_release(&o->keys);
	pthread_mutex_destroy(&o->lock);
	digest_wipe(o->o.key, sizeof o->o.key);
	arena_release(&o->arena);
	free(o);
}

/* A reading of what is kept; NULL: there is nothing, or it is old. */
static const struct json *read_kept(struct oidc *o, const struct kept *k, int64_t now_us, struct arena *a)
{
	struct err e = { 0 };
	pthread_mutex_lock(&o->lock);
	const struct json *v = k->text && k->until_us > now_us ? json_read(slice_of(k->text, k->n), a, &e) : NULL;
	pthread_mutex_unlock(&o->lock);
	return v;
}

static void keep(struct oidc *o, struct kept *k, const struct json *v, int64_t now_us)
{
	struct buf text = BUF_INIT(2 * LIMIT_OIDC_BYTES);
	json_write(&text, v);
	pthread_mutex_lock(&o->lock);
	kept_release(k);
	if (buf_ok(&text)) {
		k->text = mem_strndup(text.p, text.n);
		k->n = text.n;
		k->until_us = now_us + LIMIT_OIDC_CACHE_S * (int64_t)1000000;
	}
	pthread_mutex_unlock(&o->lock);
	buf_release(&text);
}

static bool get(struct oidc *o, const char *url, const char *what, struct arena *a, const struct json **out, struct err *e)
{
	struct oidc_request r = { .url = url, .ca_file = o->o.ca_file };
	long status = 0;
	if (!oidc_fetch(&r, a, &status, out, e))
		return false;
	return status == 200 || err_set(e, ERR_REMOTE, "the identity provider's %s has the status %ld", what, status);
}

/* An address in the metadata, with a NUL; NULL when it is none that may be used. */
static const char *address_of(const struct json *metadata, const char *name, struct arena *a)
{
	struct slice s = json_string(json_gets(metadata, name));
	return oidc_is_address(s) ? arena_strndup(a, s.p, s.n) : NULL;
}

static bool check_metadata(const struct oidc *o, const struct json *m, struct arena *a, struct err *e)
{
	static const char *const needed[] = { "authorization_endpoint", "token_endpoint", "jwks_uri" };
	if (!slice_is(json_string(json_gets(m, "issuer")), o->o.issuer))
		return err_set(e, ERR_REMOTE, "the identity provider calls itself '%.80s': console.oidc.issuer must be exactly that",
			       slice_printable(json_string(json_gets(m, "issuer"))) ?
				       arena_printf(a, "%.*s", (int)slice_printable(json_string(json_gets(m, "issuer"))),
						    json_string(json_gets(m, "issuer")).p) :
				       "");
	for (size_t i = 0; i < ARRAY_LEN(needed); i++)
		if (!address_of(m, needed[i], a))
			return err_set(e, ERR_REMOTE, "the identity provider has no %s that begins with https://", needed[i]);
	return true;
}

/* Discovery 1.0, 4. */
static bool learn(struct oidc *o, int64_t now_us, struct arena *a, const struct json **out, struct err *e)
{
	size_t n = strlen(o->o.issuer);
	*out = read_kept(o, &o->metadata, now_us, a);
	if (*out)
		return true;
	while (n && o->o.issuer[n - 1] == '/')
		n--;
	const char *url = arena_printf(a, "%.*s" WELL_KNOWN, (int)n, o->o.issuer);
	if (!url)
		return err_set(e, ERR_LIMIT, "there is no memory for a request");
	if (!get(o, url, "description (" WELL_KNOWN ")", a, out, e) || !check_metadata(o, *out, a, e))
		return false;
	keep(o, &o->metadata, *out, now_us);
	return true;
}

static bool learn_keys(struct oidc *o, const struct json *metadata, bool is_again, int64_t now_us, struct arena *a,
		       const struct json **out, struct err *e)
{
	*out = is_again ? NULL : read_kept(o, &o->keys, now_us, a);
	if (*out)
		return true;
	if (!get(o, address_of(metadata, "jwks_uri", a), "list of keys", a, out, e))
		return false;
	keep(o, &o->keys, *out, now_us);
	return true;
}

/* A path of the console: nothing that a browser would take for another host. */
static bool is_path(struct slice s)
{
	if (!s.n || s.n > LIMIT_OIDC_TEXT || s.p[0] != '/' || slice_printable(s) != s.n || memchr(s.p, '\\', s.n) ||
	    memchr(s.p, ' ', s.n))
		return false;
	return !(s.n > 1 && s.p[1] == '/') && !slice_starts(s, SLICE_LIT("/api/"));
}

static const char *secret_text(struct arena *a)
{
	unsigned char bytes[SECRET_BYTES];
	struct buf b = BUF_INIT(64);
	random_bytes(bytes, sizeof bytes);
	base64url_add(&b, slice_of((const char *)bytes, sizeof bytes));
	char *out = arena_strndup(a, b.p, b.n);
	buf_release(&b);
	return out;
}

/* What travels in the cookie: one a line. */
struct ticket {
	struct slice state, nonce, verifier, issued_s, redirect_uri, back;
};

static const char *seal_ticket(struct oidc *o, const struct ticket *t, struct arena *a)
{
	const struct slice parts[] = { t->state, t->nonce, t->verifier, t->issued_s, t->redirect_uri, t->back };
	struct buf plain = BUF_INIT(8192), sealed = BUF_INIT(8192), text = BUF_INIT(16384);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		buf_add_slice(&plain, parts[i]);
		buf_addc(&plain, '\n');
	}
	seal(o->o.key, SLICE_LIT(CONTEXT), buf_slice(&plain), &sealed);
	base64url_add(&text, buf_slice(&sealed));
	char *out = buf_ok(&plain) && buf_ok(&sealed) && buf_ok(&text) ? arena_strndup(a, text.p, text.n) : NULL;
	buf_release(&plain);
	buf_release(&sealed);
	buf_release(&text);
	return out;
}

static bool open_ticket(struct oidc *o, struct slice cookie, int64_t now_s, struct arena *a, struct ticket *out)
{
	unsigned char *sealed = arena_alloc(a, cookie.n + 3), *plain = arena_alloc(a, cookie.n + 3);
	size_t n = 0;
	unsigned long long issued = 0;
	if (!cookie.n || cookie.n > LIMIT_OIDC_COOKIE || !sealed || !plain || !base64url_read(cookie, sealed, &n) || n < SEAL_OVERHEAD ||
	    !unseal(o->o.key, SLICE_LIT(CONTEXT), slice_of((const char *)sealed, n), plain, &n))
		return false;
	struct slice text = slice_of((const char *)plain, n);
	return slice_next_line(&text, &out->state) && slice_next_line(&text, &out->nonce) && slice_next_line(&text, &out->verifier) &&
	       slice_next_line(&text, &out->issued_s) && slice_next_line(&text, &out->redirect_uri) &&
	       slice_next_line(&text, &out->back) && slice_u64(out->issued_s, &issued) &&
	       (int64_t)issued + LIMIT_OIDC_STATE_S > now_s;
}

static void add_pair(struct buf *b, const char *name, struct slice value)
{
	if (b->n && b->p[b->n - 1] != '?')
		buf_addc(b, '&');
	buf_adds(b, name);
	buf_addc(b, '=');
	oidc_add_escaped(b, value);
}

static void add_challenge(struct buf *b, const char *verifier)
{
	unsigned char hash[DIGEST_SIZE];
	struct buf text = BUF_INIT(64);
	digest_sha256(slice_str(verifier), hash);
	base64url_add(&text, slice_of((const char *)hash, sizeof hash));
	add_pair(b, "code_challenge", buf_slice(&text));
	add_pair(b, "code_challenge_method", SLICE_LIT("S256"));
	buf_release(&text);
}

bool oidc_begin(struct oidc *o, const char *redirect_uri, struct slice back, int64_t now_us, struct arena *a,
		struct oidc_leave *out, struct err *e)
{
	const struct json *metadata;
	const char *state = secret_text(a), *nonce = secret_text(a), *verifier = secret_text(a);
	const char *issued = arena_printf(a, "%lld", (long long)(now_us / 1000000));
	struct buf url = BUF_INIT(16384);
	if (!state || !nonce || !verifier || !issued)
		return err_set(e, ERR_LIMIT, "there is no memory for a sign-in");
	if (!learn(o, now_us, a, &metadata, e))
		return false;
	const char *endpoint = address_of(metadata, "authorization_endpoint", a);
	buf_adds(&url, endpoint);
	if (!strchr(endpoint, '?'))
		buf_addc(&url, '?');
	add_pair(&url, "response_type", SLICE_LIT("code"));
	add_pair(&url, "client_id", slice_str(o->o.client_id));
	add_pair(&url, "redirect_uri", slice_str(redirect_uri));
	add_pair(&url, "scope", slice_str(o->o.scopes));
	add_pair(&url, "state", slice_str(state));
	add_pair(&url, "nonce", slice_str(nonce));
	add_challenge(&url, verifier);
	struct ticket t = { slice_str(state), slice_str(nonce), slice_str(verifier), slice_str(issued), slice_str(redirect_uri),
			    is_path(back) ? back : SLICE_LIT("/") };
	out->url = buf_ok(&url) ? arena_strndup(a, url.p, url.n) : NULL;
	out->cookie = seal_ticket(o, &t, a);
	buf_release(&url);
	return (out->url && out->cookie) || err_set(e, ERR_LIMIT, "the address of the identity provider is too long");
}

/* RFC 6749, 2.3.1: both are encoded as in a form first. */
static const char *basic_of(const struct oidc *o, struct arena *a)
{
	struct buf pair = BUF_INIT(8192), text = BUF_INIT(16384);
	buf_adds(&text, "Basic ");
	oidc_add_escaped(&pair, slice_str(o->o.client_id));
	buf_addc(&pair, ':');
	oidc_add_escaped(&pair, slice_str(o->o.client_secret));
	base64_add(&text, buf_slice(&pair));
	const char *out = buf_ok(&pair) && buf_ok(&text) ? arena_strndup(a, text.p, text.n) : NULL;
	if (pair.p)
		digest_wipe(pair.p, pair.cap);
	buf_release(&pair);
	buf_release(&text);
	return out;
}

/* client_secret_basic is the default (Discovery 1.0, 3); the other way only where that is not offered. */
static bool takes_basic(const struct json *metadata)
{
	const struct json *v = json_gets(metadata, "token_endpoint_auth_methods_supported");
	for (struct json_iter it = json_iter(v); json_next(&it);)
		if (slice_is(json_string(it.value), "client_secret_basic"))
			return true;
	return !v;
}

static bool redeem(struct oidc *o, const struct json *metadata, const struct ticket *t, struct slice code, struct arena *a,
		   const struct json **tokens, struct err *e)
{
	struct buf form = BUF_INIT(64u << 10);
	bool is_basic = o->o.client_secret && takes_basic(metadata);
	long status = 0;
	add_pair(&form, "grant_type", SLICE_LIT("authorization_code"));
	add_pair(&form, "code", code);
	add_pair(&form, "redirect_uri", t->redirect_uri);
	add_pair(&form, "code_verifier", t->verifier);
	if (!is_basic)
		add_pair(&form, "client_id", slice_str(o->o.client_id));
	if (o->o.client_secret && !is_basic)
		add_pair(&form, "client_secret", slice_str(o->o.client_secret));
	struct oidc_request r = { .url = address_of(metadata, "token_endpoint", a), .form = buf_slice(&form), .ca_file = o->o.ca_file };
	if (is_basic)
		r.authorization = basic_of(o, a);
	bool is_done = buf_ok(&form) && (!is_basic || r.authorization) ? oidc_fetch(&r, a, &status, tokens, e) :
									  err_set(e, ERR_LIMIT, "the code is too long");
	if (form.p)
		digest_wipe(form.p, form.cap);
	buf_release(&form);
	if (!is_done || status == 200)
		return is_done;
	struct slice why = json_string(json_gets(*tokens, "error"));
	return err_set(e, ERR_REMOTE, "the identity provider gave no token (status %ld, '%.*s')", status,
		       (int)(slice_printable(why) < 40 ? slice_printable(why) : 40), why.n ? why.p : "");
}

static enum id_token_end check_token(struct oidc *o, const struct json *metadata, const struct ticket *t, struct slice token,
				     int64_t now_us, struct arena *a, const struct json **claims, struct err *e)
{
	const struct id_token_want want = { o->o.issuer, o->o.client_id, t->nonce, now_us / 1000000 };
	enum id_token_end end = ID_TOKEN_KEY_UNKNOWN;
	for (int again = 0; again < 2 && end == ID_TOKEN_KEY_UNKNOWN; again++) {
		const struct json *keys;
		if (!learn_keys(o, metadata, again, now_us, a, &keys, e))
			return ID_TOKEN_BAD;
		end = id_token_check(token, keys, &want, a, claims, e);
	}
	return end;
}

/* Core, 5.3: claims that are too many for the token. Without them the person comes in all the same, as the rules have it. */
static const struct json *ask_more(struct oidc *o, const struct json *metadata, const struct json *tokens, const struct json *claims,
				   struct arena *a)
{
	struct slice access = json_string(json_gets(tokens, "access_token"));
	const struct json *info = NULL;
	struct err e = { 0 };
	long status = 0;
	struct oidc_request r = { .url = address_of(metadata, "userinfo_endpoint", a), .ca_file = o->o.ca_file };
	if (!r.url || !access.n || access.n > 3500 || slice_printable(access) != access.n)
		return NULL;
	r.authorization = arena_printf(a, "Bearer %.*s", SLICE_ARG(access));
	if (!r.authorization || !oidc_fetch(&r, a, &status, &info, &e) || status != 200)
		return NULL;
	/* 5.3.2: otherwise it may be about somebody else. */
	return slice_eq(json_string(json_gets(info, "sub")), json_string(json_gets(claims, "sub"))) ? info : NULL;
}

/* RFC 9207: who answers is whom we asked. */
static bool is_from_issuer(const struct oidc *o, const struct json *metadata, struct slice issuer)
{
	bool is_promised = json_true(json_gets(metadata, "authorization_response_iss_parameter_supported"));
	return issuer.n ? slice_is(issuer, o->o.issuer) : !is_promised;
}

static enum oidc_end check_return(struct oidc *o, const struct oidc_return *r, const struct json *metadata, struct err *e)
{
	if (!is_from_issuer(o, metadata, r->issuer)) {
		err_set(e, ERR_INPUT, "the answer came from another identity provider");
		return OIDC_WRONG;
	}
	if (r->error.n) {
		err_set(e, ERR_INPUT, "the identity provider refused: '%.*s'",
			(int)(slice_printable(r->error) < 60 ? slice_printable(r->error) : 60), r->error.p);
		return OIDC_REFUSED;
	}
	if (!r->code.n) {
		err_set(e, ERR_INPUT, "the identity provider gave no code");
		return OIDC_WRONG;
	}
	return OIDC_OK;
}

static bool take_who(struct oidc *o, const struct json *claims, const struct json *info, struct slice back, struct arena *a,
		     struct oidc_who *out, struct err *e)
{
	struct slice sub = json_string(json_gets(claims, "sub"));
	char *subject = arena_printf(a, "%s %.*s", o->o.issuer, SLICE_ARG(sub)), *path = arena_strndup(a, back.p, back.n);
	if (!subject || !path || !oidc_rules_apply(&o->rules, claims, info, a, out))
		return err_set(e, ERR_LIMIT, "there is no memory for a sign-in");
	out->vouched.subject = slice_str(subject);
	out->back = path;
	return true;
}

enum oidc_end oidc_finish(struct oidc *o, const struct oidc_return *r, int64_t now_us, struct arena *a, struct oidc_who *out,
			  struct err *e)
{
	struct ticket t = { 0 };
	const struct json *metadata, *tokens, *claims = NULL;
	*out = (struct oidc_who){ 0 };
	if (!open_ticket(o, r->cookie, now_us / 1000000, a, &t) || r->state.n != t.state.n ||
	    !digest_equal(r->state.p, t.state.p, t.state.n)) {
		err_set(e, ERR_INPUT, "the sign-in took too long, or began in another window: start again");
		return OIDC_STALE;
	}
	if (!learn(o, now_us, a, &metadata, e))
		return OIDC_FAILED;
	enum oidc_end end = check_return(o, r, metadata, e);
	if (end != OIDC_OK)
		return end;
	if (!redeem(o, metadata, &t, r->code, a, &tokens, e))
		return OIDC_FAILED;
	struct slice token = json_string(json_gets(tokens, "id_token"));
	if (check_token(o, metadata, &t, token, now_us, a, &claims, e) != ID_TOKEN_GOOD)
		return e->kind == ERR_REMOTE ? OIDC_FAILED : OIDC_WRONG;
	const struct json *info = oidc_rules_want_more(&o->rules, claims) ? ask_more(o, metadata, tokens, claims, a) : NULL;
	return take_who(o, claims, info, t.back, a, out, e) ? OIDC_OK : OIDC_FAILED;
}
