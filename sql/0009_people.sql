-- The people who administer the gate, how they sign in, and what they changed.

CREATE TABLE users (
	id           TEXT PRIMARY KEY,
	name         TEXT NOT NULL UNIQUE, -- lower case
	display_name TEXT NOT NULL,
	email        TEXT NOT NULL,
	oidc_subject TEXT UNIQUE,          -- issuer and subject; NULL: a local one
	is_enabled   INTEGER NOT NULL CHECK (is_enabled IN (0, 1)),
	password     TEXT,                 -- Argon2id with its salt and costs; NULL: none
	totp         BLOB,                 -- sealed; NULL: no one-time codes
	totp_new     BLOB,                 -- sealed; not confirmed yet
	totp_step    INTEGER NOT NULL DEFAULT 0, -- the last one used: a code counts once
	created_us   INTEGER NOT NULL,
	seen_us      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX users_email ON users (lower(email)) WHERE email <> '';

-- server '': for the organisation.
CREATE TABLE user_roles (
	user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	server  TEXT NOT NULL,
	role    TEXT NOT NULL CHECK (role IN ('viewer', 'auditor', 'approver', 'policy_manager', 'admin')),
	PRIMARY KEY (user_id, server, role)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_roles_server ON user_roles (server);

CREATE TABLE recovery_codes (
	user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	hash    BLOB NOT NULL,
	PRIMARY KEY (user_id, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE user_sessions (
	hash       BLOB PRIMARY KEY,
	user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	created_us INTEGER NOT NULL,
	seen_us    INTEGER NOT NULL,
	expires_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX user_sessions_user ON user_sessions (user_id, created_us);
CREATE INDEX user_sessions_end ON user_sessions (expires_us);

CREATE TABLE api_tokens (
	id         TEXT PRIMARY KEY,
	hash       BLOB NOT NULL UNIQUE,
	user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	name       TEXT NOT NULL,
	created_us INTEGER NOT NULL,
	expires_us INTEGER NOT NULL, -- 0: never
	seen_us    INTEGER NOT NULL,
	is_limited INTEGER NOT NULL CHECK (is_limited IN (0, 1)), -- to its own roles
	UNIQUE (user_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_token_roles (
	token_id TEXT NOT NULL REFERENCES api_tokens (id) ON DELETE CASCADE,
	server   TEXT NOT NULL,
	role     TEXT NOT NULL CHECK (role IN ('viewer', 'auditor', 'approver', 'policy_manager', 'admin')),
	PRIMARY KEY (token_id, server, role)
) STRICT, WITHOUT ROWID;
CREATE INDEX api_token_roles_server ON api_token_roles (server);

-- A server that comes later under the same name is another one.
CREATE TRIGGER servers_roles AFTER DELETE ON servers BEGIN
	DELETE FROM user_roles WHERE server = OLD.name;
	DELETE FROM api_token_roles WHERE server = OLD.name;
END;

-- Links with which a password is set. user_id NULL: the first admin is made.
CREATE TABLE user_links (
	hash       BLOB PRIMARY KEY,
	user_id    TEXT UNIQUE REFERENCES users (id) ON DELETE CASCADE,
	expires_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Attempts to sign in that failed, by name and by address, both as keyed hashes.
CREATE TABLE sign_in_attempts (
	key      BLOB PRIMARY KEY,
	failures INTEGER NOT NULL,
	next_us  INTEGER NOT NULL, -- not before
	last_us  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_attempts_last ON sign_in_attempts (last_us);
