CREATE TABLE users (
  id          TEXT PRIMARY KEY,
  name        TEXT NOT NULL UNIQUE,
  role        TEXT NOT NULL CHECK (role IN ('viewer', 'requester', 'approver', 'admin')),
  created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE devices (
  id            TEXT PRIMARY KEY,
  user_id       TEXT NOT NULL REFERENCES users(id),
  name          TEXT NOT NULL,
  kind          TEXT NOT NULL CHECK (kind IN ('page', 'extension', 'cli', 'api')),
  secret_hash   TEXT NOT NULL UNIQUE,          -- SHA-256 of the Bearer secret
  socket_key    TEXT NOT NULL,                 -- HKDF(secret, 'ws'): keys the WebSocket handshake
  origin        TEXT,                          -- an extension's, recorded when it paired
  created_at    INTEGER NOT NULL,
  last_seen_at  INTEGER,
  revoked_at    INTEGER
) STRICT;

CREATE TABLE pairing_codes (
  code_hash   TEXT PRIMARY KEY,
  user_name   TEXT NOT NULL,
  role        TEXT NOT NULL CHECK (role IN ('viewer', 'requester', 'approver', 'admin')),
  expires_at  INTEGER NOT NULL,
  redeemed_at INTEGER,
  created_at  INTEGER NOT NULL
) STRICT;

-- Wrong tries are counted against everybody's open codes, so a restart or a new code does not reset them.
CREATE TABLE pairing_tries (
  at  INTEGER NOT NULL
) STRICT;

CREATE TABLE flags (
  name   TEXT PRIMARY KEY CHECK (name IN ('freeze', 'safeMode')),
  value  INTEGER NOT NULL CHECK (value IN (0, 1)),
  why    TEXT
) STRICT;

CREATE TABLE runs (
  id             TEXT PRIMARY KEY,
  title          TEXT NOT NULL,
  prompt         TEXT NOT NULL,
  status         TEXT NOT NULL CHECK (status IN ('queued', 'planning', 'editing', 'testing', 'preview_ready', 'needs_approval', 'approved', 'merging', 'deploying', 'merged', 'failed', 'canceled', 'expired')),
  reason_code    TEXT,
  priority       INTEGER NOT NULL,             -- 0 low, 1 normal, 2 high
  route          TEXT,
  slot_id        TEXT REFERENCES slots(id),
  branch_name    TEXT NOT NULL UNIQUE,
  worktree_path  TEXT,
  commit_sha     TEXT,
  parent_run_id  TEXT REFERENCES runs(id),
  created_by     TEXT NOT NULL,
  seed_version   TEXT,
  version        INTEGER NOT NULL,
  snapshot       TEXT NOT NULL CHECK (json_valid(snapshot)),
  clock_ms       INTEGER NOT NULL DEFAULT 0,   -- monotonic time counted against timeouts.runMs
  created_at     INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL,
  ended_at       INTEGER
) STRICT;
CREATE INDEX runs_by_status ON runs(status, created_at);
CREATE INDEX runs_by_age ON runs(created_at DESC, id DESC);

CREATE TABLE run_events (
  seq       INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id    TEXT NOT NULL REFERENCES runs(id) DEFERRABLE INITIALLY DEFERRED,
  version   INTEGER NOT NULL,
  type      TEXT NOT NULL,
  from_state TEXT,
  to_state  TEXT NOT NULL,
  reason    TEXT,
  payload   TEXT NOT NULL CHECK (json_valid(payload)),
  actor     TEXT NOT NULL,
  trace_id  TEXT NOT NULL,
  at        INTEGER NOT NULL,
  UNIQUE (run_id, version)
) STRICT;

CREATE TABLE run_context (
  run_id   TEXT PRIMARY KEY REFERENCES runs(id) DEFERRABLE INITIALLY DEFERRED,
  capture  TEXT NOT NULL CHECK (json_valid(capture))
) STRICT;

CREATE TABLE run_artifacts (
  run_id  TEXT NOT NULL REFERENCES runs(id),
  name    TEXT NOT NULL,                       -- 'log/agent', 'diff', 'brief' …
  hash    TEXT NOT NULL,
  bytes   INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY (run_id, name)
) STRICT;

CREATE TABLE attempts (
  run_id         TEXT NOT NULL REFERENCES runs(id),
  number         INTEGER NOT NULL,
  state          TEXT NOT NULL CHECK (state IN ('running', 'finished', 'failed', 'interrupted', 'stopped')),
  thread_id      TEXT,
  summary        TEXT,
  detail         TEXT,
  input_tokens   INTEGER NOT NULL DEFAULT 0,
  output_tokens  INTEGER NOT NULL DEFAULT 0,
  cost_usd       REAL,
  started_at     INTEGER NOT NULL,
  ended_at       INTEGER,
  PRIMARY KEY (run_id, number)
) STRICT;

CREATE TABLE commands (
  run_id       TEXT NOT NULL,
  attempt      INTEGER NOT NULL,
  call_id      TEXT NOT NULL,
  tool         TEXT NOT NULL CHECK (tool IN ('shell', 'patch', 'other')),
  command      TEXT NOT NULL,
  cwd          TEXT NOT NULL,
  started_at   INTEGER NOT NULL,
  duration_ms  INTEGER,
  exit_code    INTEGER,
  output       TEXT,
  refused      TEXT,
  PRIMARY KEY (run_id, attempt, call_id),
  FOREIGN KEY (run_id, attempt) REFERENCES attempts(run_id, number)
) STRICT;

CREATE TABLE validation_checks (
  run_id        TEXT NOT NULL REFERENCES runs(id),
  stage         TEXT NOT NULL CHECK (stage IN ('branch', 'gate')),
  check_name    TEXT NOT NULL,
  position      INTEGER NOT NULL,
  kind          TEXT NOT NULL,
  required      INTEGER NOT NULL CHECK (required IN (0, 1)),
  command       TEXT,
  status        TEXT NOT NULL CHECK (status IN ('running', 'passed', 'failed', 'timed_out', 'stopped')),
  exit_code     INTEGER,
  detail        TEXT,
  artifact_uri  TEXT,                          -- name of its log
  started_at    INTEGER NOT NULL,
  ended_at      INTEGER,
  PRIMARY KEY (run_id, stage, check_name)
) STRICT;

CREATE TABLE data_migrations (
  run_id       TEXT NOT NULL REFERENCES runs(id),
  name         TEXT NOT NULL,
  status       TEXT NOT NULL,
  duration_ms  INTEGER NOT NULL,
  error        TEXT,
  at           INTEGER NOT NULL,
  PRIMARY KEY (run_id, name)
) STRICT;

CREATE TABLE slots (
  id      TEXT PRIMARY KEY,
  seat    INTEGER NOT NULL UNIQUE,
  fence   INTEGER NOT NULL DEFAULT 0,          -- of the newest lease
  state   TEXT NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'quarantined', 'retired')),
  reason  TEXT
) STRICT;

