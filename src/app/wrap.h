/* One server behind one policy on standard input and output: `gatehouse wrap`. */
#ifndef APP_WRAP_H
#define APP_WRAP_H
#include "base/err.h"
#include "base/slice.h"
#include "catalog/pins.h"
#include "policy/policy.h"

struct wrap_opts {
	const char *name;           /* of the server, in rules and records */
	struct policy *policy;      /* borrowed; compiled, so that its mistakes are told before anything starts */
	const char *policy_name;    /* for records: the file's name */
	const char *const *argv;    /* NULL-terminated; the server's command */
	const char *const *env;     /* NULL-terminated "NAME=value"; its whole environment */
	const char *cwd;            /* NULL: ours */
	const char *data_dir;       /* NULL: nothing is recorded and counters end with the run */
	uint64_t call_timeout_ms;   /* 0: the default */
	enum pins_mode pins;
	bool keeps_pins;            /* in data_dir, by name: then the name must be the server's alone */
};

/*
 * Reads messages from standard input until its end, writes to standard output only messages, logs
 * to standard error only. False and *e when it could not begin, or when the server
 * was down at the end: what it was asked was answered with errors.
 */
bool wrap_run(const struct wrap_opts *o, struct err *e) MUST_CHECK;

#endif
