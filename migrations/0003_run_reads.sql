-- What each user has seen of a run: it is unread while its news are newer than that.
CREATE TABLE run_reads (
  user_id  TEXT NOT NULL REFERENCES users(id),
  run_id   TEXT NOT NULL REFERENCES runs(id) DEFERRABLE INITIALLY DEFERRED,
  news     INTEGER NOT NULL,                   -- version of the run of which the user has to hear; 0: none
  seen     INTEGER NOT NULL,                   -- newest version that the user saw; -1: marked unread
  PRIMARY KEY (user_id, run_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_reads_unread ON run_reads(user_id, run_id) WHERE seen < news;
CREATE INDEX run_reads_by_run ON run_reads(run_id);

-- The list walks along it, and looks at no run that it does not show for its state or for being put away.
DROP INDEX runs_by_age;
CREATE INDEX runs_by_age ON runs(created_at DESC, id DESC, status, archived_at);
