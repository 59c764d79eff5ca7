/* Printed YAML by the events of libyaml, written as JSON text that json_read then judges. */
#include "json/printed.h"
#include "base/limits.h"
#include <yaml.h>

struct printer {
	struct buf json;
	/* Of each open level: is it a mapping, does a key come next, is it still empty? */
	struct {
		bool is_mapping, wants_key, has_some;
	} levels[LIMIT_JSON_DEPTH];
	size_t depth;
	bool has_root, is_done;
};

/* The comma or the colon before what comes next. False: nothing may stand here. */
static bool begin_node(struct printer *p, bool is_scalar)
{
	if (!p->depth) {
		bool is_first = !p->has_root;
		p->has_root = true;
		return is_first && !is_scalar;
	}
	bool is_value = p->levels[p->depth - 1].is_mapping && !p->levels[p->depth - 1].wants_key;
	if (is_value)
		buf_addc(&p->json, ':');
	else if (p->levels[p->depth - 1].has_some)
		buf_addc(&p->json, ',');
	if (p->levels[p->depth - 1].is_mapping && !is_value && !is_scalar)
		return false;
	p->levels[p->depth - 1].has_some = true;
	p->levels[p->depth - 1].wants_key = is_value;
	return true;
}

static bool open_level(struct printer *p, bool is_mapping, bool is_anchored, bool is_flow)
{
	if (is_anchored || (is_flow && !p->depth) || p->depth == LIMIT_JSON_DEPTH ||
	    !begin_node(p, false))
		return false;
	p->levels[p->depth].is_mapping = p->levels[p->depth].wants_key = is_mapping;
	p->levels[p->depth++].has_some = false;
	buf_addc(&p->json, is_mapping ? '{' : '[');
	return true;
}

static bool take_scalar(struct printer *p, const yaml_event_t *ev)
{
	if (ev->data.scalar.anchor || !begin_node(p, true))
		return false;
	buf_add_json_string(&p->json, slice_of((const char *)ev->data.scalar.value,
					       ev->data.scalar.length));
	return true;
}

static bool take_event(struct printer *p, const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_STREAM_START_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return true;
	case YAML_DOCUMENT_START_EVENT:
		return !p->has_root;
	case YAML_STREAM_END_EVENT:
		return p->is_done = true;
	case YAML_SCALAR_EVENT:
		return take_scalar(p, ev);
	case YAML_MAPPING_START_EVENT:
		return open_level(p, true, ev->data.mapping_start.anchor,
				  ev->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE);
	case YAML_SEQUENCE_START_EVENT:
		return open_level(p, false, ev->data.sequence_start.anchor,
				  ev->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		p->depth--;
		buf_addc(&p->json, ev->type == YAML_MAPPING_END_EVENT ? '}' : ']');
		return true;
	case YAML_NO_EVENT:
	case YAML_ALIAS_EVENT:
		break;
	}
	return false;
}

static bool read_events(struct printer *p, struct slice text)
{
	yaml_parser_t parser;
	yaml_event_t ev;
	bool is_good = true;
	if (!yaml_parser_initialize(&parser))
		return false;
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text.p, text.n);
	while (is_good && !p->is_done) {
		is_good = yaml_parser_parse(&parser, &ev);
		if (!is_good)
			break;
		is_good = take_event(p, &ev);
		yaml_event_delete(&ev);
	}
	yaml_parser_delete(&parser);
	return is_good && p->has_root;
}

/* Prose seldom looks like a record, and the parser need not be asked about it: the first line
 * that is no comment and no mark begins with "- " or has ": ", or ends in ":". */
static bool may_be_record(struct slice text)
{
	while (text.n) {
		const char *end = memchr(text.p, '\n', text.n);
		size_t n = end ? (size_t)(end - text.p) : text.n;
		struct slice line = slice_trim(slice_of(text.p, n));
		text = slice_of(text.p + n + (end != NULL), text.n - n - (end != NULL));
		if (!line.p || !line.n || line.p[0] == '#' || slice_is(line, "---"))
			continue;
		return line.p[0] == '-' || line.p[line.n - 1] == ':' ||
		       memmem(line.p, line.n, ": ", 2) || memmem(line.p, line.n, ":\t", 2);
	}
	return false;
}

const struct json *yaml_printed(struct slice text, struct arena *a)
{
	if (text.n > LIMIT_PRINTED_YAML || !may_be_record(text))
		return NULL;
	/* An escape of six bytes stands for one at worst. */
	struct printer p = { .json = BUF_INIT((size_t)8 * LIMIT_PRINTED_YAML) };
	const struct json *v = NULL;
	if (read_events(&p, text) && buf_ok(&p.json))
		v = json_read(buf_slice(&p.json), a, NULL);
	buf_release(&p.json);
	return v;
}
