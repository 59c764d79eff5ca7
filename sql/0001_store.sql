-- What the operator registers. Times are microseconds since 1970 in UTC; 0 means never or not yet.

CREATE TABLE settings (
	key   TEXT PRIMARY KEY,
	value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What the program itself must remember about this database.
CREATE TABLE facts (
	name  TEXT PRIMARY KEY,
	value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE servers (
	name              TEXT PRIMARY KEY,
	transport         TEXT NOT NULL CHECK (transport IN ('http', 'stdio')),
	url               TEXT,
	cwd               TEXT,
	per               TEXT NOT NULL CHECK (per IN ('grant', 'session', 'server')),
	enabled           INTEGER NOT NULL CHECK (enabled IN (0, 1)),
	call_timeout_ms   INTEGER NOT NULL CHECK (call_timeout_ms >= 0),
	start_timeout_ms  INTEGER NOT NULL CHECK (start_timeout_ms >= 0),
	child_idle_ms     INTEGER NOT NULL CHECK (child_idle_ms >= 0),
	children_max      INTEGER NOT NULL CHECK (children_max >= 0),
	calls_max         INTEGER NOT NULL CHECK (calls_max >= 0),
	message_bytes_max INTEGER NOT NULL CHECK (message_bytes_max >= 0),
	created_us        INTEGER NOT NULL,
	updated_us        INTEGER NOT NULL,
	CHECK ((transport = 'http') = (url IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE server_args (
	server   TEXT NOT NULL REFERENCES servers (name) ON DELETE CASCADE,
	position INTEGER NOT NULL,
	value    TEXT NOT NULL,
	PRIMARY KEY (server, position)
) STRICT, WITHOUT ROWID;

-- Headers of requests and variables of a child's environment. The value is sealed.
CREATE TABLE server_pairs (
	server   TEXT NOT NULL REFERENCES servers (name) ON DELETE CASCADE,
	kind     TEXT NOT NULL CHECK (kind IN ('header', 'env')),
	position INTEGER NOT NULL,
	name     TEXT NOT NULL,
	value    BLOB NOT NULL,
	PRIMARY KEY (server, kind, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE policies (
	name    TEXT PRIMARY KEY,
	current INTEGER NOT NULL,
	FOREIGN KEY (name, current) REFERENCES policy_versions (policy, version) DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;

CREATE TABLE policy_versions (
	policy     TEXT NOT NULL REFERENCES policies (name) ON DELETE CASCADE,
	version    INTEGER NOT NULL CHECK (version > 0),
	text       TEXT NOT NULL,
	author     TEXT NOT NULL,
	note       TEXT NOT NULL,
	created_us INTEGER NOT NULL,
	PRIMARY KEY (policy, version)
) STRICT;

CREATE TABLE grants (
	id         TEXT PRIMARY KEY,
	token_hash BLOB NOT NULL UNIQUE CHECK (length(token_hash) = 32),
	label      TEXT NOT NULL,
	subject    TEXT NOT NULL,
	created_us INTEGER NOT NULL,
	expires_us INTEGER NOT NULL,
	revoked_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX grants_label ON grants (label) WHERE revoked_us = 0;

CREATE TABLE grant_tags (
	"grant"  TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
	position INTEGER NOT NULL,
	tag      TEXT NOT NULL,
	PRIMARY KEY ("grant", position)
) STRICT, WITHOUT ROWID;

CREATE TABLE grant_bindings (
	"grant" TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
	server  TEXT NOT NULL REFERENCES servers (name) ON DELETE CASCADE,
	policy  TEXT REFERENCES policies (name),
	PRIMARY KEY ("grant", server)
) STRICT, WITHOUT ROWID;
CREATE INDEX grant_bindings_server ON grant_bindings (server);
CREATE INDEX grant_bindings_policy ON grant_bindings (policy);
