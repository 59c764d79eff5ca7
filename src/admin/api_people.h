/* Inside admin/: what the handlers of people, sessions and tokens share. */
#ifndef ADMIN_API_PEOPLE_H
#define ADMIN_API_PEOPLE_H
#include "admin/api.h"

/* Member `roles` of the body. Absent: *v as it was. False: errors tell which. */
bool roles_read(struct api_call *c, const struct role_given **v, size_t *n);
/* ,"name":"2030-01-01T00:00:00.000000Z"; nothing for 0. */
void time_write_json(struct buf *b, const char *name, int64_t us);

/* What people.h said, as an answer; pointer: the member of the body that is to blame for PEOPLE_WRONG and
 * PEOPLE_TAKEN, or NULL. True: PEOPLE_OK. */
bool people_answer(struct api_call *c, enum people_end end, const struct err *e, const char *pointer);
/* Needs a session: a token and a local user have none. */
bool needs_session(struct api_call *c);

/* Browsers keep a __Host- cookie only where nobody can read it on its way. False: it failed with 403. */
bool needs_secure(struct api_call *c);
/* "https://gate.example.com", by configuration, or of this machine by the request; NULL: it is not known. */
const char *public_url(struct api_call *c);
/* The session begins, or (who NULL) ends: the cookie. */
void session_cookie(struct api_call *c, const char *value);
/* Records that they came in; c->who is still nobody then. */
void session_begin(struct api_call *c, const struct signed_in *in, const char *action);
/* The body of GET /session. */
void session_write(struct api_call *c);

#endif
