/*
 * The master key: 32 random bytes in a file of their own, so that the database alone
 * gives no secret away. Keys for use are derived from it, each for one purpose.
 */
#include "base/random.h"
#include "store/inside.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

void store_subkey(const struct store *s, const char *purpose, unsigned char out[32])
{
	digest_hmac_sha256(slice_of((const char *)s->key, sizeof s->key), slice_str(purpose), out);
}

static bool read_key(struct store *s, const char *path, int fd, struct err *e)
{
	struct stat st;
	unsigned char more;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return err_set(e, ERR_INPUT, "the key file '%s' is not a file", path);
	if (st.st_mode & 077)
		return err_set(e, ERR_INPUT, "the key file '%s' can be read by others; run chmod 600 on it",
		               path);
	if (read(fd, s->key, sizeof s->key) != (ssize_t)sizeof s->key || read(fd, &more, 1) != 0)
		return err_set(e, ERR_INPUT, "the key file '%s' does not have 32 bytes", path);
	return true;
}

/* Written aside and linked: whoever else starts for the first time sees a whole key or none,
 * and the first one counts. */
static bool create_key(const char *path, struct err *e)
{
	char aside[4096];
	unsigned char key[32], tag[8];
	char hex[sizeof tag * 2 + 1];
	random_bytes(key, sizeof key);
	random_bytes(tag, sizeof tag);
	digest_hex(tag, sizeof tag, hex);
	if ((size_t)snprintf(aside, sizeof aside, "%s.%s", path, hex) >= sizeof aside)
		return err_set(e, ERR_INPUT, "the path of the key file is too long");
	int fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(e, ERR_REMOTE, "cannot create the key file '%s': %s", path, strerror(errno));
	bool ok = write(fd, key, sizeof key) == (ssize_t)sizeof key && fsync(fd) == 0;
	ok = close(fd) == 0 && ok;
	ok = ok && (link(aside, path) == 0 || errno == EEXIST);
	if (!ok)
		err_set(e, ERR_REMOTE, "cannot create the key file '%s': %s", path, strerror(errno));
	unlink(aside);
	return ok;
}

/* A value that only this key gives, kept in the database. */
static bool check_mark(struct store *s, const char *path, bool *is_known, struct err *e)
{
	unsigned char mark[32];
	bool ok = true;
	struct stmt q = stmt_new(&s->db, "SELECT value FROM facts WHERE name = 'key mark'");
	enum stmt_result r = stmt_step(&q, e);
	*is_known = r == STMT_ROW;
	if (r == STMT_ROW && path) {
		struct slice known = stmt_col(&q, 0);
		store_subkey(s, "key mark", mark);
		ok = known.n == sizeof mark && digest_equal(known.p, mark, sizeof mark);
		if (!ok)
			err_set(e, ERR_INPUT, "the key file '%s' does not belong to the database '%s'", path,
			        s->db_path);
	}
	stmt_release(&q);
	return ok && r != STMT_FAILED;
}

static bool keep_mark(struct store *s, struct err *e)
{
	unsigned char mark[32];
	store_subkey(s, "key mark", mark);
	struct stmt q = stmt_new(&s->db, "INSERT INTO facts VALUES ('key mark', ?) ON CONFLICT DO NOTHING");
	stmt_blob(&q, mark, sizeof mark);
	return stmt_finish(&q, e);
}

bool store_open_key(struct store *s, const char *key_file, struct err *e)
{
	char path[4096];
	bool is_known;
	if ((size_t)snprintf(path, sizeof path, "%s%s", key_file ? key_file : s->dir,
	                     key_file ? "" : "/secret.key") >= sizeof path)
		return err_set(e, ERR_INPUT, "the path of the key file is too long");
	if (!check_mark(s, NULL, &is_known, e))
		return false;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && !is_known) {
		if (!create_key(path, e))
			return false;
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (fd < 0)
		return err_set(e, ERR_INPUT, "cannot open the key file '%s': %s%s", path, strerror(errno),
		               is_known ? "; without it the secrets in the database are lost" : "");
	bool ok = read_key(s, path, fd, e);
	close(fd);
	if (!ok || (!is_known && !keep_mark(s, e)) || !check_mark(s, path, &is_known, e))
		return false;
	store_subkey(s, "seal", s->seal_key);
	return true;
}

bool store_unseal(const struct store *s, struct slice context, struct slice sealed, struct arena *a,
                  const char **out, struct err *e)
{
	size_t n = 0;
	char *plain = arena_alloc(a, sealed.n + 1);
	if (!plain)
		return store_full(e);
	if (!unseal(s->seal_key, context, sealed, (unsigned char *)plain, &n))
		return err_set(e, ERR_REMOTE, "a secret in '%s' was changed; put it in again", s->db_path);
	plain[n] = '\0';
	*out = plain;
	return true;
}
