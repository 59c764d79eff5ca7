/*
 * A hub: what one server says by itself (lists that change, resources that are updated), told to
 * every modern client that listens. One stream behind, with the union of what they want; in front
 * an ear each, which holds no buffer. Not for other folders.
 */
#ifndef BRIDGE_HUB_H
#define BRIDGE_HUB_H
#include "bridge/held.h"
#include "mcp/listen.h"

#define HUB_TOOLS     1u
#define HUB_PROMPTS   2u
#define HUB_RESOURCES 4u

/* A resource that somebody subscribed to. */
struct hub_topic {
	struct list link;        /* of hub->order */
	struct hub *hub;
	size_t users;            /* ears */
	bool is_known;           /* the server has said whether it will tell of it */
	bool is_honoured;        /* and it will */
	bool is_hit;             /* by the update that is being told */
	uint64_t asked_by;       /* modern: the stream that asks for it */
	struct exchange_id asking; /* legacy: resources/subscribe */
	size_t uri_n;
	char uri[];
};

/* One who listens; x->state. */
struct hub_ear {
	struct hub *hub;
	unsigned char flags;     /* HUB_… it wants */
	unsigned char missed;    /* HUB_… that came while it was paused */
	bool has_missed_topics, is_acknowledged;
	unsigned topic_n;
	struct hub_topic *topics[];
};

struct hub_stream {
	struct exchange_id exchange;
	uint64_t number;
	unsigned flags;          /* what it asks for */
	bool is_acknowledged;
};

struct hub {
	struct list link;        /* of behind->hubs */
	struct behind *behind;
	char *grant_id;          /* "" where the server is one for all */
	unsigned client_caps;    /* of whoever came first, where the server is a child: it may be its first session */
	bool is_modern, is_child, is_dead;
	struct list ears;        /* crossings by of_state, those that wait for their acknowledgement at the end */
	size_t ear_n;
	struct map topics;       /* URI -> struct hub_topic */
	struct list order;       /* the same, in the order of their coming */
	unsigned known, honoured; /* HUB_…: what the server has said of lists */
	bool had_gap;            /* something may have been missed: those who listen are told when it is over */
	uint64_t retry_ms;
	struct loop_timer retry, refresh; /* refresh: the source looks at what is wanted */
	uint64_t refreshed_us;
	/* modern */
	struct hub_stream now, next; /* next: one that asks for more, until it takes the place of now */
	uint64_t stream_last;
	/* legacy */
	struct held_wait session;
	bool has_stream, has_subscribe; /* the server tells by itself; of resources, too */
	size_t asking_n;         /* topics with `asking` */
};

/* hub.c, for the sources. From a turn of the loop. */
void hub_settle(struct hub *hub); /* acknowledges those whose wishes are known by now */
/* Ends those that are not acknowledged; all of them when is_all. */
void hub_fail(struct hub *hub, bool is_all, enum upstream_failure f, const struct mcp_message *m, const char *why,
              int http_status);
void hub_tell(struct hub *hub, const struct mcp_message *m);
void hub_tell_gap(struct hub *hub); /* the stream is there again: whatever they listen to may have changed */
unsigned hub_flags(const struct hub *hub); /* what all ears want together */
void hub_again(struct hub *hub);           /* asks the source again, later each time */
struct loop *hub_loop(const struct hub *hub);

/* A source: hub_stream.c for servers of the modern era, hub_session.c for legacy ones. */
void hub_stream_want(struct hub *hub); /* something more is wanted, or the stream is gone */
void hub_stream_stop(struct hub *hub);
void hub_session_want(struct hub *hub);
void hub_session_drop(struct hub *hub, struct hub_topic *t); /* nobody listens to it any more */
void hub_session_stop(struct hub *hub);

#endif
