-- How many calls, by minute, hour and day: made by the mover in the transaction that moves them. They are
-- drawn as charts, and they are the index of the records: what a minute has no row of is not looked for in it.
-- Records that are no calls (approvals/…) have rows that count 0.
--
-- of       key           under
-- 1 ends   "allow ok"    ""         decision and outcome
-- 2 server the server    "allow ok"
-- 3 tool   the tool      the server (of tools/… and approvals/…)
-- 4 label  of the grant  the server
-- 5 grant  its id        ""               not by minute
-- 6 rule   that fired    the server
CREATE TABLE stats (
	step  INTEGER NOT NULL, -- 60, 3600, 86400 seconds
	of    INTEGER NOT NULL,
	start INTEGER NOT NULL, -- seconds since 1970, of the step
	key   TEXT NOT NULL,
	under TEXT NOT NULL,
	n     INTEGER NOT NULL,
	PRIMARY KEY (step, of, start, key, under)
) STRICT, WITHOUT ROWID;

-- The greatest of an hour or day that is over: whoever asks for a month looks at these first. Not of ends and grants.
CREATE TABLE stats_top (
	step  INTEGER NOT NULL, -- 3600, 86400
	of    INTEGER NOT NULL,
	start INTEGER NOT NULL,
	key   TEXT NOT NULL,
	under TEXT NOT NULL,
	n     INTEGER NOT NULL,
	PRIMARY KEY (step, of, start, key, under)
) STRICT, WITHOUT ROWID;
CREATE TABLE stats_topped (step INTEGER NOT NULL, start INTEGER NOT NULL, PRIMARY KEY (step, start)) STRICT, WITHOUT ROWID;

-- How long calls took that went to a server: pairs of a slot (1 byte) and how many fell into it (4 bytes,
-- little-endian), by slot. store/stats.c says which times a slot has.
CREATE TABLE stats_times (
	step   INTEGER NOT NULL,
	start  INTEGER NOT NULL,
	server TEXT NOT NULL, -- "": all of them; of single ones not by minute
	whole  BLOB NOT NULL, -- from the request to the answer
	gate   BLOB NOT NULL, -- without the time in the server
	PRIMARY KEY (step, start, server)
) STRICT, WITHOUT ROWID;

-- Records up to this link are not counted yet: they are older than these tables. One row.
CREATE TABLE stats_past (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	seq INTEGER NOT NULL
) STRICT;
INSERT INTO stats_past SELECT 1, coalesce(max(seq), 0) FROM records;

-- What the last check of the chain found. One row at most.
CREATE TABLE audit_verified (
	one     INTEGER PRIMARY KEY CHECK (one = 1),
	time_us INTEGER NOT NULL,
	result  TEXT NOT NULL -- JSON
) STRICT;
