/* The limits of administration: the API, people, jobs, events, the console. Included by base/limits.h. */
#ifndef BASE_LIMITS_ADMIN_H
#define BASE_LIMITS_ADMIN_H

/* The API of administration. Requests under way at once, and how many of the worker threads they run on (beside
 * one for passwords and one for jobs); more: 503. What a page shows fits many times. */
#define LIMIT_API_CALLS 256
#define LIMIT_API_WORKERS 2
#define LIMIT_API_PAGE 200 /* elements of a list in one answer */
/* The body of a request: the largest policy and a page of definitions. Its arena has room for reading that. */
#define LIMIT_API_BODY (4u << 20)
#define LIMIT_API_ARENA (64u << 20)
#define LIMIT_API_ANSWER (64u << 20) /* longer: 500, and to ask for less */
/* Answers kept for Idempotency-Key; the oldest go first. */
#define LIMIT_IDEMPOTENCY_KEYS 1000
#define LIMIT_IDEMPOTENCY_BYTES (16u << 20)
/* Long work that people started: more at once: 429. Its result stays for so long. */
#define LIMIT_JOBS 32
#define LIMIT_JOB_KEPT_S 600

#endif
