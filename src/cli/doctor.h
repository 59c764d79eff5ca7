/* What `gatehouse doctor` looks at; one function for each group of findings. */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H
#include "cli/place.h"
#include <stdarg.h>

enum doctor_state { DOCTOR_BAD = 0, DOCTOR_DOUBT, DOCTOR_GOOD };

struct doctor {
	struct cli *c;
	struct buf out;
	int bad, said;
	struct place place;
	bool is_running;    /* a gate runs on the data folder */
	char listen[128];   /* and listens there */
};

/* advice: what to do, or NULL. */
void doctor_say(struct doctor *d, enum doctor_state state, const char *what, const char *advice,
		const char *fmt, ...) PRINTF_LIKE(5, 6);

/* doctor_files.c: configuration, data folder, key, database, policies. False: nothing else can be looked at. */
bool doctor_check_files(struct doctor *d);
void doctor_release(struct doctor *d);

/* doctor_net.c: the gate and its address; the servers; the clock. */
void doctor_check_gate(struct doctor *d);
void doctor_check_servers(struct doctor *d);
bool doctor_clock_is_free(void); /* the kernel says that nothing keeps it right */
void doctor_libraries(char *out, size_t size);

#endif
