/* Forms that come back. */
#include "admin/form.h"
#include "tap.h"

static bool gives(const char *body, const char *name, const char *value)
{
	char out[8];
	bool is_there = form_value(slice_str(body), name, out, sizeof out);
	return value ? is_there && strcmp(out, value) == 0 : !is_there && !out[0];
}

int main(void)
{
	ok(gives("a=1&b=2", "b", "2") && gives("a=1&b=2", "a", "1"), "values of a form");
	ok(gives("a=%41+%2b&b", "a", "A +"), "are decoded");
	ok(gives("ab=1", "a", NULL) && gives("b=a=1", "a", NULL) && gives("", "a", NULL) && gives("a", "a", NULL), "names are whole");
	ok(gives("a=%0", "a", NULL) && gives("a=%", "a", NULL) && gives("a=%zz", "a", NULL) && gives("a=%00", "a", NULL),
	   "an escape that is none, and NUL, are refused");
	ok(gives("a=1234567", "a", "1234567") && gives("a=12345678", "a", NULL), "so is what does not fit");
	return tap_done();
}