CREATE TABLE slot_leases (
  slot_id       TEXT NOT NULL REFERENCES slots(id),
  fence         INTEGER NOT NULL,
  run_id        TEXT NOT NULL REFERENCES runs(id) DEFERRABLE INITIALLY DEFERRED,
  lease_state   TEXT NOT NULL CHECK (lease_state IN ('active', 'released', 'expired')),
  leased_at     INTEGER NOT NULL,
  expires_at    INTEGER NOT NULL,
  heartbeat_at  INTEGER NOT NULL,
  active_at     INTEGER NOT NULL,              -- last work or visit
  ended_at      INTEGER,
  PRIMARY KEY (slot_id, fence)
) STRICT;
CREATE UNIQUE INDEX one_active_lease_per_slot ON slot_leases(slot_id) WHERE lease_state = 'active';
CREATE UNIQUE INDEX one_active_lease_per_run ON slot_leases(run_id) WHERE lease_state = 'active';

CREATE TABLE approvals (
  run_id         TEXT NOT NULL REFERENCES runs(id),
  actor          TEXT NOT NULL,
  head_commit    TEXT NOT NULL,
  base_commit    TEXT NOT NULL,
  tree           TEXT NOT NULL,
  verdict_hash   TEXT NOT NULL,
  verdict        TEXT NOT NULL,
  self_approved  INTEGER NOT NULL CHECK (self_approved IN (0, 1)),
  at             INTEGER NOT NULL,
  PRIMARY KEY (run_id, actor, at)
) STRICT;

