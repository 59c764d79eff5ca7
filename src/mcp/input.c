/* What a server asks its client: one request at a time, or a map of them in a result. */
#include "mcp/input.h"
#include "base/check.h"
#include "base/limits.h"
#include "mcp/inside.h"

static bool is_url(const struct json *params)
{
	return slice_is(json_string(json_gets(params, "mode")), "url");
}

static bool has_tools(const struct json *params)
{
	return json_gets(params, "tools") || json_gets(params, "toolChoice");
}

unsigned mcp_input_needs(struct slice method, const struct json *params)
{
	if (slice_is(method, "elicitation/create"))
		return is_url(params) ? MCP_CAN_ELICITATION_URL : MCP_CAN_ELICITATION;
	if (slice_is(method, "sampling/createMessage"))
		return MCP_CAN_SAMPLING | (has_tools(params) ? MCP_CAN_SAMPLING_TOOLS : 0);
	return slice_is(method, "roots/list") ? MCP_CAN_ROOTS : 0;
}

/* Letters and digits alone, in lower case: "API-Key", "apiKey" and "api key" are one word. */
static bool names_secret(struct slice s)
{
	static const char *const words[] = { "password", "passwd", "passphrase", "passcode", "secret", "apikey",
		"accesskey", "privatekey", "credential", "accesstoken", "apitoken", "authtoken", "bearertoken",
		"refreshtoken", "sessiontoken", "securitycode", "verificationcode", "onetimecode", "seedphrase",
		"recoveryphrase", "cardnumber", "creditcard", "cvv", "cvc" };
	char text[512];
	size_t n = 0;
	for (size_t i = 0; i < s.n && n < sizeof text - 1; i++) {
		char c = s.p[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			text[n++] = c;
	}
	text[n] = 0;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strstr(text, words[i]))
			return true;
	return strcmp(text, "token") == 0;
}

bool mcp_input_wants_secret(struct slice method, const struct json *params)
{
	const struct json *fields = json_gets(json_gets(params, "requestedSchema"), "properties");
	bool takes_text = false;
	if (!slice_is(method, "elicitation/create") || is_url(params))
		return false;
	for (struct json_iter it = json_iter(fields); json_next(&it);) {
		if (names_secret(it.key) || names_secret(json_string(json_gets(it.value, "title"))))
			return true;
		takes_text = takes_text || (slice_is(json_string(json_gets(it.value, "type")), "string") &&
					    !json_gets(it.value, "enum") && !json_gets(it.value, "oneOf"));
	}
	return takes_text && names_secret(json_string(json_gets(params, "message")));
}

bool mcp_is_input_required(const struct json *result)
{
	return slice_is(json_string(json_gets(result, "resultType")), "input_required");
}

static bool read_input(struct slice key, const struct json *v, struct mcp_input *out, struct err *e)
{
	const struct json *params = json_gets(v, "params");
	*out = (struct mcp_input){ key, json_string(json_gets(v, "method")), params };
	if (key.n > LIMIT_RPC_ID)
		return err_set(e, ERR_LIMIT, "a key of 'inputRequests' has more than %d bytes", LIMIT_RPC_ID);
	if (!mcp_input_needs(out->method, params))
		return err_set(e, ERR_INPUT, "'inputRequests' has a request that no revision knows");
	bool may_lack = slice_is(out->method, "roots/list");
	if (!json_is(params, JSON_OBJECT) && !(may_lack && !params))
		return err_set(e, ERR_INPUT, "'inputRequests' has a request without params");
	return true;
}

bool mcp_inputs_read(const struct json *result, struct mcp_input *out, size_t max, size_t *n,
		     struct slice *state, struct err *e)
{
	const struct json *requests = json_gets(result, "inputRequests");
	const struct json *said = json_gets(result, "requestState");
	*n = 0;
	*state = said ? json_string(said) : (struct slice){ NULL, 0 };
	if (said && !json_is(said, JSON_STRING))
		return err_set(e, ERR_INPUT, "'requestState' must be a string");
	if (requests && !json_is(requests, JSON_OBJECT))
		return err_set(e, ERR_INPUT, "'inputRequests' must be an object");
	if (!requests && !said)
		return err_set(e, ERR_INPUT, "input is required, but neither 'inputRequests' nor 'requestState' is there");
	if (json_count(requests) > max)
		return err_set(e, ERR_LIMIT, "'inputRequests' has more than %zu entries", max);
	for (struct json_iter it = json_iter(requests); json_next(&it);)
		if (!read_input(it.key, it.value, &out[(*n)++], e))
			return false;
	return true;
}

