/* A store in a folder of its own, with people, for tests of people/. */
#ifndef PEOPLE_RIG_H
#define PEOPLE_RIG_H
#include "base/clock.h"
#include "base/limits.h"
#include "folder.h"
#include "people/people.h"
#include "store/sql.h"
#include "tap.h"

#define SECOND ((int64_t)1000000)
#define PASSWORD "correct horse battery"
#define PASSWORD_2 "another horse battery"

struct rig {
	struct folder folder;
	struct store *store;
	struct people *p;
	struct arena a;
	struct err e;
};

static inline void rig_open(struct rig *r)
{
	struct store_opts o = { .data_dir = r->folder.path };
	r->store = store_open(&o, &r->e);
	r->p = r->store ? people_open(r->store, &r->e) : NULL;
	if (!r->p) {
		printf("Bail out! %s\n", r->e.text);
		exit(1);
	}
}

static inline void rig_init(struct rig *r)
{
	*r = (struct rig){ .folder = folder_new() };
	arena_init(&r->a, 256u << 20);
	rig_open(r);
}

static inline void rig_close(struct rig *r)
{
	people_close(&r->p);
	store_close(&r->store);
}

static inline void rig_release(struct rig *r)
{
	rig_close(r);
	arena_release(&r->a);
	folder_remove(&r->folder);
}

/* What somebody with the file, but without the key, could do. */
static inline bool rig_sql(struct rig *r, const char *text)
{
	struct sql *sql = store_sql_open(r->store, &r->e);
	bool is_done = sql && sql_run(sql, text, NULL, 0, NULL, NULL, &r->e);
	sql_close(&sql);
	return is_done;
}

static inline int64_t rig_count(struct rig *r, const char *table)
{
	char text[128];
	struct sql_rows rows = { 0 };
	struct sql *sql = store_sql_open(r->store, &r->e);
	snprintf(text, sizeof text, "SELECT count(*) FROM %s", table);
	bool is_done = sql && sql_run(sql, text, NULL, 0, &r->a, &rows, &r->e);
	sql_close(&sql);
	return is_done && rows.n ? sql_int(&rows, 0, 0) : -1;
}

/* A user with one role for the organisation, and a password when one is given. */
static inline const char *rig_user(struct rig *r, const char *name, enum role role, const char *password)
{
	struct role_given given = { role, NULL };
	struct user *u = arena_zalloc(&r->a, sizeof *u);
	*u = (struct user){ .name = name, .display_name = "", .email = "", .is_enabled = true, .roles = &given, .role_n = 1 };
	if (people_user_add(r->p, u, &r->e) != PEOPLE_OK ||
	    (password && people_password_put(r->p, u->id, slice_str(password), &r->e) != PEOPLE_OK)) {
		printf("Bail out! %s\n", r->e.text);
		exit(1);
	}
	return u->id;
}

static inline struct signed_in rig_sign_in(struct rig *r, const char *name, const char *password, const char *code,
                                           const char *address, int64_t now_us)
{
	struct signed_in out;
	struct attempt t = { slice_str(name), slice_str(password), slice_str(code), slice_str(address), now_us };
	people_sign_in(r->p, &t, &r->a, &out, &r->e);
	return out;
}

static inline enum principal_kind rig_session(struct rig *r, const char *cookie, int64_t now_us)
{
	struct principal who;
	if (!people_session(r->p, slice_str(cookie), now_us, &r->a, &who, &r->e))
		return PRINCIPAL_NONE;
	return who.kind;
}
#endif
