/* Folders for tests: made below TMPDIR, copied and removed with all that is in them. */
#ifndef FOLDER_H
#define FOLDER_H
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
	char path[256];
};

static inline struct folder folder_new(void)
{
	struct folder f;
	const char *tmp = getenv("TMPDIR");
	snprintf(f.path, sizeof f.path, "%s/gatehouse-test-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(f.path))
		abort();
	return f;
}

static inline int folder_remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

static inline void folder_remove(struct folder *f)
{
	nftw(f->path, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void folder_copy_file(const char *source, const char *target)
{
	char bytes[65536];
	size_t n;
	FILE *in = fopen(source, "rb"), *out = fopen(target, "wb");
	struct stat st;
	if (!in || !out || stat(source, &st) != 0 || chmod(target, st.st_mode & 0777) != 0)
		abort();
	while ((n = fread(bytes, 1, sizeof bytes, in)) > 0)
		fwrite(bytes, 1, n, out);
	fclose(in);
	fclose(out);
}

/* What a crash at this moment would leave behind. One level of folders. */
static inline void folder_copy_into(const char *source, const char *target)
{
	DIR *d = opendir(source);
	mkdir(target, 0700);
	for (struct dirent *it; d && (it = readdir(d));) {
		char a[800], b[800];
		struct stat st;
		if (it->d_name[0] == '.')
			continue;
		if (snprintf(a, sizeof a, "%s/%s", source, it->d_name) >= (int)sizeof a ||
		    snprintf(b, sizeof b, "%s/%s", target, it->d_name) >= (int)sizeof b)
			abort();
		if (stat(a, &st) == 0 && S_ISDIR(st.st_mode))
			folder_copy_into(a, b);
		else if (S_ISREG(st.st_mode))
			folder_copy_file(a, b);
	}
	if (d)
		closedir(d);
}

static inline struct folder folder_copy(const struct folder *f)
{
	struct folder copy = folder_new();
	folder_copy_into(f->path, copy.path);
	return copy;
}
#endif
