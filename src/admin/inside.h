/* Inside admin/: its state, and the documents it writes. */
#ifndef ADMIN_INSIDE_H
#define ADMIN_INSIDE_H
#include "admin/admin.h"
#include "base/list.h"

/* An answer that goes on: on_gone() when its client left before the end. */
struct admin_stream {
	struct list node;
	struct http_request_id request;
	void (*on_gone)(void *ctx);
	void *ctx;
};

struct admin {
	struct admin_opts o;
	uint64_t started_us;
	size_t asks;   /* calls, exports and questions to the catalogue that are under way */
	size_t questions; /* those to the catalogue */
	size_t exports;
	struct list streams; /* of struct admin_stream */
	bool is_gone;  /* freed, but for those */
	struct api *api;
	struct jobs *jobs;
	struct events *events;
	struct tools_seen *tools; /* NULL: nobody asked yet */
};

/* What an approval was asked for by, until its answer comes. */
struct errand {
	struct admin *admin;
	struct http_request_id request;
	bool is_vote, is_yes;
	unsigned char token_hash[DIGEST_SIZE]; /* of a page: who signed in */
};

/* page.c: false when it is none of its. */
bool approvals_page(struct admin *a, const struct http_request *r);
/* console.c: a file of the console, or its page for a path of nobody's; false: not asked by a browser. */
bool console_request(struct admin *a, const struct http_request *r);
/* The status for an answer, and why it is not 200. */
int approvals_trouble(const struct errand *d, const struct approvals_answer *answer, char *text, size_t size);
void admin_problem(struct admin *a, struct http_request_id id, int status, const char *detail);
void admin_refuse_method(struct admin *a, struct http_request_id id, const char *detail, struct slice allow);
/* The token of an Authorization header; p NULL: there is none. */
struct slice admin_bearer(const struct http_request *r);
void admin_answer(struct admin *a, struct http_request_id id, int status, struct slice body);


/* What is on a worker keeps the struct: it leaves on the loop, and the last one frees what is gone. */
void admin_stay(struct admin *a);
void admin_leave(struct admin *a);

void admin_local_name(int64_t uid, char *out, size_t size); /* of a user of this machine */
void tools_write(struct buf *b, const struct admin *a);

#endif
