/* The tables of keys, made of config.def. */
#include "base/limits.h"
#include "config/inside.h"

const struct config_key config_keys[] = {
#define LIVE true
#define START false
#define KEY(path, kind, member, initial, min, max, when, help)                                     \
	{ path, CONFIG_##kind, offsetof(struct config, member), initial, min, max, when, help },
#include "config/config.def"
};
const size_t config_key_count = ARRAY_LEN(config_keys);

const struct config_entry_key config_server_keys[] = {
#define SERVER(name, kind, help) { name, CONFIG_##kind, help },
#include "config/config.def"
	{ NULL, CONFIG_STRING, NULL },
};

const struct config_entry_key config_policy_keys[] = {
#define POLICY(name, kind, help) { name, CONFIG_##kind, help },
#include "config/config.def"
	{ NULL, CONFIG_STRING, NULL },
};

const char *config_kind_text(enum config_kind k)
{
	static const char *const texts[] = {
		[CONFIG_ADDRESS] = "an address",       [CONFIG_STRING] = "text",
		[CONFIG_PATH] = "a path",              [CONFIG_FLAG] = "true or false",
		[CONFIG_LEVEL] = "a level",            [CONFIG_PER] = "grant, session or server",
		[CONFIG_COUNT] = "a whole number",     [CONFIG_SIZE] = "a size",
		[CONFIG_DURATION] = "a duration",      [CONFIG_STRINGS] = "a list of texts",
		[CONFIG_PAIRS] = "names with texts",   [CONFIG_OBJECT] = "an object",
		[CONFIG_LINK] = "a URL",               [CONFIG_POSTGRES] = "a URL",
		[CONFIG_SECRET] = "text",              [CONFIG_REDIS] = "a URL",
		[CONFIG_WORD] = "a word",              [CONFIG_PINS] = "first, review, flag or none",
		[CONFIG_TEXT] = "text",
	};
	return texts[k];
}
