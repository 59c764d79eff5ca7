/* The gate's address, the servers behind it, the clock. */
#include "base/check.h"
#include "cli/admin_client.h"
#include "base/curl.h"
#include "cli/doctor.h"
#include "json/json.h"
#include <arpa/inet.h>
#include <errno.h>
#include <sys/timex.h>
#include <unistd.h>

#define NODE_MIN 18 /* what the servers on npm ask for */

void doctor_libraries(char *out, size_t size)
{
	/* "libcurl/7.88.1 OpenSSL/3.0.17 …": what speaks for the others. */
	struct curl c;
	struct err e;
	const char *all = curl_load(&c, &e) ? c.version() : "no libcurl";
	size_t n = strcspn(all, " ");
	n += all[n] ? 1 + strcspn(all + n + 1, " ") : 0;
	snprintf(out, size, "%.*s", (int)n, all);
}

bool doctor_clock_is_free(void)
{
	struct timex t = { 0 };
	return adjtimex(&t) == TIME_ERROR;
}

static bool can_listen(const char *listen_at, int *why)
{
	const char *colon = strrchr(listen_at, ':');
	unsigned long long port = 0;
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	char host[64] = "";
	bool is_v6 = listen_at[0] == '[';
	size_t n = (size_t)(colon - listen_at);
	BUG_ON(!colon || n >= sizeof host || !slice_u64(slice_str(colon + 1), &port));
	memcpy(host, is_v6 ? listen_at + 1 : listen_at, is_v6 ? n - 2 : n);
	v4.sin_port = v6.sin6_port = htons((uint16_t)port);
	bool is_address = inet_pton(is_v6 ? AF_INET6 : AF_INET, host,
				    is_v6 ? (void *)&v6.sin6_addr : (void *)&v4.sin_addr) == 1;
	int fd = is_address ? socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)
			    : -1,
	    one = 1;
	if (fd < 0)
		return false;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	bool is_free = bind(fd, is_v6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4,
			    is_v6 ? sizeof v6 : sizeof v4) == 0;
	*why = errno;
	close(fd);
	return is_free;
}

void doctor_check_gate(struct doctor *d)
{
	struct buf answer = BUF_INIT(64u << 20);
	struct err e = { 0 };
	const char *listen_at = d->place.config->listen;
	enum admin_answer how =
		admin_ask(d->place.config->data_dir, "GET", "/api/v1/status", 10, &answer, &e);
	int why = 0;
	if (how == ADMIN_DONE) {
		const struct json *v = json_read(buf_slice(&answer), &d->c->arena, &e);
		struct slice at = json_string(json_gets(v, "listen"));
		d->is_running = true;
		doctor_say(d, DOCTOR_GOOD, "gate", NULL, "runs, and listens on %.*s",
			   SLICE_ARG(at));
		if (!json_true(json_gets(json_gets(v, "journal"), "healthy")))
			doctor_say(d, DOCTOR_BAD, "records",
				   "look for a full disk or a changed owner",
				   "cannot be written; every call is refused");
	} else if (!strstr(e.text, "no gate runs")) {
		doctor_say(d, DOCTOR_BAD, "gate", NULL, "%s", e.text);
	} else if (can_listen(listen_at, &why)) {
		doctor_say(d, DOCTOR_GOOD, "gate", NULL, "does not run; its address %s is free",
			   listen_at);
	} else {
		doctor_say(d, DOCTOR_BAD, "gate",
			   why == EADDRINUSE ? "stop the other program, or change 'listen'"
					     : "change 'listen'",
			   "does not run, and its address %s cannot be used: %s", listen_at,
			   strerror(why));
	}
	buf_release(&answer);
}

/* The path of a program as the gate would find it. */
static bool find_program(const char *name, char *out, size_t size)
{
	const char *path = getenv("PATH");
	if (strchr(name, '/')) {
		snprintf(out, size, "%s", name);
		return access(out, X_OK) == 0;
	}
	for (const char *at = path ? path : "/usr/bin:/bin"; *at; at += *at == ':') {
		size_t n = strcspn(at, ":");
		snprintf(out, size, "%.*s/%s", (int)n, at, name);
		if (n && access(out, X_OK) == 0)
			return true;
		at += n;
	}
	return false;
}

