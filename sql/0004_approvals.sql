-- Requests for a person's yes; sql/postgres/0001_approvals.sql is the same for PostgreSQL.

CREATE TABLE approvals (
	id            TEXT PRIMARY KEY,
	binding       BLOB NOT NULL, -- one digest of grant, server, tool, arguments, policy and pointer
	state         TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'denied', 'expired', 'used')),
	grant_id      TEXT NOT NULL,
	grant_label   TEXT NOT NULL,
	subject       TEXT NOT NULL,
	session       TEXT NOT NULL,
	client_name   TEXT NOT NULL,
	server        TEXT NOT NULL,
	tool          TEXT NOT NULL,
	digest        BLOB NOT NULL, -- SHA-256 of the canonical arguments
	policy        TEXT NOT NULL,
	pointer       TEXT NOT NULL,
	rule          TEXT NOT NULL,
	message       TEXT NOT NULL,
	description   TEXT NOT NULL,
	tool_class    TEXT NOT NULL,
	tool_severity TEXT NOT NULL,
	hints         TEXT NOT NULL, -- JSON
	recent        TEXT NOT NULL, -- JSON
	arguments     BLOB NOT NULL, -- sealed
	argument_bytes INTEGER NOT NULL,
	quorum        INTEGER NOT NULL CHECK (quorum > 0),
	created_us    INTEGER NOT NULL,
	expires_us    INTEGER NOT NULL,
	decided_us    INTEGER NOT NULL,
	used_us       INTEGER NOT NULL,
	record_id     TEXT NOT NULL, -- of the call that used it
	touched       INTEGER NOT NULL,
	is_open       INTEGER NOT NULL CHECK (is_open IN (0, 1)), -- the same call finds it
	CHECK ((state = 'used') = (used_us > 0))
) STRICT, WITHOUT ROWID;
-- For the same call there is one at a time.
CREATE UNIQUE INDEX approvals_open ON approvals (binding) WHERE is_open = 1;
CREATE INDEX approvals_end ON approvals (is_open, expires_us);
CREATE INDEX approvals_state ON approvals (state);
CREATE INDEX approvals_grant ON approvals (grant_id, state);

CREATE TABLE approval_votes (
	approval    TEXT NOT NULL REFERENCES approvals (id) ON DELETE CASCADE,
	subject     TEXT NOT NULL, -- one vote each
	person      TEXT NOT NULL,
	yes         INTEGER NOT NULL CHECK (yes IN (0, 1)),
	note        TEXT NOT NULL,
	time_us     INTEGER NOT NULL,
	is_recorded INTEGER NOT NULL CHECK (is_recorded IN (0, 1)),
	PRIMARY KEY (approval, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX approval_votes_unrecorded ON approval_votes (time_us) WHERE is_recorded = 0;

CREATE TABLE approvers (
	name       TEXT PRIMARY KEY,
	subject    TEXT NOT NULL,
	token_hash BLOB UNIQUE, -- absent: a local user
	created_us INTEGER NOT NULL,
	revoked_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What webhooks are to be told, and how far that is.
CREATE TABLE approval_notices (
	seq      INTEGER PRIMARY KEY,
	approval TEXT NOT NULL REFERENCES approvals (id) ON DELETE CASCADE,
	event    TEXT NOT NULL,
	state    TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
	attempts INTEGER NOT NULL,
	next_us  INTEGER NOT NULL,
	done_us  INTEGER NOT NULL,
	error    TEXT NOT NULL
) STRICT;
CREATE INDEX approval_notices_due ON approval_notices (next_us) WHERE state = 'waiting';
CREATE INDEX approval_notices_of ON approval_notices (approval);

-- Which approval let a call through, or is asked for; "shadow": decided, and let through all the same.
ALTER TABLE records ADD COLUMN approval TEXT NOT NULL DEFAULT '';
ALTER TABLE records ADD COLUMN mode TEXT NOT NULL DEFAULT '';
