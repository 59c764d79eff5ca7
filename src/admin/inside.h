/* Inside admin/: its state, and the documents it writes. */
#ifndef ADMIN_INSIDE_H
#define ADMIN_INSIDE_H
#include "admin/admin.h"

struct admin {
	struct admin_opts o;
	uint64_t started_us;
};

void status_write(struct buf *b, const struct admin *a);
void tools_write(struct buf *b, const struct admin *a);

#endif
