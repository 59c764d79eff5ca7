/*
 * Ids of tasks as clients know them. Who has a task's id gets its result (2025-11-25,
 * basic/utilities/tasks, Task Isolation and Access Control; ext-tasks, Security), and a server that
 * all grants reach with the gate's credentials cannot tell them apart: so the gate adds to each
 * id a code that only the grant and the server it was made for fit, and takes it off again.
 * Any process with the same key can do either.
 */
#ifndef GATE_TASK_H
#define GATE_TASK_H
#include "gate/call.h"

/* The server's own id, within `id`. False when this grant was not given it by this server. */
bool task_id_read(const struct inbound *in, const char *server, struct slice id, struct slice *own) MUST_CHECK;
/* Appends a server's id as this client knows it, with its quotes. */
void task_id_write(struct buf *b, const struct inbound *in, const char *server, struct slice own);

/*
 * What a server says, printed in the client's ids: a result, or params of its request or
 * notification. has_id: the object itself is a task (tasks/…, notifications/tasks…). False, and
 * nothing is appended, when there is no task in it.
 */
bool task_write_shown(struct buf *b, const struct inbound *in, const char *server, const struct json *object,
                      bool has_id) MUST_CHECK;
/* The same of a whole message. */
bool task_write_message(struct buf *b, const struct inbound *in, const char *server, const struct mcp_message *m)
        MUST_CHECK;
/* The client's answer to a request of the server: the related task in the server's id. An id that
 * is not of this client is left out. */
bool task_write_answer(struct buf *b, const struct inbound *in, const char *server, const struct mcp_message *m)
        MUST_CHECK;
/* An answer of the server to one of its methods. */
bool task_write_result(struct buf *b, const struct call *c, struct slice id) MUST_CHECK;

#endif
