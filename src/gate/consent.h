/*
 * A call that needs a person's yes: what is asked for it, how it waits, and how its client
 * learns of it. Steps peek, approve and use; hold.c has the waiting.
 */
#ifndef GATE_CONSENT_H
#define GATE_CONSENT_H
#include "approval/approvals.h"
#include "gate/call.h"

enum consent_stage {
	CONSENT_NEW = 0,
	CONSENT_ASKING,  /* the database looks for the request, or makes it */
	CONSENT_HOLDING, /* a person may decide while the client waits */
	CONSENT_READY,   /* approved */
	CONSENT_USING,   /* the database is asked for the one right that it gives */
	CONSENT_USED,
	CONSENT_OVER,    /* the client is told to come again */
};

/* Lives in the arena of the call's inbound; the call takes it off lists when it ends. */
struct consent {
	struct list link;        /* of those that are held */
	struct call *call;
	enum consent_stage stage;
	char id[APPROVAL_ID_SIZE];
	struct approval_binding binding; /* texts are the call's and its decision's, copied to the arena */
	int64_t expires_us;
	uint64_t until_us;       /* of the loop: holding ends then; 0: not begun */
	uint64_t progress_us;    /* of the loop: when the client was last told */
	unsigned progress_n;
	bool is_watched;
	bool is_told;            /* a record says that a person is asked, and the call waits */
	bool was_asked;          /* by URL: this time, or in the request that this one repeats */
	bool is_declined;        /* the client will not open it */
	bool is_input_required;  /* the answer asks a modern client to open it */
	char ask_id[64];         /* of the request to a legacy client; "": none is open */
};

/* hold.c */
bool hold_has_room(const struct call *c); /* may one more of its grant be held */
void hold_begin(struct consent *s, uint32_t hold_s);
/* The call ends, or goes on: nothing is watched for it any more. */
void hold_end(struct consent *s);
void hold_look(struct consent *s); /* is its time over? May end the call */
void hold_every_second(struct gate *g);
void hold_seen(void *gate, const struct approval_seen *seen); /* approvals_opts.on_seen */
/* The answer of a client to the request that opens the page. False: it is none of ours. */
bool hold_answer(struct inbound *in, const struct mcp_message *m);
void hold_gone(struct gate *g, struct http_request_id id); /* its client has gone: harmless when there is none */
void hold_end_all(struct gate *g); /* the gate stops: who waits is told to come again */

/* step_approve.c */
void consent_denied(struct call *c, const char *person, const char *note);
void consent_approved(struct call *c); /* resumes it */
void consent_again(struct call *c);    /* asks the database anew */
/* The call ends: its client is told where to decide, and to come again. Resumes it. */
void consent_put_off(struct call *c);

/* hints.c: a JSON array of texts */
void hints_write(struct buf *b, struct slice arguments, struct slice description);

/* consent.c: texts */
/* "https://gate/approve/<id>"; false when the gate has no public address. */
bool consent_url(const struct call *c, struct buf *b);
void consent_write_text(struct buf *b, const struct call *c); /* for the model */
void consent_write_ask(struct buf *b, const struct call *c); /* request to a legacy client */
void consent_write_input_required(struct buf *b, const struct call *c); /* result of a modern client */
/* Is a requestState of a modern client the one that is written there? Then the retry's own members
 * are the gate's, and no server hears of them. */
bool consent_is_state(const struct json *params);
bool consent_is_declined(const struct json *params); /* the client said that it does not open it */

#endif
