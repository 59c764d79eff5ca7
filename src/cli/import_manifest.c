/* What an import did, kept in the data folder as DATA/imports/ID.json, so that it can be undone. */
#include "base/digest.h"
#include "base/file.h"
#include "base/limits.h"
#include "cli/import.h"
#include "json/json.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

static void add_list(struct buf *b, const char *key, const char *const *v, size_t n)
{
	buf_addf(b, ",\n \"%s\": [", key);
	for (size_t i = 0; i < n; i++) {
		buf_adds(b, i ? ", " : "");
		buf_add_json_string(b, slice_str(v[i]));
	}
	buf_addc(b, ']');
}

static void add_file(struct buf *b, const struct manifest_file *f)
{
	char before[65], after[65];
	digest_hex(f->before, 32, before);
	digest_hex(f->after, 32, after);
	buf_addf(b, "\n  {\"client\": \"%s\", \"path\": ", client_word(f->client));
	buf_add_json_string(b, slice_str(f->path));
	buf_adds(b, ", \"backup\": ");
	buf_add_json_string(b, slice_str(f->backup));
	buf_addf(b, ", \"mode\": %u, \"before\": \"%s\", \"after\": \"%s\"}", f->mode, before, after);
}

bool manifest_write(const struct manifest *m, const char *data_dir, struct err *e)
{
	struct buf b = BUF_INIT(64u << 20);
	char path[4096];
	snprintf(path, sizeof path, "%s/imports", data_dir);
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return err_set(e, ERR_REMOTE, "cannot create '%.150s': %s", path, strerror(errno));
	buf_adds(&b, "{\"version\": 1, \"id\": ");
	buf_add_json_string(&b, slice_str(m->id));
	buf_addf(&b, ", \"undone\": %s,\n \"files\": [", m->is_undone ? "true" : "false");
	for (size_t i = 0; i < m->file_n; i++) {
		buf_adds(&b, i ? "," : "");
		add_file(&b, &m->files[i]);
	}
	buf_addc(&b, ']');
	add_list(&b, "servers", m->servers, m->server_n);
	add_list(&b, "grants", m->grants, m->grant_n);
	add_list(&b, "policies", m->policies, m->policy_n);
	buf_adds(&b, "}\n");
	snprintf(path, sizeof path, "%s/imports/%s.json", data_dir, m->id);
	bool is_good = buf_ok(&b) ? file_replace(path, 0600, buf_slice(&b), e) : err_set(e, ERR_LIMIT, "the record of the import is too long");
	buf_release(&b);
	return is_good;
}

static const char *text_of(const struct json *v, const char *key, struct arena *a)
{
	struct slice s = json_string(json_gets(v, key));
	return s.n ? arena_strndup(a, s.p, s.n) : NULL;
}

static bool read_list(const struct json *v, const char *key, struct arena *a, const char ***out, size_t *n)
{
	const struct json *list = json_gets(v, key);
	*out = arena_zalloc(a, (json_count(list) + 1) * sizeof **out);
	*n = 0;
	for (struct json_iter it = json_iter(list); *out && json_next(&it);) {
		struct slice s = json_string(it.value);
		(*out)[*n] = arena_strndup(a, s.n ? s.p : "", s.n);
		if (!(*out)[(*n)++])
			return false;
	}
	return *out != NULL;
}

static bool read_files(const struct json *v, struct manifest *m, struct arena *a)
{
	const struct json *list = json_gets(v, "files");
	m->files = arena_zalloc(a, (json_count(list) + 1) * sizeof *m->files);
	for (struct json_iter it = json_iter(list); m->files && json_next(&it);) {
		struct manifest_file *f = &m->files[m->file_n++];
		int64_t mode = 0;
		f->client = client_find(json_string(json_gets(it.value, "client")));
		f->path = text_of(it.value, "path", a);
		f->backup = text_of(it.value, "backup", a);
		if (f->client == CLIENT_NONE || !f->path || !f->backup || !json_int64(json_gets(it.value, "mode"), &mode) || mode < 0 || mode > 07777 ||
		    !digest_unhex(json_string(json_gets(it.value, "before")), f->before, 32) ||
		    !digest_unhex(json_string(json_gets(it.value, "after")), f->after, 32))
			return false;
		f->mode = (unsigned)mode;
	}
	return m->files != NULL;
}

static bool read_one(struct manifest *m, const char *path, struct arena *a, struct err *e)
{
	struct buf b = BUF_INIT(64u << 20);
	*m = (struct manifest){ 0 };
	if (!file_read(path, &b, e)) {
		buf_release(&b);
		return false;
	}
	const struct json *v = json_read(buf_slice(&b), a, e);
	buf_release(&b);
	if (!v)
		return false;
	m->id = text_of(v, "id", a);
	m->is_undone = json_true(json_gets(v, "undone"));
	return (m->id && read_files(v, m, a) && read_list(v, "servers", a, &m->servers, &m->server_n) && read_list(v, "grants", a, &m->grants, &m->grant_n) &&
		read_list(v, "policies", a, &m->policies, &m->policy_n)) ||
	       err_set(e, ERR_INPUT, "'%.150s' is no record of an import", path);
}

/* Ids are in the order of time. */
static bool newest(const char *data_dir, const char *below, struct arena *a, const char **id)
{
	char *path = arena_printf(a, "%s/imports", data_dir);
	DIR *d = path ? opendir(path) : NULL;
	*id = NULL;
	for (struct dirent *one; d && (one = readdir(d));) {
		struct slice name = slice_str(one->d_name);
		if (!slice_ends(name, SLICE_LIT(".json")) || name.n != RANDOM_UUID_SIZE - 1 + 5)
			continue;
		if ((!*id || strcmp(one->d_name, *id) > 0) && (!below || strncmp(one->d_name, below, RANDOM_UUID_SIZE - 1) < 0))
			*id = arena_strndup(a, one->d_name, name.n - 5);
	}
	if (d)
		closedir(d);
	return *id != NULL;
}

bool manifest_read(struct manifest *m, const char *data_dir, const char *id, struct arena *a, struct err *e)
{
	const char *at = id;
	if (id && (strlen(id) != RANDOM_UUID_SIZE - 1 || strchr(id, '/')))
		return err_set(e, ERR_INPUT, "'%.60s' is not the id of an import", id);
	while (id || newest(data_dir, at, a, &at)) {
		char *path = arena_printf(a, "%s/imports/%s.json", data_dir, at);
		if (!path)
			return err_set(e, ERR_LIMIT, "out of memory");
		if (!read_one(m, path, a, e))
			return false;
		if (id || !m->is_undone)
			return true;
	}
	return false;
}
