-- What people changed.

-- link = BLAKE2b-256 keyed(link of the row before | this row): see people/changes.c.
CREATE TABLE changes (
	seq         INTEGER PRIMARY KEY,
	id          TEXT NOT NULL UNIQUE,
	time_us     INTEGER NOT NULL,
	who_kind    TEXT NOT NULL,
	who_id      TEXT NOT NULL,
	who_name    TEXT NOT NULL,
	address     TEXT NOT NULL,
	action      TEXT NOT NULL,
	object_type TEXT NOT NULL,
	object_id   TEXT NOT NULL,
	before      TEXT NOT NULL, -- JSON; '': there was nothing
	after       TEXT NOT NULL, -- JSON; '': there is nothing
	note        TEXT NOT NULL,
	link        BLOB NOT NULL
) STRICT;
CREATE INDEX changes_object ON changes (object_type, object_id, seq);
CREATE INDEX changes_who ON changes (who_id, seq);
CREATE INDEX changes_action ON changes (action, seq);
CREATE INDEX changes_time ON changes (time_us);
CREATE TRIGGER changes_stay BEFORE UPDATE ON changes BEGIN
	SELECT RAISE(ABORT, 'changes are never changed');
END;
CREATE TRIGGER changes_keep BEFORE DELETE ON changes BEGIN
	SELECT RAISE(ABORT, 'changes are never deleted');
END;

-- The last of them, with a mark that only the key gives: one that is cut off at the end is missed.
CREATE TABLE changes_end (
	one  INTEGER PRIMARY KEY CHECK (one = 1),
	seq  INTEGER NOT NULL,
	mark BLOB NOT NULL
) STRICT;
