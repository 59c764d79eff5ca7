/* Inside approval/: one question to the database, asked on the loop, answered on a worker. */
#ifndef APPROVAL_JOBS_H
#define APPROVAL_JOBS_H
#include "approval/approvals.h"
#include "base/list.h"

enum job_kind {
	JOB_ASK = 1,
	JOB_USE,
	JOB_GET,
	JOB_LIST,
	JOB_VOTE,
	JOB_GREET, /* is it an approver? */
	JOB_LOOK,  /* what was decided, votes to be recorded; now and then sweeping and counting */
	JOB_TAKE,  /* a notice that is due */
	JOB_DONE,  /* what became of it */
};

struct job {
	struct list link;
	struct arena arena; /* all that it points to */
	enum job_kind kind;
	approvals_fn *fn;   /* NULL: the service's own */
	void *ctx;
	uint64_t number;
	/* Question: */
	struct approval_request request;
	struct approval_binding binding;
	char id[APPROVAL_ID_SIZE];
	struct slice record_id;
	bool has_token, is_token_sound, has_user, is_known; /* is_known: person is filled */
	unsigned char token_hash[DIGEST_SIZE];
	char user[128]; /* "unix:name" */
	enum approval_state state;
	size_t limit;
	bool is_yes;
	const char *note;
	struct approval_seen *seen;
	size_t seen_n;
	bool is_sweeping;
	int64_t seq, next_us;
	const char *error; /* of a notice; NULL: delivered */
	/* Answer: */
	struct approvals_answer answer;
	struct approval one;
	struct approval_person person;
	struct approval_unrecorded *votes;
	size_t vote_n;
	uint64_t pending, notices_failed;
	struct approval_due due;
	bool is_due;
};

/* On a worker. */
void job_run(struct approval_db *db, struct job *j);

#endif