CREATE TABLE releases (
  id                TEXT PRIMARY KEY,
  commit_sha        TEXT NOT NULL,
  run_id            TEXT REFERENCES runs(id),
  kind              TEXT NOT NULL CHECK (kind IN ('first', 'run', 'upstream', 'rollback')),
  state             TEXT NOT NULL CHECK (state IN ('preparing', 'live', 'replaced', 'failed')),
  title             TEXT NOT NULL,
  migrations        TEXT NOT NULL CHECK (migrations IN ('none', 'additive', 'destructive', 'unknown')),
  migration_marker  TEXT,
  target_id         TEXT REFERENCES releases(id),    -- of a rollback: the release it goes back to
  previous_id       TEXT REFERENCES releases(id),
  reason            TEXT,
  actor             TEXT NOT NULL,
  created_at        INTEGER NOT NULL,
  healthy_at        INTEGER
) STRICT;
CREATE UNIQUE INDEX one_live_release ON releases(state) WHERE state = 'live';

CREATE TABLE effects (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  type         TEXT NOT NULL,
  lane         TEXT NOT NULL,
  run_id       TEXT REFERENCES runs(id) DEFERRABLE INITIALLY DEFERRED,
  payload      TEXT NOT NULL CHECK (json_valid(payload)),
  fence        INTEGER,
  state        TEXT NOT NULL CHECK (state IN ('owed', 'running', 'waiting', 'done', 'dead')),
  tries        INTEGER NOT NULL DEFAULT 0,
  interrupted  INTEGER NOT NULL DEFAULT 0 CHECK (interrupted IN (0, 1)),
  not_before   INTEGER NOT NULL DEFAULT 0,     -- back-off after a throw
  error        TEXT,
  created_at   INTEGER NOT NULL,
  ended_at     INTEGER
) STRICT;
CREATE INDEX effects_open ON effects(lane, state, id) WHERE state IN ('owed', 'running', 'waiting');

CREATE TABLE idempotency (
  actor      TEXT NOT NULL,
  door       TEXT NOT NULL,
  key        TEXT NOT NULL,
  body_hash  TEXT NOT NULL,
  status     INTEGER NOT NULL,
  body       TEXT NOT NULL,
  at         INTEGER NOT NULL,
  PRIMARY KEY (actor, door, key)
) STRICT;

CREATE TABLE audit_log (
  seq           INTEGER PRIMARY KEY AUTOINCREMENT,
  actor         TEXT NOT NULL,
  action        TEXT NOT NULL,
  subject       TEXT NOT NULL,
  outcome       TEXT NOT NULL,
  payload_hash  TEXT NOT NULL,
  trace_id      TEXT NOT NULL,
  at            INTEGER NOT NULL,
  prev_hash     TEXT NOT NULL,
  hash          TEXT NOT NULL UNIQUE
) STRICT;

CREATE TRIGGER run_events_no_update BEFORE UPDATE ON run_events BEGIN SELECT RAISE(ABORT, 'run_events is append-only'); END;
CREATE TRIGGER run_events_no_delete BEFORE DELETE ON run_events BEGIN SELECT RAISE(ABORT, 'run_events is append-only'); END;
CREATE TRIGGER run_events_no_replace BEFORE INSERT ON run_events WHEN EXISTS (SELECT 1 FROM run_events WHERE seq = NEW.seq OR (run_id = NEW.run_id AND version = NEW.version))
BEGIN SELECT RAISE(ABORT, 'run_events is append-only'); END;
CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;
CREATE TRIGGER audit_log_no_replace BEFORE INSERT ON audit_log WHEN EXISTS (SELECT 1 FROM audit_log WHERE seq = NEW.seq OR hash = NEW.hash)
BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;
