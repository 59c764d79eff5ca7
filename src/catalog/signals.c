/* The nouns by which arguments are known, and where each of them means something else. */
#include "catalog/signals.h"
#include <stdlib.h>

#define PATH	   SIGNAL_BIT(SIGNAL_PATH)
#define URL	   SIGNAL_BIT(SIGNAL_URL)
#define COMMAND	   SIGNAL_BIT(SIGNAL_COMMAND)
#define CODE	   SIGNAL_BIT(SIGNAL_CODE)
#define QUERY	   SIGNAL_BIT(SIGNAL_QUERY)
#define BULK	   SIGNAL_BIT(SIGNAL_BULK)
#define AMOUNT	   SIGNAL_BIT(SIGNAL_AMOUNT)
#define RECIPIENT  SIGNAL_BIT(SIGNAL_RECIPIENT)
#define HTML	   SIGNAL_BIT(SIGNAL_HTML)
#define CREDENTIAL SIGNAL_BIT(SIGNAL_CREDENTIAL)
#define PERMISSION SIGNAL_BIT(SIGNAL_PERMISSION)
#define DOUBTFUL   (1u << 31) /* the word alone is not enough */

#define LOOKED_AT 600 /* bytes of a text in which words are looked for */

/* By the last word of a name. In the order of strcmp: looked up by halves. */
static const struct head {
	const char *word;
	unsigned kinds;
} heads[] = {
	{ "acl", PERMISSION },
	{ "address", RECIPIENT | DOUBTFUL },
	{ "addresses", RECIPIENT | DOUBTFUL },
	{ "all", BULK },
	{ "amount", AMOUNT },
	{ "apikey", CREDENTIAL },
	{ "argv", COMMAND },
	{ "assignee", RECIPIENT },
	{ "assignees", RECIPIENT },
	{ "attachments", PATH | DOUBTFUL },
	{ "attendees", RECIPIENT },
	{ "bash", COMMAND },
	{ "bcc", RECIPIENT },
	{ "body", HTML | DOUBTFUL },
	{ "budget", AMOUNT },
	{ "callback", URL },
	{ "cc", RECIPIENT },
	{ "channel", RECIPIENT | DOUBTFUL },
	{ "channels", RECIPIENT | DOUBTFUL },
	{ "cmd", COMMAND },
	{ "code", CODE | DOUBTFUL },
	{ "command", COMMAND },
	{ "commands", COMMAND },
	{ "content", HTML | DOUBTFUL },
	{ "cost", AMOUNT },
	{ "cql", QUERY },
	{ "credential", CREDENTIAL },
	{ "credentials", CREDENTIAL },
	{ "cwd", PATH },
	{ "cypher", QUERY },
	{ "dest", PATH | DOUBTFUL },
	{ "destination", PATH | DOUBTFUL },
	{ "dir", PATH },
	{ "directories", PATH },
	{ "directory", PATH },
	{ "domain", URL | DOUBTFUL },
	{ "domains", URL | DOUBTFUL },
	{ "email", RECIPIENT | DOUBTFUL },
	{ "emails", RECIPIENT | DOUBTFUL },
	{ "endpoint", URL },
	{ "expr", CODE },
	{ "expression", CODE },
	{ "file", PATH },
	{ "filename", PATH },
	{ "filenames", PATH },
	{ "filepath", PATH },
	{ "filepaths", PATH },
	{ "files", PATH },
	{ "filter", BULK | DOUBTFUL },
	{ "filters", BULK | DOUBTFUL },
	{ "folder", PATH },
	{ "folders", PATH },
	{ "glob", BULK },
	{ "gql", QUERY },
	{ "grants", PERMISSION },
	{ "graphql", QUERY },
	{ "host", URL },
	{ "hostname", URL },
	{ "hosts", URL },
	{ "href", URL },
	{ "html", HTML },
	{ "iban", RECIPIENT },
	{ "ids", BULK },
	{ "input", COMMAND | DOUBTFUL },
	{ "invitee", RECIPIENT },
	{ "invitees", RECIPIENT },
	{ "javascript", CODE },
	{ "jql", QUERY },
	{ "js", CODE },
	{ "key", CREDENTIAL | DOUBTFUL },
	{ "keys", CREDENTIAL | DOUBTFUL },
	{ "kql", QUERY },
	{ "link", URL },
	{ "links", URL },
	{ "location", PATH | DOUBTFUL },
	{ "logql", QUERY },
	{ "markup", HTML },
	{ "members", RECIPIENT | DOUBTFUL },
	{ "mnemonic", CREDENTIAL },
	{ "msisdn", RECIPIENT },
	{ "name", PATH | DOUBTFUL },
	{ "number", RECIPIENT | DOUBTFUL },
	{ "otp", CREDENTIAL },
	{ "output", PATH | DOUBTFUL },
	{ "passphrase", CREDENTIAL },
	{ "passwd", CREDENTIAL },
	{ "password", CREDENTIAL },
	{ "path", PATH },
	{ "pathname", PATH },
	{ "paths", PATH },
	{ "pattern", BULK | DOUBTFUL },
	{ "payee", RECIPIENT },
	{ "permission", PERMISSION },
	{ "permissions", PERMISSION },
	{ "phone", RECIPIENT | DOUBTFUL },
	{ "pipeline", QUERY | DOUBTFUL },
	{ "policies", PERMISSION | DOUBTFUL },
	{ "policy", PERMISSION | DOUBTFUL },
	{ "price", AMOUNT },
	{ "principal", PERMISSION | DOUBTFUL },
	{ "privilege", PERMISSION },
	{ "privileges", PERMISSION },
	{ "program", CODE },
	{ "promql", QUERY },
	{ "proxy", URL },
	{ "python", CODE },
	{ "qty", AMOUNT },
	{ "quantity", AMOUNT },
	{ "query", QUERY | DOUBTFUL },
	{ "recipient", RECIPIENT },
	{ "recipients", RECIPIENT },
	{ "recursive", BULK },
	{ "repo", PATH | DOUBTFUL },
	{ "reviewer", RECIPIENT },
	{ "reviewers", RECIPIENT },
	{ "role", PERMISSION | DOUBTFUL },
	{ "roles", PERMISSION | DOUBTFUL },
	{ "root", PATH | DOUBTFUL },
	{ "scope", PERMISSION | DOUBTFUL },
	{ "scopes", PERMISSION },
	{ "script", CODE },
	{ "secret", CREDENTIAL },
	{ "secrets", CREDENTIAL },
	{ "seed", CREDENTIAL | DOUBTFUL },
	{ "selector", BULK | DOUBTFUL },
	{ "shell", COMMAND },
	{ "site", URL | DOUBTFUL },
	{ "snippet", CODE },
	{ "soql", QUERY },
	{ "source", PATH | DOUBTFUL },
	{ "sparql", QUERY },
	{ "sql", QUERY },
	{ "statement", QUERY | DOUBTFUL },
	{ "statements", QUERY | DOUBTFUL },
	{ "target", URL | DOUBTFUL },
	{ "text", HTML | DOUBTFUL },
	{ "to", RECIPIENT | DOUBTFUL },
	{ "token", CREDENTIAL | DOUBTFUL },
	{ "tokens", CREDENTIAL | DOUBTFUL },
	{ "total", AMOUNT | DOUBTFUL },
	{ "uri", URL },
	{ "uris", URL },
	{ "url", URL },
	{ "urls", URL },
	{ "username", RECIPIENT | DOUBTFUL },
	{ "usernames", RECIPIENT | DOUBTFUL },
	{ "users", RECIPIENT | DOUBTFUL },
	{ "value", AMOUNT | DOUBTFUL },
	{ "visibility", PERMISSION },
	{ "wallet", RECIPIENT | DOUBTFUL },
	{ "webhook", URL },
	{ "website", URL },
	{ "where", BULK | DOUBTFUL },
	{ "wildcard", BULK },
	{ "workdir", PATH },
	{ "workspace", PATH | DOUBTFUL },
};

