/*
 * What open streams of sessions said lately, so that a client whose connection broke is told the
 * rest (MCP 2025-11-25, Transports, Resumability and Redelivery). No I/O.
 *
 * Each stream has a name of its own, drawn at random, and counts its events from 1; 0 is the
 * priming event, which has no text and is not kept. An event id is "g" (a GET stream) or "c" (the
 * answer of a POST), the name as 16 hexadecimal digits, "-" and the number: unique in the session,
 * and good only for the session that it was given to.
 *
 * What is kept is bounded (LIMIT_REPLAY_… of base/limits.h): past a limit the oldest events go
 * first. A stream that said nothing lately holds no event.
 */
#ifndef GATE_REPLAY_H
#define GATE_REPLAY_H
#include "base/buf.h"
#include "base/list.h"
#include "base/map.h"
#include <stdint.h>

#define REPLAY_ID_SIZE 40 /* of an event id, with a NUL */
#define REPLAY_SESSION_SIZE 17

struct inbound;

struct replay_event {
	struct list of_stream, of_all; /* oldest first */
	struct replay_stream *stream;
	uint64_t number, at_us;
	size_t n;
	char text[];
};

struct replay_stream {
	struct list link;    /* all streams */
	struct list waiting; /* GET streams whose client has gone; else alone */
	struct list events;
	uint64_t name, next; /* number of the next event */
	uint64_t left_us;    /* when its client went, while it waits */
	size_t event_n, bytes;
	struct inbound *in;  /* who writes to it; NULL: nobody any more, and what is kept is all */
	bool is_call;
	char session[REPLAY_SESSION_SIZE];
};

struct replay {
	struct map by_name;
	struct list streams, events, waiting; /* waiting: who waits longest first */
	size_t bytes, waiting_n;
};

void replay_init(struct replay *r);
void replay_release(struct replay *r);

struct replay_stream *replay_open(struct replay *r, struct inbound *in, const char *session, bool is_call);
/* Nobody writes to it any more. With keep, its events stay until they are too old. */
void replay_close(struct replay *r, struct replay_stream *s, bool keep);
/* The number of the event. Without memory for it the event is not kept, the number is given all the same. */
uint64_t replay_add(struct replay *r, struct replay_stream *s, uint64_t now_us, struct slice text);
void replay_write_id(const struct replay_stream *s, uint64_t number, char out[REPLAY_ID_SIZE]);
/* Its client has gone, or is back. */
void replay_wait(struct replay *r, struct replay_stream *s, uint64_t now_us);
void replay_back(struct replay *r, struct replay_stream *s);

enum replay_found {
	REPLAY_NONE = 0, /* a GET stream's that is gone, or no id of ours: a new stream begins */
	REPLAY_LOST,     /* a call's that is gone */
	REPLAY_FOUND,
};
enum replay_found replay_find(const struct replay *r, struct slice id, const char *session,
                              struct replay_stream **s, uint64_t *number);
/* Drops what was said at before_us or earlier, and streams that nobody writes to and have nothing left. */
void replay_expire(struct replay *r, uint64_t before_us);
/* The session has ended: nothing of it is kept. Streams that somebody writes to stay, empty. */
void replay_end_session(struct replay *r, const char *session);

#endif
