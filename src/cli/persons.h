/* What `gatehouse user` and `gatehouse token` share: the store with people in it, and the record of what was changed. */
#ifndef CLI_PERSONS_H
#define CLI_PERSONS_H
#include "cli/place.h"
#include "people/people.h"

struct persons {
	struct place place;
	struct people *people;
};

/* As place_open. */
int persons_open(struct cli *c, struct persons *p, bool may_create);
void persons_close(struct persons *p);

/* What people.h said: CLI_OK, or the exit code after telling *e. */
int persons_end(enum people_end end, const struct err *e);
/* CLI_OK, or the exit code after telling that there is none. */
int persons_find(struct cli *c, struct persons *p, const char *name, struct user *out);
/* "ROLE" or "ROLE@SERVER"; a server that is not there is refused. False and *e. */
bool persons_read_role(struct cli *c, struct persons *p, const char *text, struct role_given *out, struct err *e);
/* "viewer auditor@files"; "-" for none. */
const char *persons_roles_text(struct cli *c, const struct role_given *v, size_t n);
/* To the minute; NULL for 0. */
const char *persons_time(struct cli *c, int64_t us);

/* Records that the local user did it; before and after as JSON. CLI_OK, or CLI_FAILED after telling. */
int persons_changed(struct persons *p, const char *action, const char *type, const char *id, struct slice before,
		    struct slice after);
/* people_user_json, in the arena. */
struct slice persons_user_json(struct cli *c, const struct user *u);

/* "<address of the console>/setup#token=…": for user_id, or NULL for the first admin. NULL after telling. */
const char *persons_link(struct cli *c, struct persons *p, const char *user_id, int *code);

#endif