static int compare_head(const void *key, const void *entry)
{
	return strcmp(key, ((const struct head *)entry)->word);
}

static unsigned kinds_of_head(const char *word)
{
	const struct head *h = bsearch(word, heads, sizeof heads / sizeof heads[0], sizeof heads[0], compare_head);
	return h ? h->kinds : 0;
}

bool mentions(struct slice text, const char *word)
{
	size_t n = strlen(word);
	if (text.n > LOOKED_AT)
		text.n = LOOKED_AT;
	for (size_t i = 0; i + n <= text.n; i++)
		if ((text.p[i] | 32) == (word[0] | 32) && slice_ieq_bytes(text.p + i, word, n))
			return true;
	return false;
}

bool mentions_any(struct slice text, const char *const *words)
{
	for (; *words; words++)
		if (mentions(text, *words))
			return true;
	return false;
}

#define ANY(text, ...) mentions_any(text, (const char *const[]){ __VA_ARGS__, NULL })
/* One of the words that stand before the head. */
#define BEFORE(a, ...) stands_before(a, (const char *const[]){ __VA_ARGS__, NULL })

static bool stands_before(const struct argument *a, const char *const *words)
{
	for (; *words; words++)
		for (size_t i = 0; i + 1 < a->words.n; i++)
			if (strcmp(tokens_at(&a->words, i), *words) == 0)
				return true;
	return false;
}

