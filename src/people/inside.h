/* What the files of this folder share. */
#ifndef PEOPLE_INSIDE_H
#define PEOPLE_INSIDE_H
#include "base/digest.h"
#include "people/people.h"
#include "store/sql.h"

#define SECRET_BYTES 32
#define SECOND_US ((int64_t)1000000)

struct people {
	struct sql *sql;
	unsigned char change_key[DIGEST_SIZE], csrf_key[DIGEST_SIZE], code_key[DIGEST_SIZE], attempt_key[DIGEST_SIZE];
	int64_t session_us, idle_us;
};

/* One user as the table has it. */
struct user_row {
	struct user user;
	const char *password; /* hash; "" none */
	struct slice totp, totp_new; /* sealed; empty: none */
	int64_t totp_step;
};

/* Memory of the caller's arena is full. False. */
bool people_full(struct err *e);
/* Runs and wants no rows. */
bool people_run(struct people *p, const char *text, const struct sql_value *v, size_t n, struct err *e) MUST_CHECK;
/* The number of the first row and column. */
bool people_number(struct people *p, const char *text, const struct sql_value *v, size_t n, int64_t *out,
                   struct err *e) MUST_CHECK;
/* The end of a transaction: `end` when it is PEOPLE_OK and was committed. */
enum people_end people_commit(struct people *p, enum people_end end, struct err *e);

/* prefix and 43 characters; hash: of all of them. */
void secret_new(const char *prefix, char out[PEOPLE_SECRET_SIZE], unsigned char hash[DIGEST_SIZE]);
/* False: it has not got the form. */
bool secret_hash(const char *prefix, struct slice secret, unsigned char hash[DIGEST_SIZE]) MUST_CHECK;

/* value: of `column`, which is a word of ours. out->user.id is NULL when there is none. */
bool user_row_find(struct people *p, const char *column, struct slice value, struct arena *a, struct user_row *out,
                   struct err *e) MUST_CHECK;
bool user_roles(struct people *p, const char *table, const char *column, const char *id, struct arena *a,
                const struct role_given **v, size_t *n, struct err *e) MUST_CHECK;
bool user_roles_put(struct people *p, const char *table, const char *column, const char *id, const struct role_given *v,
                    size_t n, struct err *e) MUST_CHECK;
/* Lower case; false and *e: it cannot be one. */
bool user_name_read(struct slice given, char out[], size_t size, struct err *e) MUST_CHECK;
/* Display name, e-mail address, subject. */
bool user_check(const struct user *u, struct err *e) MUST_CHECK;
/* Inserts; the caller has begun a transaction. Sets u->id and u->created_us. */
enum people_end user_insert(struct people *p, struct user *u, const char *password, int64_t now_us, struct err *e);
bool user_sessions_end(struct people *p, const char *user_id, const unsigned char *keep, struct err *e) MUST_CHECK;

/* A session of that user; out->end says how it went. The caller has begun no transaction. */
void session_new(struct people *p, const struct user *u, int64_t now_us, struct arena *a, struct signed_in *out,
                 struct err *e);
/* Who a user is. */
bool user_principal(const struct user *u, struct arena *a, struct principal *out, struct err *e) MUST_CHECK;
/* What both may: into at most one role a permission and scope. */
bool roles_both(const struct role_given *x, size_t x_n, const struct role_given *y, size_t y_n, struct arena *a,
                const struct role_given **v, size_t *n, struct err *e) MUST_CHECK;

/*
 * Attempts. attempt_begin counts one before it is known whether it fails, so that many at once are no way around
 * the wait. PEOPLE_LATER: *retry_s. attempt_end: it did not fail; is_whole: what failed by this name before is
 * forgotten, too.
 */
struct attempt_keys {
	unsigned char name[DIGEST_SIZE], address[DIGEST_SIZE];
	bool has_address;
	int64_t failures; /* by this name, with this one if it fails */
};
enum people_end attempt_begin(struct people *p, struct slice name, struct slice address, int64_t now_us,
                              struct attempt_keys *k, uint64_t *retry_s, struct err *e);
bool attempt_end(struct people *p, const struct attempt_keys *k, bool is_whole, struct err *e) MUST_CHECK;

/* Of one who is signed in: guesses are counted as at the door. */
enum people_end user_password_check(struct people *p, const struct user_row *row, struct slice password, int64_t now_us,
                                    struct err *e);

/* RFC 6238. */
#define TOTP_BYTES 20
#define TOTP_STEP_S 30
bool totp_code(const unsigned char secret[TOTP_BYTES], uint64_t step, char out[7]);
/* The step that `code` belongs to, one to either side of now and later than `after`; 0: none. */
int64_t totp_match(const unsigned char secret[TOTP_BYTES], struct slice code, int64_t now_us, int64_t after);
void totp_base32(const unsigned char *p, size_t n, char *out); /* n a multiple of 5 */
/* A one-time code, or a recovery code, of a user who has such; it is used up. */
enum people_end code_use(struct people *p, const struct user_row *u, struct slice code, int64_t now_us, struct err *e);

#endif
