-- The catalogue that is kept: servers, what each listed, and how both changed. Times are
-- microseconds since 1970 in UTC; 0 means never or not yet. Words for enumerations: src/index/index.h.

CREATE TABLE servers (
	number      INTEGER PRIMARY KEY,
	id          TEXT NOT NULL UNIQUE,
	source      INTEGER NOT NULL,
	has_list    INTEGER NOT NULL CHECK (has_list IN (0, 1)),
	added_us    INTEGER NOT NULL,
	seen_us     INTEGER NOT NULL,
	changed_us  INTEGER NOT NULL,
	tools       INTEGER NOT NULL,
	unknowns    INTEGER NOT NULL,
	reads       INTEGER NOT NULL,
	writes      INTEGER NOT NULL,
	executes    INTEGER NOT NULL,
	destroys    INTEGER NOT NULL,
	spends      INTEGER NOT NULL,
	low         INTEGER NOT NULL,
	medium      INTEGER NOT NULL,
	high        INTEGER NOT NULL,
	critical    INTEGER NOT NULL,
	refused     INTEGER NOT NULL,
	disputed    INTEGER NOT NULL,
	tokens      INTEGER NOT NULL,
	digest      BLOB NOT NULL,
	title       TEXT NOT NULL,
	version     TEXT NOT NULL,
	package     TEXT NOT NULL,
	remote      TEXT NOT NULL,
	website     TEXT NOT NULL,
	repository  TEXT NOT NULL,
	status      TEXT NOT NULL,
	place       TEXT NOT NULL,
	description TEXT NOT NULL,
	document    TEXT NOT NULL
) STRICT;

-- Packages and remotes that a registry entry names: how a live list finds its entry.
CREATE TABLE addresses (
	address TEXT NOT NULL,
	server  INTEGER NOT NULL REFERENCES servers (number) ON DELETE CASCADE,
	PRIMARY KEY (address, server)
) STRICT, WITHOUT ROWID;
CREATE INDEX addresses_server ON addresses (server);

-- The definition stands last: what else is asked for is read without it.
CREATE TABLE tools (
	number     INTEGER PRIMARY KEY,
	server     INTEGER NOT NULL REFERENCES servers (number) ON DELETE CASCADE,
	name       TEXT NOT NULL,
	category   INTEGER NOT NULL,
	severity   INTEGER NOT NULL,
	confidence INTEGER NOT NULL, -- ten-thousandths
	labels     INTEGER NOT NULL,
	signals    INTEGER NOT NULL,
	disputed   INTEGER NOT NULL,
	tokens     INTEGER NOT NULL,
	added_us   INTEGER NOT NULL,
	changed_us INTEGER NOT NULL,
	removed_us INTEGER NOT NULL,
	pin        BLOB NOT NULL CHECK (length(pin) = 32),
	refused    TEXT NOT NULL,
	definition TEXT NOT NULL,
	UNIQUE (server, name)
) STRICT;

-- Name '' is the server itself. What a tool became is in its next change, or in its row.
CREATE TABLE changes (
	number          INTEGER PRIMARY KEY,
	server          INTEGER NOT NULL REFERENCES servers (number) ON DELETE CASCADE,
	name            TEXT NOT NULL,
	kind            INTEGER NOT NULL,
	at_us           INTEGER NOT NULL,
	from_pin        BLOB NOT NULL,
	to_pin          BLOB NOT NULL,
	from_category   INTEGER NOT NULL,
	to_category     INTEGER NOT NULL,
	from_severity   INTEGER NOT NULL,
	to_severity     INTEGER NOT NULL,
	from_definition TEXT NOT NULL
) STRICT;
CREATE INDEX changes_tool ON changes (server, name);
CREATE INDEX changes_at ON changes (at_us);

-- The inverted index, in segments as src/index/segment.h says. dead: a bitmap of documents whose tool
-- is in another segment now. changed: four bytes a document, minutes since 1970, little-endian.
CREATE TABLE segments (
	number  INTEGER PRIMARY KEY,
	docs    INTEGER NOT NULL,
	dead    BLOB NOT NULL,
	changed BLOB NOT NULL
) STRICT;
CREATE TABLE segment_docs (
	segment INTEGER NOT NULL,
	doc     INTEGER NOT NULL,
	tool    INTEGER NOT NULL UNIQUE,
	PRIMARY KEY (segment, doc)
) STRICT, WITHOUT ROWID;
CREATE TABLE segment_terms (
	segment INTEGER NOT NULL,
	term    BLOB NOT NULL,
	docs    BLOB NOT NULL,
	PRIMARY KEY (segment, term)
) STRICT, WITHOUT ROWID;
