CREATE TABLE plants (
  id     INTEGER PRIMARY KEY,
  name   TEXT NOT NULL,
  latin  TEXT NOT NULL,
  cents  INTEGER NOT NULL CHECK (cents > 0),
  light  TEXT NOT NULL,
  water  TEXT NOT NULL,
  story  TEXT NOT NULL
) STRICT;

CREATE TABLE messages (
  id       INTEGER PRIMARY KEY,
  name     TEXT NOT NULL,
  email    TEXT NOT NULL,
  text     TEXT NOT NULL,
  sent_at  TEXT NOT NULL
) STRICT;