static bool check_revision(const struct mcp_input *in, enum mcp_version v, struct err *e)
{
	unsigned needs = mcp_input_needs(in->method, in->params);
	enum mcp_version since = MCP_2024_11_05;
	if (needs & (MCP_CAN_ELICITATION_URL | MCP_CAN_SAMPLING_TOOLS))
		since = MCP_2025_11_25;
	else if (needs & MCP_CAN_ELICITATION)
		since = MCP_2025_06_18;
	if (needs && v >= since)
		return true;
	return err_set(e, ERR_INPUT, "'%.*s' as the server asks it needs a client of revision %s or later",
		       (int)(in->method.n < 64 ? in->method.n : 64), in->method.p, mcp_version_name(since));
}

bool mcp_input_to_legacy(struct buf *b, const struct mcp_input *in, enum mcp_version v,
			 struct slice elicitation_id, struct err *e)
{
	static const char *const with_mode[] = { "elicitationId", NULL };
	static const char *const without_mode[] = { "mode", NULL };
	bool is_elicitation = slice_is(in->method, "elicitation/create");
	if (!check_revision(in, v, e))
		return false;
	buf_addc(b, '{');
	if (!is_elicitation)
		add_members(b, in->params, NULL);
	else
		add_members(b, in->params, v < MCP_2025_11_25 ? without_mode : is_url(in->params) ? with_mode : NULL);
	if (is_elicitation && is_url(in->params))
		add_string(b, "elicitationId", elicitation_id);
	buf_addc(b, '}');
	return true;
}

void mcp_input_to_modern(struct buf *b, const struct json *params)
{
	static const char *const gone[] = { "task", "elicitationId", "_meta", NULL };
	static const char *const meta_gone[] = { "progressToken", MCP_META_RELATED_TASK, NULL };
	const struct json *meta = json_gets(params, "_meta");
	buf_addc(b, '{');
	add_members(b, params, gone);
	if (has_members(meta, meta_gone)) {
		add_key(b, SLICE_LIT("_meta"));
		buf_addc(b, '{');
		add_members(b, meta, meta_gone);
		buf_addc(b, '}');
	}
	buf_addc(b, '}');
}

void mcp_input_requests_write(struct buf *b, const struct mcp_ask *asks, size_t n)
{
	buf_addc(b, '{');
	for (size_t i = 0; i < n; i++) {
		add_key(b, asks[i].key);
		buf_addc(b, '{');
		add_string(b, "method", asks[i].method);
		if (asks[i].params.n)
			add_text(b, "params", asks[i].params);
		buf_addc(b, '}');
	}
	buf_addc(b, '}');
}

void mcp_input_required_write(struct buf *b, const struct mcp_ask *asks, size_t n, struct slice state)
{
	BUG_ON(!n && !state.p);
	buf_addc(b, '{');
	add_string(b, "resultType", SLICE_LIT("input_required"));
	if (n) {
		add_key(b, SLICE_LIT("inputRequests"));
		mcp_input_requests_write(b, asks, n);
	}
	if (state.p)
		add_string(b, "requestState", state);
	buf_addc(b, '}');
}

void mcp_responses_write(struct buf *b, const struct mcp_answer *answers, size_t n)
{
	buf_addc(b, '{');
	for (size_t i = 0; i < n; i++) {
		add_key(b, answers[i].key);
		buf_add_slice(b, answers[i].result);
	}
	buf_addc(b, '}');
}

void mcp_params_retry(struct buf *b, struct slice params, struct slice responses, struct slice state)
{
	BUG_ON(params.n < 2 || params.p[params.n - 1] != '}');
	buf_add(b, params.p, params.n - 1);
	if (responses.n)
		add_text(b, "inputResponses", responses);
	if (state.p)
		add_string(b, "requestState", state);
	buf_addc(b, '}');
}

