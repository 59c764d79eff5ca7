/* The configuration, the data folder and what stands in it. */
#include "cli/commands.h"
#include "cli/doctor.h"
#include <errno.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define ROOM_MIN ((unsigned long long)100 << 20) /* records of some hundred thousand calls */

static bool check_config(struct doctor *d)
{
	struct config_opts o = { .file = place_config_file(d->c), .data_dir = d->c->data_dir };
	struct config_problems problems;
	const char *name = o.file ? o.file : CONFIG_FILE;
	d->place.config = config_load(&o, &problems);
	for (size_t i = 0; i < problems.n; i++)
		doctor_say(d, DOCTOR_BAD, "configuration", NULL, "%s:%d:%d: %s", name,
			   problems.v[i].line, problems.v[i].column, problems.v[i].text);
	config_problems_release(&problems);
	if (!d->place.config)
		return false;
	if (o.file)
		doctor_say(d, DOCTOR_GOOD, "configuration", NULL, "'%s' has no mistake", name);
	else
		doctor_say(d, DOCTOR_GOOD, "configuration", NULL,
			   "there is no %s here; the defaults hold", CONFIG_FILE);
	return true;
}

static bool check_folder(struct doctor *d, const char *dir)
{
	struct stat st;
	struct statvfs fs;
	if (stat(dir, &st) != 0) {
		doctor_say(d, DOCTOR_DOUBT, "data folder",
			   "the first 'gatehouse up' makes it, or name another with --data-dir",
			   "there is no '%s'", dir);
		return false;
	}
	if (!S_ISDIR(st.st_mode) || access(dir, R_OK | W_OK | X_OK) != 0) {
		doctor_say(d, DOCTOR_BAD, "data folder", "run as its owner, or change its owner",
			   "'%s' is no folder that we may write", dir);
		return false;
	}
	if (st.st_mode & 022)
		doctor_say(d, DOCTOR_BAD, "data folder", "chmod 700 it",
			   "others may write in '%s' (mode %03o)", dir, st.st_mode & 0777);
	else if (st.st_mode & 055)
		doctor_say(d, DOCTOR_DOUBT, "data folder", "chmod 700 it",
			   "others may look into '%s' (mode %03o)", dir, st.st_mode & 0777);
	else if (st.st_uid != geteuid())
		doctor_say(d, DOCTOR_DOUBT, "data folder", "run as its owner",
			   "'%s' belongs to another user", dir);
	else
		doctor_say(d, DOCTOR_GOOD, "data folder", NULL, "'%s' is ours alone", dir);
	if (statvfs(dir, &fs) == 0 && (unsigned long long)fs.f_bavail * fs.f_frsize < ROOM_MIN)
		doctor_say(d, DOCTOR_BAD, "disk",
			   "make room: calls are refused when records cannot be written",
			   "%llu MiB are free below '%s'",
			   (unsigned long long)fs.f_bavail * fs.f_frsize >> 20, dir);
	return true;
}

static void check_key(struct doctor *d, const char *dir)
{
	struct stat st;
	char *path = arena_printf(&d->c->arena, "%s/secret.key", dir);
	if (!path || stat(path, &st) != 0)
		doctor_say(
			d, DOCTOR_DOUBT, "key",
			"the first 'gatehouse up' makes it; without the old one, sealed values are lost",
			"there is no secret.key in '%s'", dir);
	else if (st.st_mode & 077)
		doctor_say(d, DOCTOR_BAD, "key", "chmod 600 it", "others may read '%s' (mode %03o)",
			   path, st.st_mode & 0777);
	else
		doctor_say(d, DOCTOR_GOOD, "key", NULL,
			   "'%s' is ours alone; keep a copy of it elsewhere", path);
}

static void check_policies(struct doctor *d)
{
	struct store_policy *v, one;
	struct err e = { 0 };
	size_t n, bad = 0;
	if (!store_policies(d->place.store, &d->c->arena, &v, &n, &e)) {
		doctor_say(d, DOCTOR_BAD, "policies", NULL, "%s", e.text);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct policy_problems problems = { 0 };
		struct policy *p =
			store_policy_get(d->place.store, v[i].name, 0, &d->c->arena, &one, &e)
				? policy_new(one.text, &problems)
				: NULL;
		if (!p) {
			bad++;
			doctor_say(d, DOCTOR_BAD, "policies",
				   "apply a corrected one; until then every call of it is refused",
				   "'%s' no longer loads: %s", v[i].name,
				   problems.n ? problems.v[0].text : e.text);
		} else {
			policy_unref(&p);
		}
		policy_problems_release(&problems);
	}
	if (!bad)
		doctor_say(d, DOCTOR_GOOD, "policies", NULL, "%zu, and all of them load", n);
}

static void check_grants(struct doctor *d)
{
	struct store_grant *v;
	struct err e = { 0 };
	size_t n, valid = 0;
	if (!store_grants(d->place.store, &d->c->arena, &v, &n, &e)) {
		doctor_say(d, DOCTOR_BAD, "grants", NULL, "%s", e.text);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		valid += !v[i].revoked_us;
		for (size_t j = 0; !v[i].revoked_us && j < v[i].binding_n; j++)
			if (!v[i].bindings[j].policy)
				doctor_say(
					d, DOCTOR_DOUBT, "grants",
					"revoke it, and add one with a policy for each server",
					"'%s' has no policy for server '%s': every call is refused",
					v[i].label, v[i].bindings[j].server);
	}
	doctor_say(d, DOCTOR_GOOD, "grants", NULL, "%zu", valid);
}

bool doctor_check_files(struct doctor *d)
{
	struct err e = { 0 };
	if (!check_config(d))
		return false;
	const char *dir = d->place.config->data_dir;
	if (!check_folder(d, dir))
		return true;
	check_key(d, dir);
	struct store_opts o = { .data_dir = dir };
	d->place.store = store_open(&o, &e);
	if (!d->place.store) {
		doctor_say(d, DOCTOR_BAD, "database", NULL, "%s", e.text);
		return true;
	}
	if (store_check(d->place.store, &e))
		doctor_say(d, DOCTOR_GOOD, "database", NULL, "is whole");
	else
		doctor_say(d, DOCTOR_BAD, "database",
			   "stop the gate and restore the data folder from a copy", "%s", e.text);
	check_policies(d);
	check_grants(d);
	return true;
}

void doctor_release(struct doctor *d)
{
	place_close(&d->place);
}
