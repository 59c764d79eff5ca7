/*
 * HTTP+SSE, the transport of 2024-11-05: a GET opens a stream on which the server says
 * where to POST messages to, and later all that it has to say, answers included. Many
 * servers still speak only this, and current revisions over it.
 *
 * One stream is one session, of one client session. It lives in this process: its name,
 * which takes the place of the server's session id, means nothing to another, and a
 * session whose stream has ended is gone.
 */
#ifndef UPSTREAM_PUSH_H
#define UPSTREAM_PUSH_H
#include "upstream/remote.h"

struct push;

/* Is it the name of such a session, of this process or of another? */
bool push_is_session(struct slice session);
/* A handshake whose POST was answered with this status; 0: it was not tried, since the server
 * spoke only this before. */
void push_open(struct exchange *x, int status);
void push_opened(struct exchange *x); /* the handshake is complete */
/* An exchange in a session that push_is_session knows. */
void push_start(struct exchange *x);
void push_soon(struct exchange *x);
void push_detach(struct exchange *x);
void push_pause(struct push *p);
/* Where messages are sent. */
struct slice push_target(const struct push *p);
/* A POST of x was answered in full: true when x goes on, and waits for its answer. */
bool push_posted(struct exchange *x);
/* Whether the client session may answer the request of that id, which it then has. */
bool push_take_ask(struct upstream *u, const struct upstream_target *t, const struct json *id);
void push_end_session(struct upstream *u, struct slice session);
void push_stop(struct upstream *u);

#endif
