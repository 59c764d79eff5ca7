-- The tables of sql/0004_approvals.sql, for gates that share a PostgreSQL database.

CREATE TABLE approvals (
	id            TEXT PRIMARY KEY,
	binding       BYTEA NOT NULL, -- one digest of grant, server, tool, arguments, policy and pointer
	state         TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'denied', 'expired', 'used')),
	grant_id      TEXT NOT NULL,
	grant_label   TEXT NOT NULL,
	subject       TEXT NOT NULL,
	session       TEXT NOT NULL,
	client_name   TEXT NOT NULL,
	server        TEXT NOT NULL,
	tool          TEXT NOT NULL,
	digest        BYTEA NOT NULL, -- SHA-256 of the canonical arguments
	policy        TEXT NOT NULL,
	pointer       TEXT NOT NULL,
	rule          TEXT NOT NULL,
	message       TEXT NOT NULL,
	description   TEXT NOT NULL,
	tool_class    TEXT NOT NULL,
	tool_severity TEXT NOT NULL,
	hints         TEXT NOT NULL, -- JSON
	recent        TEXT NOT NULL, -- JSON
	arguments     BYTEA NOT NULL, -- sealed
	argument_bytes BIGINT NOT NULL,
	quorum        BIGINT NOT NULL CHECK (quorum > 0),
	created_us    BIGINT NOT NULL,
	expires_us    BIGINT NOT NULL,
	decided_us    BIGINT NOT NULL,
	used_us       BIGINT NOT NULL,
	record_id     TEXT NOT NULL, -- of the call that used it
	touched       BIGINT NOT NULL,
	is_open       BIGINT NOT NULL CHECK (is_open IN (0, 1)), -- the same call finds it
	CHECK ((state = 'used') = (used_us > 0))
);
-- For the same call there is one at a time.
CREATE UNIQUE INDEX approvals_open ON approvals (binding) WHERE is_open = 1;
CREATE INDEX approvals_end ON approvals (is_open, expires_us);
CREATE INDEX approvals_state ON approvals (state);
CREATE INDEX approvals_grant ON approvals (grant_id, state);

CREATE TABLE approval_votes (
	approval    TEXT NOT NULL REFERENCES approvals (id) ON DELETE CASCADE,
	subject     TEXT NOT NULL, -- one vote each
	person      TEXT NOT NULL,
	yes         BIGINT NOT NULL CHECK (yes IN (0, 1)),
	note        TEXT NOT NULL,
	time_us     BIGINT NOT NULL,
	is_recorded BIGINT NOT NULL CHECK (is_recorded IN (0, 1)),
	PRIMARY KEY (approval, subject)
);
CREATE INDEX approval_votes_unrecorded ON approval_votes (time_us) WHERE is_recorded = 0;

CREATE TABLE approvers (
	name       TEXT PRIMARY KEY,
	subject    TEXT NOT NULL,
	token_hash BYTEA UNIQUE, -- absent: a local user
	created_us BIGINT NOT NULL,
	revoked_us BIGINT NOT NULL
);

-- What webhooks are to be told, and how far that is.
CREATE TABLE approval_notices (
	seq      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	approval TEXT NOT NULL REFERENCES approvals (id) ON DELETE CASCADE,
	event    TEXT NOT NULL,
	state    TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
	attempts BIGINT NOT NULL,
	next_us  BIGINT NOT NULL,
	done_us  BIGINT NOT NULL,
	error    TEXT NOT NULL
);
CREATE INDEX approval_notices_due ON approval_notices (next_us) WHERE state = 'waiting';
CREATE INDEX approval_notices_of ON approval_notices (approval);
