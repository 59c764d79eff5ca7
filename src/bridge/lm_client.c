/*
 * What is kept of a legacy client's session with a server of the modern era, which has no sessions:
 * the level of logs it asked for, what it subscribed to, results of its tasks.
 */
#include "base/check.h"
#include "bridge/lm.h"

/* Of the session and its grant, never of the session alone. */
static void write_key(struct buf *b, const struct crossing *x)
{
	buf_add(b, &x->behind, sizeof x->behind);
	buf_add_slice(b, x->t.to.grant_id);
	buf_addc(b, '\0');
	buf_add_slice(b, x->t.to.client_session);
}

struct lm_client *lm_client_find(const struct crossing *x)
{
	struct lm *lm = x->bridge->lm;
	struct buf key = BUF_INIT(4096);
	if (!lm || !lm->client_n)
		return NULL;
	write_key(&key, x);
	struct lm_client *k = buf_ok(&key) ? map_get(&lm->clients, buf_slice(&key)) : NULL;
	buf_release(&key);
	return k;
}

void lm_client_touch(struct lm_client *k)
{
	list_del(&k->node);
	list_add_tail(list_empty(&k->streams) ? &k->lm->idle : &k->lm->busy, &k->node);
}

struct lm_client *lm_client_get(const struct crossing *x)
{
	struct lm *lm = lm_of(x->bridge);
	struct lm_client *k = lm_client_find(x);
	struct buf key = BUF_INIT(4096);
	if (k) {
		lm_client_touch(k);
		return k;
	}
	if (x->behind->is_forgotten)
		return NULL;
	if (lm->client_n >= LIMIT_KEPT_CLIENTS) {
		if (list_empty(&lm->idle))
			return NULL;
		lm_client_free(list_entry(lm->idle.next, struct lm_client, node));
	}
	write_key(&key, x);
	BUG_ON(!buf_ok(&key));
	k = mem_zalloc(sizeof *k);
	k->lm = lm;
	k->behind = x->behind;
	behind_use(k->behind);
	k->key = mem_strndup(key.p, key.n);
	k->key_n = key.n;
	list_init(&k->kept);
	list_init(&k->streams);
	list_add_tail(&lm->idle, &k->node);
	map_put(&lm->clients, buf_slice(&key), k);
	lm->client_n++;
	buf_release(&key);
	return k;
}

void lm_client_free(struct lm_client *k)
{
	struct lm *lm = k->lm;
	lm_listen_drop(k);
	list_each_safe(it, next, &k->kept)
		lm_kept_free(k, list_entry(it, struct lm_kept, node));
	for (size_t i = 0; i < k->uri_n; i++)
		free(k->uris[i]);
	free(k->uris);
	map_del(&lm->clients, slice_of(k->key, k->key_n));
	lm->client_n--;
	list_del(&k->node);
	behind_drop(k->behind);
	free(k->key);
	free(k);
}

static size_t find_uri(const struct lm_client *k, struct slice uri)
{
	size_t i = 0;
	while (i < k->uri_n && !slice_is(uri, k->uris[i]))
		i++;
	return i;
}

bool lm_client_subscribe(struct lm_client *k, struct slice uri)
{
	if (find_uri(k, uri) < k->uri_n)
		return true;
	/* A NUL would end it early here; no URI has one (RFC 3986). */
	if (k->uri_n >= LIMIT_SUBSCRIPTIONS || memchr(uri.p, '\0', uri.n))
		return false;
	k->uris = mem_realloc(k->uris, (k->uri_n + 1) * sizeof *k->uris);
	k->uris[k->uri_n++] = mem_strndup(uri.p, uri.n);
	lm_listen_changed(k);
	return true;
}

void lm_client_unsubscribe(struct lm_client *k, struct slice uri)
{
	size_t i = find_uri(k, uri);
	if (i == k->uri_n)
		return;
	free(k->uris[i]);
	k->uris[i] = k->uris[--k->uri_n];
	lm_listen_changed(k);
}

/* 2025-11-25, server/utilities/logging: "the server MAY decide which messages to send" to a client
 * that has set none. One of the modern era sends nothing then, so that we decide for it. */
enum mcp_log_level lm_client_level(const struct lm_client *k)
{
	return k && k->log_level ? k->log_level : MCP_LOG_INFO;
}
