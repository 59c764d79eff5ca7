/*
 * What a name stands for in a document, and what is shown and let through by name alone. In mode
 * shadow everything is.
 */
#include "base/glob.h"
#include "policy/program.h"

bool names_match(const struct names *list, struct slice name, char separator)
{
	for (size_t i = 0; i < list->n; i++)
		if (glob_match(list->v[i], name, separator))
			return true;
	return false;
}

void *book_find(const struct book *b, struct slice name)
{
	void *found = map_get(&b->exact, name);
	for (size_t i = 0; !found && i < b->glob_n; i++)
		if (glob_match(b->globs[i].pattern, name, 0))
			found = b->globs[i].value;
	return found;
}

const char *policy_class_name(size_t i)
{
	static const char *const names[POLICY_CLASSES] = {"read", "write", "execute", "destructive",
							  "financial"};
	return i < POLICY_CLASSES ? names[i] : NULL;
}

const struct rules *policy_find_rules(const struct policy *p, struct slice tool,
				      struct slice tool_class)
{
	const struct rules *r = book_find(&p->by_name, tool);
	for (size_t i = 0; !r && i < POLICY_CLASSES; i++)
		if (p->classes[i] && slice_eq(p->classes[i]->name, tool_class))
			r = p->classes[i];
	return r;
}

bool policy_is_hidden(const struct policy *p, const struct rules *r, struct slice tool)
{
	return names_match(&p->hide, tool, 0) || (r && r->action == ACTION_HIDE) ||
	       p->all_tools.action == ACTION_HIDE;
}

bool policy_is_shadow(const struct policy *p)
{
	return p && p->is_shadow;
}

bool policy_shows_tool(const struct policy *p, struct slice tool, struct slice tool_class)
{
	if (!p || p->is_shadow)
		return p != NULL;
	const struct rules *r = policy_find_rules(p, tool, tool_class);
	for (size_t i = 0; !r && !tool_class.p && i < POLICY_CLASSES; i++)
		if (p->classes[i] && p->classes[i]->action != ACTION_HIDE)
			r = p->classes[i];
	return !policy_is_hidden(p, r, tool) && (p->allows || !p->hides_denied || r);
}

bool policy_would_allow_name(const struct policy *p, enum policy_kind kind, struct slice name)
{
	if (!p)
		return false;
	const struct name_rules *r = &p->kinds[kind];
	char separator = kind == POLICY_RESOURCE ? '/' : '\0';
	bool is_open = r->allows && !r->deny.n && !r->allow.n;
	if (kind == POLICY_RESOURCE && !is_open && !policy_uri_is_plain(name))
		return false;
	if (names_match(&r->deny, name, separator))
		return false;
	return r->allows || names_match(&r->allow, name, separator);
}

bool policy_allows_name(const struct policy *p, enum policy_kind kind, struct slice name)
{
	return policy_is_shadow(p) || policy_would_allow_name(p, kind, name);
}

static bool same_list(const struct names *a, const struct names *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!slice_eq(a->v[i], b->v[i]))
			return false;
	return true;
}

bool policy_same_names(const struct policy *a, const struct policy *b, enum policy_kind kind)
{
	if (!a || !b)
		return a == b;
	if (a->is_shadow || b->is_shadow)
		return a->is_shadow == b->is_shadow;
	const struct name_rules *x = &a->kinds[kind], *y = &b->kinds[kind];
	return x->allows == y->allows && same_list(&x->allow, &y->allow) && same_list(&x->deny, &y->deny);
}

bool policy_would_allow_server_request(const struct policy *p, struct slice what)
{
	if (!p)
		return false;
	return (slice_is(what, "sampling") && p->allows_sampling) ||
	       (slice_is(what, "elicitation") && p->allows_elicitation) ||
	       (slice_is(what, "roots") && p->allows_roots);
}

bool policy_allows_server_request(const struct policy *p, struct slice what)
{
	bool is_known = slice_is(what, "sampling") || slice_is(what, "elicitation") || slice_is(what, "roots");
	return (policy_is_shadow(p) && is_known) || policy_would_allow_server_request(p, what);
}
