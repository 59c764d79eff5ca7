/* The words of the contract for what a profile holds. */
#include "base/compiler.h"
#include "catalog/profile.h"

static const char *const category_words[CATEGORIES] = {
	[CATEGORY_UNKNOWN] = "unknown", [CATEGORY_READ] = "read",		  [CATEGORY_WRITE] = "write",
	[CATEGORY_EXECUTE] = "execute", [CATEGORY_DESTRUCTIVE] = "destructive", [CATEGORY_FINANCIAL] = "financial",
};

static const char *const severity_words[SEVERITIES] = {
	[SEVERITY_UNKNOWN] = "unknown", [SEVERITY_LOW] = "low",		   [SEVERITY_MEDIUM] = "medium",
	[SEVERITY_HIGH] = "high",	[SEVERITY_CRITICAL] = "critical",
};

static const char *const signal_words[SIGNALS] = {
	[SIGNAL_COMMAND] = "command", [SIGNAL_CODE] = "code",
	[SIGNAL_QUERY] = "query",     [SIGNAL_PATH] = "path",
	[SIGNAL_URL] = "url",	      [SIGNAL_BULK] = "bulk",
	[SIGNAL_AMOUNT] = "amount",   [SIGNAL_RECIPIENT] = "recipient",
	[SIGNAL_HTML] = "html",	      [SIGNAL_CREDENTIAL] = "credential",
	[SIGNAL_PERMISSION] = "permission", [SIGNAL_MANY] = "many",
};

static const char *const label_words[LABELS] = {
	[LABEL_READS_PRIVATE] = "reads_private", [LABEL_READS_UNTRUSTED] = "reads_untrusted",
	[LABEL_SENDS_OUT] = "sends_out",	 [LABEL_DESTROYS] = "destroys",
	[LABEL_SPENDS] = "spends",
};

const char *category_word(enum category c)
{
	return category_words[c < CATEGORIES ? c : CATEGORY_UNKNOWN];
}

const char *severity_word(enum severity s)
{
	return severity_words[s < SEVERITIES ? s : SEVERITY_UNKNOWN];
}

const char *signal_word(enum signal s)
{
	return s < SIGNALS ? signal_words[s] : "unknown";
}

const char *label_word(enum label l)
{
	return l < LABELS ? label_words[l] : "unknown";
}

enum category category_read(struct slice word)
{
	for (size_t i = CATEGORY_READ; i < CATEGORIES; i++)
		if (slice_is(word, category_words[i]))
			return (enum category)i;
	return CATEGORY_UNKNOWN;
}

enum severity severity_read(struct slice word)
{
	for (size_t i = SEVERITY_LOW; i < SEVERITIES; i++)
		if (slice_is(word, severity_words[i]))
			return (enum severity)i;
	return SEVERITY_UNKNOWN;
}
