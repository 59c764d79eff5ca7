-- What the mover takes from the journal. Rows of records and outcomes are never changed: the
-- chain goes over both, in the order of seq, which they share.

CREATE TABLE records (
	seq            INTEGER PRIMARY KEY,
	id             BLOB NOT NULL, -- UUID version 7: its order is that of time
	time_us        INTEGER NOT NULL,
	grant_id       TEXT NOT NULL,
	grant_label    TEXT NOT NULL,
	subject        TEXT NOT NULL,
	session        TEXT NOT NULL,
	server         TEXT NOT NULL,
	method         TEXT NOT NULL,
	target         TEXT NOT NULL, -- tool, prompt or uri
	rule           TEXT NOT NULL,
	pointer        TEXT NOT NULL,
	message        TEXT NOT NULL,
	policy         TEXT NOT NULL,
	client_name    TEXT NOT NULL,
	client_version TEXT NOT NULL,
	client_ip      TEXT NOT NULL,
	rpc_id         TEXT NOT NULL,
	trace_id       TEXT NOT NULL,
	argument_keys  TEXT NOT NULL, -- one name a line
	policy_version INTEGER NOT NULL,
	decision       INTEGER NOT NULL, -- 0 deny, 1 approve, 2 allow
	outcome        INTEGER NOT NULL, -- 0 pending: it stands in outcomes, if anywhere
	http_status    INTEGER NOT NULL,
	duration_us    INTEGER NOT NULL,
	upstream_us    INTEGER NOT NULL,
	result_bytes   INTEGER NOT NULL,
	chain          BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX records_id ON records (id);

-- Outcomes that came after their decision was moved.
CREATE TABLE outcomes (
	seq          INTEGER PRIMARY KEY,
	id           BLOB NOT NULL UNIQUE,
	outcome      INTEGER NOT NULL,
	http_status  INTEGER NOT NULL,
	duration_us  INTEGER NOT NULL,
	upstream_us  INTEGER NOT NULL,
	result_bytes INTEGER NOT NULL,
	chain        BLOB NOT NULL
) STRICT;

-- Where in the journal the mover is, and the end of the chain; one row.
CREATE TABLE mover (
	one     INTEGER PRIMARY KEY CHECK (one = 1),
	segment INTEGER NOT NULL, -- everything before this place was moved
	offset  INTEGER NOT NULL,
	seq     INTEGER NOT NULL, -- the last link
	chain   BLOB NOT NULL,
	digest  BLOB NOT NULL
) STRICT;
INSERT INTO mover VALUES (1, 0, 0, 0, zeroblob(32), zeroblob(32));

-- Signed ends of the chain. Rows up to the first one may have been deleted by age.
CREATE TABLE checkpoints (
	seq       INTEGER PRIMARY KEY,
	time_us   INTEGER NOT NULL,
	chain     BLOB NOT NULL,
	digest    BLOB NOT NULL,
	signature BLOB NOT NULL
) STRICT;

CREATE TABLE counters (
	key             BLOB NOT NULL,
	window_start_us INTEGER NOT NULL,
	window_end_us   INTEGER NOT NULL,
	used_whole      INTEGER NOT NULL,
	used_nano       INTEGER NOT NULL CHECK (used_nano BETWEEN 0 AND 999999999),
	PRIMARY KEY (key, window_start_us)
) STRICT, WITHOUT ROWID;
CREATE INDEX counters_end ON counters (window_end_us);
