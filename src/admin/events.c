/* GET /events: what happens, as it happens. */
#include "admin/api_inside.h"

void events_tell(struct admin *a, const char *event, struct slice server, struct slice data)
{
	(void)a;
	(void)event;
	(void)server;
	(void)data;
}
