-- What sessions did, as far as policies look at it: hashes of identifiers, never texts. A unit is a
-- session, or the grant of clients without sessions.

CREATE TABLE past_units (
	unit     BLOB PRIMARY KEY,
	until_us INTEGER NOT NULL, -- then it is forgotten
	state    BLOB NOT NULL     -- calls, labels and marks, as past/codec.c writes them
) STRICT, WITHOUT ROWID;
CREATE INDEX past_units_until ON past_units (until_us);

CREATE TABLE past_identifiers (
	unit     BLOB NOT NULL,
	hash     INTEGER NOT NULL,
	labels   INTEGER NOT NULL, -- bits, of the result that it stood in first
	first_s  INTEGER NOT NULL,
	last_s   INTEGER NOT NULL,
	until_us INTEGER NOT NULL,
	PRIMARY KEY (unit, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX past_identifiers_until ON past_identifiers (until_us);
