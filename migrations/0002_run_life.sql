-- How a run came from another one, and what people have put away.
ALTER TABLE runs ADD COLUMN relation TEXT CHECK (relation IN ('retry', 'revision', 'revert', 'restore'));
ALTER TABLE runs ADD COLUMN archived_at INTEGER;
CREATE INDEX runs_by_parent ON runs(parent_run_id) WHERE parent_run_id IS NOT NULL;
CREATE INDEX attempts_by_start ON attempts(started_at);

-- What an agent proposed to do next; only a person makes a request of it.
CREATE TABLE drafts (
  run_id       TEXT NOT NULL REFERENCES runs(id),
  position     INTEGER NOT NULL,               -- from 1, as the answer listed them
  text         TEXT NOT NULL,
  state        TEXT NOT NULL CHECK (state IN ('open', 'sent', 'dismissed')),
  sent_run_id  TEXT REFERENCES runs(id) DEFERRABLE INITIALLY DEFERRED,
  at           INTEGER NOT NULL,
  PRIMARY KEY (run_id, position)
) STRICT;

-- The watch on a release after it got the traffic.
ALTER TABLE releases ADD COLUMN watch_route TEXT;
ALTER TABLE releases ADD COLUMN watch_until INTEGER;
ALTER TABLE releases ADD COLUMN watch_state TEXT CHECK (watch_state IN ('watching', 'calm', 'worse'));
ALTER TABLE releases ADD COLUMN watch_detail TEXT;
