/*
 * A PostgreSQL server of the test's own: a cluster in a folder, on a socket there and on no
 * port, as an unprivileged user, ended by it.
 */
#ifndef POSTGRES_H
#define POSTGRES_H
#include "folder.h"
#include <fcntl.h>
#include <glob.h>
#include <stdint.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

struct postgres_server {
	struct folder folder;
	char bin[256]; /* where its programs are */
	char url[600];
	pid_t pid;
};

/* Runs a program to its end as whom the server runs as; 0 when it went well. */
static inline int postgres_run(const struct postgres_server *s, const char *const argv[], bool waits, pid_t *pid)
{
	char path[400];
	int status = -1;
	snprintf(path, sizeof path, "%s/%s", s->bin, argv[0]);
	*pid = fork();
	if (*pid == 0) {
		const struct passwd *user = getuid() == 0 ? getpwnam("postgres") : NULL;
		if (getuid() == 0 && (!user || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
			_exit(126);
		prctl(PR_SET_PDEATHSIG, SIGQUIT);
		int null = open("/dev/null", O_WRONLY);
		if (dup2(null, 1) < 0 || dup2(null, 2) < 0)
			_exit(126);
		if (chdir(s->folder.path) != 0)
			_exit(126);
		execv(path, (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	if (!waits)
		return 0;
	return waitpid(*pid, &status, 0) == *pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* NULL, or why there is none. */
static inline const char *postgres_start(struct postgres_server *s)
{
	glob_t found;
	pid_t pid;
	char data[300], socket[300];
	if (glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found) != 0)
		return "PostgreSQL is not installed";
	snprintf(s->bin, sizeof s->bin, "%s", found.gl_pathv[found.gl_pathc - 1]);
	*strrchr(s->bin, '/') = '\0';
	globfree(&found);
	s->folder = folder_new();
	if (getuid() == 0) {
		const struct passwd *user = getpwnam("postgres");
		if (!user || chown(s->folder.path, user->pw_uid, user->pw_gid) != 0)
			return "there is no user 'postgres' to run it as";
	}
	snprintf(data, sizeof data, "%s/data", s->folder.path);
	snprintf(socket, sizeof socket, "%s", s->folder.path);
	const char *const init[] = { "initdb", "-D", data, "-U", "gatehouse", "-A", "trust", "-N", "-E", "UTF8", "--locale=C", NULL };
	if (postgres_run(s, init, true, &pid) != 0)
		return "initdb failed";
	const char *const serve[] = { "postgres", "-D", data, "-k", socket, "-c", "listen_addresses=", "-F", NULL };
	postgres_run(s, serve, false, &s->pid);
	snprintf(s->url, sizeof s->url, "postgresql://gatehouse@/postgres?host=%s", s->folder.path);
	const char *const ready[] = { "pg_isready", "-q", "-h", socket, NULL };
	for (int i = 0; i < 1000; i++) {
		if (postgres_run(s, ready, true, &pid) == 0)
			return NULL;
		usleep(20000);
	}
	return "it does not start";
}

static inline void postgres_stop(struct postgres_server *s)
{
	if (s->pid > 0) {
		kill(s->pid, SIGINT);
		waitpid(s->pid, NULL, 0);
	}
	s->pid = 0;
}
#endif
