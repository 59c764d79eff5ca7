/* PostgreSQL behind store/sql.h. */
#include "approval/inside.h"

struct sql *postgres_open(const char *url, struct err *e)
{
	(void)url;
	err_set(e, ERR_INPUT, "this program is built without PostgreSQL");
	return NULL;
}
