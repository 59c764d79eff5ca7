/* Links with which a password is set: once, for a day. The first admin comes in by one. */
#include "base/clock.h"
#include "base/limits.h"
#include "base/password.h"
#include "people/inside.h"

#define PREFIX "ghl_"

bool people_needs_setup(struct people *p, bool *out, struct err *e)
{
	int64_t n = 0;
	if (!people_number(p, "SELECT EXISTS (SELECT 1 FROM users)", NULL, 0, &n, e))
		return false;
	*out = n == 0;
	return true;
}