static bool speaks(const struct meaning *m, enum concept c)
{
	return concepts_have(&m->name, c) || concepts_have(&m->lead, c) || concepts_have(&m->rest, c);
}

void signals_context(struct signals_context *c, const struct profile *p, struct slice server, const struct meaning *m)
{
	struct slice names[] = { server, p->name };
	*c = (struct signals_context){ .category = p->category, .server = server, .name = p->name };
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		c->is_sql |= ANY(names[i], "sql", "postgres", "duckdb", "bigquery", "snowflake", "redshift", "clickhouse", "athena",
				 "oracle", "doris", "trino");
		c->is_crypto |= ANY(names[i], "crypto", "chain", "ethereum", "solana", "bitcoin", "wallet", "defi", "evm", "nft");
		c->is_database |= ANY(names[i], "mongo", "database", "neo4j", "-db", "_db", "elastic", "influx", "dynamo", "cypher");
	}
	c->is_sql |= speaks(m, OBJECT_SQL);
	c->is_crypto |= speaks(m, OBJECT_CRYPTO);
	c->is_database |= c->is_sql || speaks(m, OBJECT_DATABASE);
	c->is_message = speaks(m, OBJECT_MESSAGE) || speaks(m, OBJECT_POST) || speaks(m, VERB_SEND) || speaks(m, VERB_SHARE) ||
			speaks(m, VERB_COMMENT);
	c->is_rights = speaks(m, OBJECT_PERMISSION) || speaks(m, VERB_GRANT);
}

static bool is_text(const struct argument *a)
{
	if (a->list)
		return false;
	if (a->is_list)
		return !a->items || (a->items & TYPE_STRING);
	return !a->types || (a->types & TYPE_STRING);
}

static bool is_number(const struct argument *a)
{
	return !a->list && !a->is_list && (!a->types || (a->types & (TYPE_NUMBER | TYPE_STRING)));
}

