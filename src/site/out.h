/*
 * The folder of the site. A file whose bytes are as before is left alone; one that differs is
 * replaced whole. Nothing is deleted but in a folder that bears our mark.
 */
#ifndef SITE_OUT_H
#define SITE_OUT_H
#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include <stdint.h>

struct out {
	int fd;	     /* of the folder */
	int mark_fd; /* locked while it is written */
	struct map seen; /* paths since the last sweep */
	struct buf old;	 /* what was read to be compared */
	uint64_t written, kept, deleted;
};

/* Makes the folder, or takes one that is empty or a site of ours. */
bool out_open(struct out *o, const char *dir, struct err *e) MUST_CHECK;
void out_close(struct out *o);
/* path: relative, of names that are safe anywhere ("server/x/y.html"); its folders are made. */
bool out_put(struct out *o, const char *path, struct slice text, struct err *e) MUST_CHECK;
/* Deletes what stands in a folder of the site ("" is not one) and was not put since the last sweep;
 * folders in it with all they hold, unless something in them was put. Then forgets what was put. */
bool out_sweep(struct out *o, const char *dir, struct err *e) MUST_CHECK;
/* Keeps a file or a folder out of the next sweep. */
void out_keep(struct out *o, const char *path);

#endif
