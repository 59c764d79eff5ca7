/* Opening and closing a data folder, and what its typed doors share. */
#include "store/store.h"
#include "base/check.h"
#include "base/limits.h"
#include "store/inside.h"
#include "store/migrate.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char *join(const char *dir, const char *name)
{
	size_t n = strlen(dir) + strlen(name) + 2;
	char *path = mem_alloc(n);
	snprintf(path, n, "%s/%s", dir, name);
	return path;
}

/* SQLite gives the files beside the database the mode of the database. One that is there is not opened:
 * closing any descriptor of it would drop the locks of this process's other connections (fcntl(2)). */
static bool create_files(const struct store *s, struct err *e)
{
	if (mkdir(s->dir, 0700) != 0 && errno != EEXIST)
		return err_set(e, ERR_INPUT, "cannot create the data folder '%s': %s", s->dir, strerror(errno));
	int fd = open(s->db_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST)
		return true;
	if (fd < 0)
		return err_set(e, ERR_INPUT, "cannot open '%s': %s", s->db_path, strerror(errno));
	close(fd);
	return true;
}

struct store *store_open(const struct store_opts *o, struct err *e)
{
	struct store *s = mem_zalloc(sizeof *s);
	s->dir = mem_strdup(o->data_dir);
	s->db_path = join(o->data_dir, STORE_DB_FILE);
	if (create_files(s, e) && db_open(&s->db, s->db_path, DB_WRITE, e) && migrate(&s->db, e) &&
	    store_open_key(s, o->key_file, e))
		return s;
	store_close(&s);
	return NULL;
}

void store_close(struct store **s)
{
	if (!*s)
		return;
	db_close(&(*s)->db);
	digest_wipe((*s)->key, sizeof (*s)->key);
	digest_wipe((*s)->seal_key, sizeof (*s)->seal_key);
	free((*s)->dir);
	free((*s)->db_path);
	free(*s);
	*s = NULL;
}

const char *store_dir(const struct store *s)
{
	return s->dir;
}

bool store_full(struct err *e)
{
	return err_set(e, ERR_LIMIT, "the answer of the store needs more memory than it may have");
}

void *store_grow(struct arena *a, void *v, size_t n, size_t size)
{
	/* At 0, 8, 16, 32 … elements there is no room for one more. */
	if (n != 0 && (n < 8 || (n & (n - 1)) != 0))
		return v;
	return arena_realloc(a, v, n * size, (n ? n * 2 : 8) * size);
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool store_check_name(const char *what, const char *name, struct err *e)
{
	size_t n = strlen(name);
	bool ok = n > 0 && n <= LIMIT_NAME && is_word(name[0]) && is_word(name[n - 1]) && !strstr(name, "__");
	for (size_t i = 0; ok && i < n; i++)
		ok = is_word(name[i]) || name[i] == '-' || name[i] == '_';
	if (!ok)
		return err_set(e, ERR_INPUT,
		               "'%.80s' cannot be the name of a %s: use at most %d of A-Z a-z 0-9 - _, begin "
		               "and end with a letter or digit, no '__'",
		               name, what, LIMIT_NAME);
	return true;
}

bool store_check_text(const char *what, const char *text, size_t max, struct err *e)
{
	size_t n = strlen(text);
	if (n > max)
		return err_set(e, ERR_LIMIT, "the %s is longer than %zu bytes", what, max);
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return err_set(e, ERR_INPUT, "the %s has a control character", what);
	}
	return true;
}

/* Levenshtein's distance; names are short. */
static size_t distance(struct slice a, struct slice b)
{
	size_t row[LIMIT_NAME + 1];
	for (size_t j = 0; j <= b.n; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t corner = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			size_t swap = corner + (a.p[i - 1] != b.p[j - 1]);
			corner = row[j];
			size_t least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
			row[j] = swap < least ? swap : least;
		}
	}
	return row[b.n];
}

bool store_unknown(struct store *s, const char *what, const char *name, const char *sql, struct err *e)
{
	char nearest[LIMIT_NAME + 1] = "";
	struct slice wanted = slice_str(name);
	size_t best = wanted.n / 3 + 2; /* farther is not what was meant */
	struct stmt q = stmt_new(&s->db, sql);
	enum stmt_result r;
	if (wanted.n > LIMIT_NAME)
		wanted.n = LIMIT_NAME;
	while ((r = stmt_step(&q, e)) == STMT_ROW) {
		struct slice known = stmt_col(&q, 0);
		size_t d = known.n <= LIMIT_NAME ? distance(wanted, known) : best;
		if (d < best) {
			best = d;
			memcpy(nearest, known.p, known.n);
			nearest[known.n] = '\0';
		}
	}
	stmt_release(&q);
	if (r == STMT_FAILED)
		return false;
	if (nearest[0])
		return err_set(e, ERR_INPUT, "there is no %s '%.80s' (did you mean '%s'?)", what, name, nearest);
	return err_set(e, ERR_INPUT, "there is no %s '%.80s'", what, name);
}