static bool is_path(const struct signals_context *c, const struct argument *a, bool is_sure)
{
	const char *head = tokens_last(&a->words);
	if (BEFORE(a, "json", "x", "css", "key", "api", "url", "route", "object", "field", "property", "http", "web", "request",
		   "query", "node", "menu", "image", "learning", "career", "critical", "shortest"))
		return strcmp(tokens_at(&a->words, 0), "image") == 0;
	if (is_sure && strcmp(head, "path") == 0 &&
	    ANY(a->description, "json path", "jsonpath", "url path", "api path", "endpoint", "xpath", "dot notation", "dot-separated"))
		return false;
	if (strncmp(head, "file", 4) == 0 && ANY(a->description, "contents of", "content of", "base64", "not the path"))
		return false;
	if (is_sure && (strcmp(head, "folder") == 0 || strcmp(head, "folders") == 0))
		return !ANY(a->description, "folder id", "mail", "folder name", "inbox") && !ANY(c->name, "mail", "message");
	if (is_sure)
		return true;
	if (strcmp(head, "name") == 0)
		return BEFORE(a, "file") && strcmp(tokens_at(&a->words, a->words.n - 2), "file") == 0;
	if (strcmp(head, "repo") == 0)
		return ANY(a->description, "path to", "local path", "directory");
	return ANY(a->description, "path", "directory", "folder", "file name", "filename", "路径", "目录", "パス") &&
	       !ANY(a->description, "json path", "url path", "s3 ", "bucket");
}

static bool is_url(const struct signals_context *c, const struct argument *a, bool is_sure)
{
	const char *head = tokens_last(&a->words);
	(void)c;
	if (BEFORE(a, "include", "return", "with", "symbolic"))
		return false;
	if (strcmp(head, "link") == 0 || strcmp(head, "links") == 0)
		return ANY(a->description, "url", "http", "link to");
	if (strcmp(head, "uri") == 0)
		return !ANY(a->description, "spotify", "at://", "resource uri", "document uri", "ui://");
	if (is_sure)
		return true;
	if (strncmp(head, "domain", 6) == 0)
		return ANY(a->description, ".com", "domain name", "website", "dns", "url", "host", "whois", "域名") ||
		       ANY(c->name, "domain", "dns", "whois", "seo", "ssl", "scan");
	return ANY(a->description, "url", "http://", "https://", "hostname", "ip address", "host to");
}

static bool is_code(const struct signals_context *c, const struct argument *a, bool is_sure)
{
	if (BEFORE(a, "cron", "schedule", "time", "date", "rate", "lambda", "filter", "key", "condition", "projection", "update") ||
	    (strncmp(tokens_last(&a->words), "expr", 4) == 0 && ANY(a->description, "filter", "promql", "cron", "regular expression")))
		return false;
	if (is_sure)
		return true;
	if (a->has_pattern || a->is_list ||
	    BEFORE(a, "country", "currency", "language", "lang", "zip", "postal", "area", "error", "status", "promo", "coupon",
		   "discount", "verification", "auth", "authorization", "airport", "iata", "icao", "stock", "product", "bar", "qr",
		   "region", "state", "dial", "sms", "mfa", "otp", "invite", "referral", "response", "exit", "color", "tax", "hs",
		   "category", "city", "station", "fund", "industry", "market", "security", "district", "adcode", "sport", "court",
		   "subject", "course", "account", "branch", "reason", "type", "device", "user", "event", "shop", "service"))
		return false;
	if (a->words.n > 1 && BEFORE(a, "source", "python", "js", "javascript", "sql", "test", "script", "shader", "user", "java"))
		return true;
	if (ANY(a->description, "python", "javascript", "source code", "snippet", "to execute", "to run", "program", "script",
		"typescript", "code to", "react", "jsx", "the code", "function", "lines of code", "html", "mermaid", "执行"))
		return !ANY(a->description, "country", "currency", "stock code", "股票", "authorization code", "airport");
	return c->category == CATEGORY_EXECUTE && a->words.n == 1 && !a->description.n;
}

