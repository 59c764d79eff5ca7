/* Asks the running gate, by HTTP over its Unix socket data_dir/admin.sock. */
#ifndef CLI_ADMIN_CLIENT_H
#define CLI_ADMIN_CLIENT_H
#include "cli/cli.h"

enum admin_answer {
	ADMIN_UNREACHABLE = 0, /* *e says why: no gate runs there, or it does not answer */
	ADMIN_REFUSED,         /* *e has the gate's own reason */
	ADMIN_DONE,
};

/* method "GET" or "POST"; body of the answer is appended to out, at most LIMIT_ADMIN_BYTES. */
enum admin_answer admin_ask(const char *data_dir, const char *method, const char *path,
			    long timeout_s, struct buf *out, struct err *e);

/* The same with a body of JSON text, which stays valid. */
enum admin_answer admin_send(const char *data_dir, const char *method, const char *path,
			     const char *text, long timeout_s, struct buf *out, struct err *e);

/*
 * Has the running gate take over what was changed; returns when it is in force. *is_running false: no
 * gate runs there, which is fine. CLI_OK, or CLI_FAILED after telling why the gate refused it.
 */
int admin_reload(const char *data_dir, bool *is_running);
/* Where the gate listens, "http://127.0.0.1:8811": the running one knows its port, else `listen` of the
 * configuration. NULL: out of memory. */
char *admin_base_url(struct cli *c, const char *data_dir, const char *listen);
/* "in force", or "no gate runs on this data folder: …". */
const char *admin_reloaded_text(bool is_running);

#endif
