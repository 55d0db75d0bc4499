-- The first schema. Ids and digests are text as people see them; times are whole Unix seconds.
-- Every table of a tenant carries `tenant`, and every statement names it (law 11).

CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tenants (
  tenant TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  root_hash TEXT,
  root TEXT,
  roster TEXT,
  roster_serial INTEGER NOT NULL DEFAULT 0,
  -- Highest order serial that was accepted; the next draft proposes one more.
  order_serial INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE hosts (
  host TEXT PRIMARY KEY,
  tenant TEXT NOT NULL REFERENCES tenants,
  name TEXT NOT NULL,
  hostname TEXT NOT NULL,
  host_key TEXT NOT NULL,
  enrolled_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  reported_at INTEGER,
  -- Set when two holders of its key were seen; a person must enrol it again.
  locked_at INTEGER,
  UNIQUE (tenant, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE host_tags (
  tenant TEXT NOT NULL,
  host TEXT NOT NULL REFERENCES hosts,
  tag TEXT NOT NULL,
  PRIMARY KEY (host, tag)
) STRICT, WITHOUT ROWID;

CREATE TABLE join_tokens (
  token_hash TEXT PRIMARY KEY,
  tenant TEXT NOT NULL REFERENCES tenants,
  uses_left INTEGER NOT NULL CHECK (uses_left >= 0),
  expires_at INTEGER NOT NULL,
  tags TEXT NOT NULL,
  made_by TEXT NOT NULL,
  made_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE certificates (
  host TEXT NOT NULL REFERENCES hosts,
  generation INTEGER NOT NULL,
  tenant TEXT NOT NULL,
  serial TEXT NOT NULL,
  -- Digest of the public key: a renewal must bring the same one.
  key_digest TEXT NOT NULL,
  issued_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  -- First use; a used generation is never issued again.
  used_at INTEGER,
  PRIMARY KEY (host, generation)
) STRICT, WITHOUT ROWID;

CREATE TABLE package_sets (
  tenant TEXT NOT NULL,
  digest TEXT NOT NULL,
  installed TEXT NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (tenant, digest)
) STRICT;

CREATE TABLE pending_sets (
  tenant TEXT NOT NULL,
  digest TEXT NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (tenant, digest)
) STRICT;

CREATE TABLE reports (
  host TEXT PRIMARY KEY REFERENCES hosts,
  tenant TEXT NOT NULL,
  seen_at INTEGER NOT NULL,
  stored_at INTEGER NOT NULL,
  packages TEXT NOT NULL,
  installed TEXT NOT NULL,
  pending TEXT NOT NULL,
  facts TEXT NOT NULL,
  conditions TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Which sets a host had, and since when: the past stays answerable.
CREATE TABLE report_history (
  host TEXT NOT NULL REFERENCES hosts,
  stored_at INTEGER NOT NULL,
  tenant TEXT NOT NULL,
  packages TEXT NOT NULL,
  pending TEXT NOT NULL,
  PRIMARY KEY (host, stored_at, packages, pending)
) STRICT, WITHOUT ROWID;

CREATE TABLE plans (
  digest TEXT PRIMARY KEY,
  tenant TEXT NOT NULL,
  change TEXT NOT NULL,
  generation INTEGER NOT NULL,
  body BLOB NOT NULL,
  UNIQUE (change, generation)
) STRICT;

CREATE TABLE changes (
  change TEXT PRIMARY KEY,
  tenant TEXT NOT NULL REFERENCES tenants,
  title TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  plan TEXT NOT NULL REFERENCES plans,
  generation INTEGER NOT NULL,
  hosts INTEGER NOT NULL,
  packages INTEGER NOT NULL,
  notes TEXT NOT NULL,
  order_id TEXT UNIQUE,
  envelope TEXT,
  payload TEXT,
  serial INTEGER,
  not_before INTEGER,
  not_after INTEGER,
  need INTEGER NOT NULL,
  approved_at INTEGER,
  stopped_by TEXT,
  stopped_at INTEGER,
  expired_at INTEGER,
  UNIQUE (tenant, serial)
) STRICT;
CREATE INDEX changes_by_tenant ON changes (tenant, created_at);

CREATE TABLE approvals (
  change TEXT NOT NULL REFERENCES changes,
  key_id TEXT NOT NULL,
  tenant TEXT NOT NULL,
  person TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (change, key_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE deliveries (
  cursor INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant TEXT NOT NULL,
  host TEXT NOT NULL REFERENCES hosts,
  change TEXT NOT NULL REFERENCES changes,
  run TEXT NOT NULL UNIQUE,
  entry BLOB NOT NULL,
  not_after INTEGER NOT NULL,
  closed_at INTEGER
) STRICT;
CREATE INDEX deliveries_by_host ON deliveries (host, cursor);

-- Vault files that an open delivery names: all that its host may fetch.
CREATE TABLE delivery_objects (
  host TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  run TEXT NOT NULL,
  tenant TEXT NOT NULL,
  PRIMARY KEY (host, sha256, run)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_objects_by_run ON delivery_objects (run);

CREATE TABLE runs (
  run TEXT PRIMARY KEY,
  tenant TEXT NOT NULL,
  change TEXT NOT NULL REFERENCES changes,
  order_id TEXT NOT NULL,
  host TEXT NOT NULL REFERENCES hosts,
  position INTEGER NOT NULL,
  entry TEXT NOT NULL,
  steps_total INTEGER NOT NULL,
  state TEXT NOT NULL,
  is_over INTEGER NOT NULL,
  since INTEGER NOT NULL,
  heard_at INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  waiting_on TEXT,
  done INTEGER NOT NULL,
  total INTEGER NOT NULL,
  note TEXT NOT NULL,
  outcome TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX runs_by_change ON runs (change, position);
CREATE INDEX runs_open ON runs (tenant, host) WHERE is_over = 0;

CREATE TABLE run_history (
  run TEXT NOT NULL REFERENCES runs,
  position INTEGER NOT NULL,
  tenant TEXT NOT NULL,
  state TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE permits (
  permit_seq INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant TEXT NOT NULL,
  change TEXT NOT NULL REFERENCES changes,
  run TEXT NOT NULL REFERENCES runs,
  attempt INTEGER NOT NULL,
  granted_at INTEGER NOT NULL,
  UNIQUE (run, attempt)
) STRICT;

-- What hosts signed, byte for byte. The first per key stands.
CREATE TABLE signed (
  run TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  tenant TEXT NOT NULL,
  host TEXT NOT NULL REFERENCES hosts,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  envelope TEXT NOT NULL,
  stored_at INTEGER NOT NULL,
  PRIMARY KEY (run, attempt)
) STRICT, WITHOUT ROWID;

CREATE TABLE vault_objects (
  sha256 TEXT NOT NULL,
  tenant TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  uri TEXT NOT NULL,
  -- 0: an installed version (the way back), fetched first; 1: a new one.
  rank INTEGER NOT NULL,
  -- wanted, held
  state TEXT NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0,
  next_try_at INTEGER NOT NULL DEFAULT 0,
  problem TEXT NOT NULL DEFAULT '',
  held_at INTEGER,
  PRIMARY KEY (tenant, sha256)
) STRICT, WITHOUT ROWID;
CREATE INDEX vault_wanted ON vault_objects (rank, next_try_at) WHERE state = 'wanted';

-- Which package version a vault file is.
CREATE TABLE vault_versions (
  tenant TEXT NOT NULL,
  name TEXT NOT NULL,
  arch TEXT NOT NULL,
  version TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  PRIMARY KEY (tenant, name, arch, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE sign_in_links (
  link_hash TEXT PRIMARY KEY,
  tenant TEXT NOT NULL,
  person TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
  session_hash TEXT PRIMARY KEY,
  tenant TEXT NOT NULL,
  person TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE api_tokens (
  token_hash TEXT PRIMARY KEY,
  tenant TEXT NOT NULL,
  person TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  tenant TEXT NOT NULL,
  seq INTEGER NOT NULL,
  leaf BLOB NOT NULL,
  leaf_hash TEXT NOT NULL,
  PRIMARY KEY (tenant, seq)
) STRICT;