static bool is_query(const struct signals_context *c, const struct argument *a, bool is_sure)
{
	const char *head = tokens_last(&a->words);
	if (is_sure)
		return !BEFORE(a, "include", "my", "show");
	if (BEFORE(a, "search", "natural", "user", "text"))
		return ANY(a->description, "sql", "cypher");
	if (strcmp(head, "pipeline") == 0)
		return ANY(a->description, "aggregat", "stages");
	if (strncmp(head, "statement", 9) == 0)
		return c->is_database || ANY(a->description, "sql", "cypher");
	if (ANY(a->description, "sql", "cypher", "graphql", "promql", "logql", "sparql", "kql", "jql", "cql", "mongodb", "flux",
		"statement", "select ", "lucene", "lookml", "fql", "gaql", "soql"))
		return true;
	if (ANY(a->description, "search", "keyword", "natural language", "question"))
		return false;
	return c->is_sql || (c->is_database && ANY(c->name, "query", "execute", "run", "aggregate"));
}

static bool is_amount(const struct signals_context *c, const struct argument *a, bool is_sure)
{
	const char *first = tokens_at(&a->words, 0), *head = tokens_last(&a->words);
	if (!is_number(a) || strcmp(first, "include") == 0 || strcmp(first, "show") == 0)
		return false;
	if (c->category == CATEGORY_READ && (BEFORE(a, "min", "max", "from", "to", "minimum", "maximum", "lower", "upper")))
		return false;
	if (ANY(a->description, "pixel", "second", "token", "scroll", "percentage of the", "zoom", "number of results", "blur", "opacity"))
		return false;
	if (is_sure)
		return true;
	if (strcmp(head, "total") == 0)
		return ANY(a->description, "amount", "price", "cents", "usd", "currency", "invoice");
	return c->category == CATEGORY_FINANCIAL || ANY(a->description, "in wei", "in ether", "amount of eth", "lamport", "in cents");
}

static bool is_of_date(const struct argument *a)
{
	return slice_is(a->format, "date") || slice_is(a->format, "date-time") ||
	       BEFORE(a, "date", "time", "datetime", "created", "updated", "valid", "period", "year", "day", "reply") ||
	       ANY(a->description, "date", "time", "yyyy", "timestamp", "unix");
}

static bool is_receiver(const struct signals_context *c, const struct argument *a, bool is_sure)
{
	const char *head = tokens_last(&a->words);
	if (!is_text(a) || c->category == CATEGORY_READ)
		return false;
	if (strcmp(head, "to") == 0)
		return !is_of_date(a) && !ANY(a->description, "language", "currency", "unit", "version", "commit", "page", "path",
					      "format", "node", "branch", "move to", "entity", "relation", "position", "station", "status", "locale");
	if (is_sure)
		return true;
	if (strncmp(head, "address", 7) == 0)
		return BEFORE(a, "to", "recipient", "destination", "email", "wallet", "mail", "receiver", "payee") ||
		       (c->category == CATEGORY_FINANCIAL && !BEFORE(a, "contract", "token", "from", "pool"));
	if (strcmp(head, "number") == 0)
		return BEFORE(a, "phone", "to", "mobile", "recipient", "whatsapp");
	if (strcmp(head, "wallet") == 0)
		return BEFORE(a, "to", "recipient", "destination");
	if (BEFORE(a, "from", "sender", "my", "author"))
		return false;
	return c->is_message || (c->is_rights && strncmp(head, "channel", 7) != 0);
}

/* "chat_id", "channel_id", "thread_id": who gets the message. */
static bool is_receiver_id(const struct signals_context *c, const struct argument *a)
{
	const char *head = tokens_last(&a->words);
	if (c->category == CATEGORY_READ || !c->is_message || a->words.n < 2 || (strcmp(head, "id") && strcmp(head, "ids")))
		return false;
	return BEFORE(a, "chat", "channel", "recipient", "to", "receiver", "conversation", "room", "dm") &&
	       ANY(c->name, "send", "post", "reply", "message", "notify", "forward", "share", "publish", "invite");
}

