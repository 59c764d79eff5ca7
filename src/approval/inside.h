/* Inside approval/: the database, and what its files share. */
#ifndef APPROVAL_INSIDE_H
#define APPROVAL_INSIDE_H
#include "approval/db.h"
#include "store/sql.h"

struct approval_db {
	struct store *store; /* its own connection: key, records, and the requests where no url is given */
	struct sql *sql;
	unsigned char key[SEAL_KEY_SIZE]; /* of arguments at rest */
	bool has_webhook;
	size_t pending_max, pending_grant_max;
};

/* postgres.c: connects and migrates; the url is a secret and in no error. */
struct sql *postgres_open(const char *url, struct err *e) MUST_CHECK;

/* db.c: requests without arguments, votes and notices; where: the rest of the statement behind
 * FROM approvals a. */
bool approval_db_select(struct approval_db *db, const char *where, const struct sql_value *params, size_t n,
                        int64_t now_us, struct arena *arena, struct approval **v, size_t *count,
                        struct err *e) MUST_CHECK;
/* notices.c: those of one request. */
bool approval_db_notices(struct approval_db *db, struct approval *a, struct arena *arena, struct err *e) MUST_CHECK;
/* notices.c: nothing where nobody is told. */
bool approval_db_notice_add(struct approval_db *db, const char *id, const char *event, int64_t now_us,
                            struct err *e) MUST_CHECK;
/* The arena is full. False. */
bool approval_full(struct err *e);

#endif
