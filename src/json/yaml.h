/*
 * A safe part of YAML as values of json.h, for files that people write: mappings,
 * sequences, plain and quoted scalars, one document. Any JSON text is read, too.
 *
 * Refused, each with line and column: duplicate keys, keys that are no plain strings,
 * anchors and aliases (a small file could become a huge one), tags, merge keys, a second
 * document, what YAML 1.1 and 1.2 read differently (yes, no, on, off, 010, 0x1f, 1:30
 * without quotes), and what json_read refuses: depth, number of keys and of values.
 */
#ifndef JSON_YAML_H
#define JSON_YAML_H
#include "json/json.h"

struct yaml;

struct yaml_place {
	int line, column; /* from 1; columns count characters */
};

/*
 * NULL on failure, with *e and where it stands. At most LIMIT_CONFIG_BYTES. The text is
 * copied; all memory is of the arena. An empty document is an empty object.
 */
const struct yaml *yaml_read(struct slice text, struct arena *a, struct yaml_place *at,
                             struct err *e) MUST_CHECK;
const struct json *yaml_root(const struct yaml *y);

/* Where a value stands, in characters of the text: a byte order mark and each half of CR LF are one. */
struct yaml_span {
	size_t key_at, at, end; /* key_at: as `at` when it has no key */
	bool is_block;          /* a mapping or sequence by indentation: it ends with its last value */
};
/* Of the i-th value, in the order in which the text and a walk through the root have them (a mapping before
 * its members), from 0; NULL past the last, and of a text that is JSON. */
const struct yaml_span *yaml_span(const struct yaml *y, size_t i);

/* As json_locate: where a JSON Pointer stands in the text, of the value or of its key. */
void yaml_locate(const struct yaml *y, struct slice pointer, bool key, struct yaml_place *at);

#endif
