/* Forms that come back. */
#ifndef ADMIN_FORM_H
#define ADMIN_FORM_H
#include "base/slice.h"

/* application/x-www-form-urlencoded: the value of a name, decoded, with a NUL. False: it is not
 * there, has a NUL, or does not fit; out is "" then. */
bool form_value(struct slice body, const char *name, char *out, size_t size);

#endif
