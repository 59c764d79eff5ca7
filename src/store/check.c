/* Is the database whole? For `gatehouse doctor`. */
#include "store/inside.h"

bool store_check(struct store *s, struct err *e)
{
	struct stmt q = stmt_new(&s->db, "PRAGMA quick_check(1)");
	bool is_good = stmt_step(&q, e) == STMT_ROW;
	struct slice said = is_good ? stmt_col(&q, 0) : slice_of(NULL, 0);
	if (is_good && !slice_is(said, "ok"))
		is_good = err_set(e, ERR_REMOTE, "the database is damaged: %.*s", (int)(said.n > 150 ? 150 : said.n), said.p);
	stmt_release(&q);
	return is_good;
}