bool mcp_retry_read(const struct json *params, struct mcp_retry *out, struct err *e)
{
	const struct json *responses = json_gets(params, "inputResponses");
	const struct json *state = json_gets(params, "requestState");
	*out = (struct mcp_retry){ responses, state ? json_string(state) : (struct slice){ NULL, 0 } };
	if (state && !json_is(state, JSON_STRING))
		return err_set(e, ERR_INPUT, "'params.requestState' must be a string");
	if (responses && !json_is(responses, JSON_OBJECT))
		return err_set(e, ERR_INPUT, "'params.inputResponses' must be an object");
	if (json_count(responses) > LIMIT_OPEN_ASKS)
		return err_set(e, ERR_LIMIT, "'params.inputResponses' has more than %d entries", LIMIT_OPEN_ASKS);
	for (struct json_iter it = json_iter(responses); json_next(&it);)
		if (!json_is(it.value, JSON_OBJECT))
			return err_set(e, ERR_INPUT, "'params.inputResponses' must be of objects");
	return true;
}

bool mcp_response_check(struct slice method, const struct json *response, struct err *e)
{
	if (slice_is(method, "elicitation/create")) {
		static const char *const actions[] = { "accept", "decline", "cancel", NULL };
		const struct json *content = json_gets(response, "content");
		if (!is_one_of(json_string(json_gets(response, "action")), actions))
			return err_set(e, ERR_INPUT, "an answer to 'elicitation/create' needs an action: accept, decline or cancel");
		return !content || json_is(content, JSON_OBJECT) ||
		       err_set(e, ERR_INPUT, "'content' of an answer to 'elicitation/create' must be an object");
	}
	if (slice_is(method, "sampling/createMessage")) {
		const struct json *content = json_gets(response, "content");
		if (!json_is(json_gets(response, "role"), JSON_STRING) ||
		    !json_is(json_gets(response, "model"), JSON_STRING) ||
		    (!json_is(content, JSON_OBJECT) && !json_is(content, JSON_ARRAY)))
			return err_set(e, ERR_INPUT, "an answer to 'sampling/createMessage' needs role, model and content");
		return true;
	}
	return json_is(json_gets(response, "roots"), JSON_ARRAY) ||
	       err_set(e, ERR_INPUT, "an answer to 'roots/list' needs a list of roots");
}

void mcp_response_to_legacy(struct buf *b, const struct json *response)
{
	static const char *const gone[] = { "resultType", NULL };
	buf_addc(b, '{');
	add_members(b, response, gone);
	buf_addc(b, '}');
}

bool mcp_response_of_error(struct buf *b, struct slice method)
{
	if (!slice_is(method, "elicitation/create"))
		return false;
	buf_adds(b, "{\"action\":\"cancel\"}");
	return true;
}

bool mcp_url_error_read(const struct json *error, struct buf *keys, struct mcp_input *out, size_t max,
			size_t *n, struct err *e)
{
	const struct json *list = json_gets(json_gets(error, "data"), "elicitations");
	int64_t code = 0;
	size_t at = 0, begin = keys->n;
	*n = 0;
	if (!json_int64(json_gets(error, "code"), &code) || code != MCP_URL_ELICITATION_REQUIRED ||
	    !json_is(list, JSON_ARRAY) || !json_count(list))
		return err_set(e, ERR_INPUT, "the error names no elicitation");
	if (json_count(list) > max)
		return err_set(e, ERR_LIMIT, "the error names more than %zu elicitations", max);
	for (struct json_iter it = json_iter(list); json_next(&it); at++) {
		if (!is_url(it.value) || !json_is(json_gets(it.value, "url"), JSON_STRING))
			return err_set(e, ERR_INPUT, "the error has an elicitation without a URL");
		buf_addf(keys, "url-%zu ", at);
	}
	if (!buf_ok(keys))
		return err_set(e, ERR_LIMIT, "no room for the keys of elicitations");
	/* Only now: the buffer does not move any more. */
	const char *key = keys->p + begin;
	for (struct json_iter it = json_iter(list); json_next(&it);) {
		const char *end = memchr(key, ' ', keys->n - (size_t)(key - keys->p));
		BUG_ON(!end);
		out[(*n)++] = (struct mcp_input){ slice_of(key, (size_t)(end - key)), SLICE_LIT("elicitation/create"),
						  it.value };
		key = end + 1;
	}
	return true;
}