static int node_version(void)
{
	char line[64] = "";
	unsigned long long major = 0;
	/* NOLINTNEXTLINE(cert-env33-c): a constant line; the PATH searched is the person's own. */
	FILE *f = popen("node --version 2>/dev/null", "r");
	if (!f)
		return 0;
	bool is_read = fgets(line, sizeof line, f) != NULL;
	pclose(f);
	if (!is_read || line[0] != 'v' ||
	    !slice_u64(slice_of(line + 1, strspn(line + 1, "0123456789")), &major))
		return 0;
	return (int)major;
}

static void check_program(struct doctor *d, const char *name, const char *program)
{
	char path[4096];
	const char *base = strrchr(program, '/') ? strrchr(program, '/') + 1 : program;
	bool wants_node =
		strcmp(base, "npx") == 0 || strcmp(base, "node") == 0 || strcmp(base, "npm") == 0;
	bool wants_uv = strcmp(base, "uvx") == 0 || strcmp(base, "uv") == 0;
	if (!find_program(program, path, sizeof path)) {
		doctor_say(d, DOCTOR_BAD, "server",
			   wants_node ? "apt-get install nodejs npm"
			   : wants_uv ? "pip install uv"
				      : "install it, or write its whole path",
			   "'%s': there is no program '%s'", name, program);
		return;
	}
	int node = wants_node ? node_version() : NODE_MIN;
	if (node < NODE_MIN)
		doctor_say(d, DOCTOR_BAD, "server", "install a newer Node",
			   "'%s' needs Node %d or newer, this is %d", name, NODE_MIN, node);
	else
		doctor_say(d, DOCTOR_GOOD, "server", NULL, "'%s': its program is %s", name, path);
}

static size_t drop_body(char *p, size_t size, size_t n, void *ctx)
{
	(void)p;
	(void)ctx;
	return size * n;
}

/* Any answer of HTTP will do: only that somebody is there is asked. */
static void check_url(struct doctor *d, const char *name, const char *url)
{
	struct curl c;
	struct err e;
	if (!curl_load(&c, &e)) {
		doctor_say(d, DOCTOR_BAD, "server", "install libcurl", "'%s' is not asked: %s", name, e.text);
		return;
	}
	CURL *h = c.init();
	bool is_set = h && c.set(h, CURLOPT_URL, url) == CURLE_OK &&
	              c.set(h, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	              c.set(h, CURLOPT_NOBODY, 1L) == CURLE_OK &&
	              c.set(h, CURLOPT_TIMEOUT, 10L) == CURLE_OK &&
	              c.set(h, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	              c.set(h, CURLOPT_WRITEFUNCTION, drop_body) == CURLE_OK;
	CURLcode r = is_set ? c.perform(h) : CURLE_FAILED_INIT;
	if (r == CURLE_OK)
		doctor_say(d, DOCTOR_GOOD, "server", NULL, "'%s' can be reached", name);
	else
		doctor_say(d, DOCTOR_BAD, "server", "start it, or correct its address",
			   "'%s' cannot be reached: %s", name, c.error_text(r));
	c.cleanup(h);
}

static bool is_of_file(const struct doctor *d, const char *name)
{
	return config_server_get(d->place.config, name) != NULL;
}

void doctor_check_servers(struct doctor *d)
{
	struct store_server *v = NULL;
	struct err e = { 0 };
	const struct config *config = d->place.config;
	size_t n = 0;
	if (d->place.store && !store_servers(d->place.store, &d->c->arena, &v, &n, &e))
		doctor_say(d, DOCTOR_BAD, "servers", NULL, "%s", e.text);
	if (!n && !config->server_n)
		doctor_say(
			d, DOCTOR_DOUBT, "servers",
			"gatehouse server add NAME URL, or gatehouse server add NAME -- COMMAND…",
			"there are none yet");
	for (size_t i = 0; i < n; i++) {
		if (!v[i].is_enabled || is_of_file(d, v[i].name))
			continue;
		if (v[i].transport == STORE_HTTP)
			check_url(d, v[i].name, v[i].url);
		else if (v[i].transport == STORE_STDIO)
			check_program(d, v[i].name, v[i].argv[0]);
	}
	for (size_t i = 0; i < config->server_n; i++) {
		const struct config_server *s = &config->servers[i];
		if (s->is_enabled && s->url)
			check_url(d, s->name, s->url);
		else if (s->is_enabled)
			check_program(d, s->name, s->argv[0]);
	}
}