static bool is_credential(const struct signals_context *c, const struct argument *a, bool is_sure)
{
	const char *head = tokens_last(&a->words);
	if (a->list || (a->types && !(a->types & (TYPE_STRING | TYPE_OBJECT | TYPE_ARRAY))) || BEFORE(a, "include", "show", "has"))
		return false;
	if (is_sure)
		return true;
	if (strncmp(head, "key", 3) == 0)
		return BEFORE(a, "api", "private", "secret", "access", "ssh", "encryption", "signing", "auth", "license");
	if (strcmp(head, "seed") == 0)
		return ANY(a->description, "phrase", "mnemonic", "wallet");
	if (BEFORE(a, "next", "page", "continuation", "pagination", "max", "min", "sync", "client", "idempotency", "cancel", "in",
		   "out", "sell", "buy", "base", "quote", "starting", "num", "input", "output", "progress", "start", "request", "resume",
		   "confirm", "explained", "generated", "version", "scan", "cursor", "lock", "revision"))
		return false;
	if (c->is_crypto || ANY(a->description, "page", "pagination", "next", "symbol", "contract", "mint", "erc", "coin", "limit",
				"number of", "idempoten", "maximum", "continue", "cursor", "continuation"))
		return ANY(a->description, "access token", "api token", "auth", "bearer", "secret");
	return true;
}

static bool is_permission(const struct signals_context *c, const struct argument *a, bool is_sure)
{
	const char *head = tokens_last(&a->words);
	if (c->category == CATEGORY_READ || BEFORE(a, "include", "aria", "show", "filter"))
		return false;
	if (is_sure)
		return strcmp(head, "visibility") != 0 || ANY(a->description, "public", "private") || a->list;
	if (ANY(a->description, "assistant", "aria", "accessib", "element"))
		return false;
	if (strncmp(head, "role", 4) == 0)
		return c->is_rights || BEFORE(a, "iam", "user", "member", "access") || ANY(a->description, "permission", "admin", "iam");
	if (strncmp(head, "polic", 5) == 0)
		return BEFORE(a, "iam", "bucket", "access", "permission", "security", "resource", "key", "trust") || c->is_rights;
	return c->is_rights;
}

/* Lists of settings are not lists of objects that the call touches. */
static bool is_bulk_list(const struct signals_context *c, const struct argument *a)
{
	static const char *const objects[] = { "ids", "items", "records", "rows", "files", "paths", "emails", "users", "events",
					       "operations", "updates", "urls", "issues", "tickets", "tasks", "nodes", "entities",
					       "relations", "observations", "documents", "keys", "pages", "contacts", "products",
					       "edits", "changes", "requests", "calls", "commands", "queries", "entries", "batch",
					       "articles", "points", "transactions", "orders", "accounts", "objects", "messages", NULL };
	static const char *const settings[] = { "tags", "labels", "options", "settings", "configurations", "configuration", "config",
						"parameters", "params", "fields", "columns", "properties", "filters", "headers",
						"attributes", "schedule", "privileges", "permissions", "rules", "variables", "steps",
						"conditions", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
						"arguments", "args", "env", "attachments", "sort", "blocks", "actions", "triggers", NULL };
	const char *head = tokens_last(&a->words);
	if (!a->is_list || a->list || (strcmp(head, "messages") == 0 && ANY(a->description, "role", "conversation history")))
		return false;
	for (const char *const *o = objects; *o; o++)
		if (strcmp(head, *o) == 0)
			return true;
	for (const char *const *o = settings; *o; o++)
		if (strcmp(head, *o) == 0)
			return false;
	return c->category != CATEGORY_READ && (a->items & TYPE_OBJECT) && !a->is_inner;
}

static bool is_bulk(const struct signals_context *c, const struct argument *a, bool is_sure)
{
	const char *head = tokens_last(&a->words);
	if (strcmp(head, "all") == 0 || strcmp(head, "recursive") == 0)
		return !a->list && (a->types & TYPE_BOOLEAN || !a->types) && c->category != CATEGORY_READ;
	if (strcmp(head, "ids") == 0)
		return a->is_list || ANY(a->description, "comma", "list of", "ids of");
	if (is_sure)
		return c->category != CATEGORY_READ;
	if (strcmp(head, "pattern") == 0)
		return c->category == CATEGORY_DESTRUCTIVE;
	return (c->category == CATEGORY_DESTRUCTIVE || c->category == CATEGORY_WRITE) &&
	       (ANY(a->description, "match", "where", "filter", "select") || !a->description.n) &&
	       !ANY(a->description, "css", "element");
}

static bool is_html(const struct argument *a, bool is_sure)
{
	if (is_sure)
		return is_text(a) && !BEFORE(a, "include", "is", "as", "return");
	return is_text(a) && ANY(a->description, "html", "markup") &&
	       !ANY(a->description, "no html", "not html", "html file path", "without html", "strip");
}

bool signals_is_sql(const struct signals_context *c, const struct argument *a)
{
	return strcmp(tokens_last(&a->words), "sql") == 0 || tokens_have(&a->words, "sql") || ANY(a->description, "sql") ||
	       (c->is_sql && !ANY(a->description, "cypher", "promql", "logql", "kql", "graphql", "mongo"));
}

bool signals_is_remote(const struct signals_context *c, const struct argument *a)
{
	if (ANY(a->description, "local", "absolute", "file system", "filesystem", "on disk", "your machine", "working directory") ||
	    ANY(c->name, "local", "clone", "git_add", "git_init"))
		return false;
	return ANY(a->description, "repositor", "in the repo", "bucket", "s3 ", "blob", "remote", "vault", "google drive") ||
	       ANY(c->server, "github", "gitlab", "gitee", "bitbucket", "s3", "blob", "drive", "dropbox");
}

unsigned signals_of(const struct signals_context *c, const struct argument *a)
{
	unsigned kinds = kinds_of_head(tokens_last(&a->words)), out = 0;
	bool is_sure = !(kinds & DOUBTFUL);
	if (kinds & PATH && is_text(a) && is_path(c, a, is_sure))
		out |= PATH;
	if (kinds & URL && is_text(a) && is_url(c, a, is_sure))
		out |= URL;
	if ((slice_is(a->format, "uri") || slice_is(a->format, "url") || slice_is(a->format, "hostname")) && is_text(a))
		out |= URL;
	if (kinds & COMMAND && is_text(a) && !a->has_pattern &&
	    (is_sure || (c->category == CATEGORY_EXECUTE && ANY(a->description, "command", "shell", "stdin"))))
		out |= COMMAND;
	if (kinds & CODE && is_text(a) && is_code(c, a, is_sure))
		out |= CODE;
	if (strncmp(tokens_last(&a->words), "expr", 4) == 0 && is_text(a) && ANY(a->description, "promql"))
		out |= QUERY;
	if (kinds & QUERY && (is_text(a) || tokens_have(&a->words, "pipeline")) && is_query(c, a, is_sure))
		out |= QUERY;
	if (kinds & AMOUNT && is_amount(c, a, is_sure))
		out |= AMOUNT;
	if ((kinds & RECIPIENT && is_receiver(c, a, is_sure)) || is_receiver_id(c, a))
		out |= RECIPIENT;
	if (kinds & CREDENTIAL && is_credential(c, a, is_sure))
		out |= CREDENTIAL;
	if (kinds & PERMISSION && is_permission(c, a, is_sure))
		out |= PERMISSION;
	if (kinds & HTML && is_html(a, is_sure))
		out |= HTML;
	if ((kinds & BULK && is_bulk(c, a, is_sure)) || is_bulk_list(c, a))
		out |= BULK;
	return out;
}
