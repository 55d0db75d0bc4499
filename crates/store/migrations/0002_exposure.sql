-- What other people publish about versions, and what our own people say of hosts: the facts that
-- exposures are derived from. No exposure is stored (law 1).
--
-- Feeds are public statements and belong to the installation, not to a tenant; what depends on a
-- tenant's hosts (answers, chosen obligations) carries `tenant` like every other table.

-- One row per address that is fetched by itself.
CREATE TABLE feed_addresses (
  url TEXT PRIMARY KEY,
  feed TEXT NOT NULL,
  etag TEXT NOT NULL DEFAULT '',
  last_modified TEXT NOT NULL DEFAULT '',
  tried_at INTEGER,
  fetched_at INTEGER,
  -- Failures since the last success; the wait doubles with each.
  failures INTEGER NOT NULL DEFAULT 0,
  next_fetch_at INTEGER NOT NULL DEFAULT 0,
  trouble TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

-- One row per source that ever brought a set, as its newest accepted load left it.
CREATE TABLE feed_sources (
  source_id INTEGER PRIMARY KEY,
  feed TEXT NOT NULL,
  source TEXT NOT NULL,
  origin TEXT NOT NULL DEFAULT '',
  fetched_at INTEGER,
  content_at INTEGER,
  version TEXT NOT NULL DEFAULT '',
  sha256 TEXT NOT NULL DEFAULT '',
  entries INTEGER NOT NULL DEFAULT 0,
  rows INTEGER NOT NULL DEFAULT 0,
  cves INTEGER NOT NULL DEFAULT 0,
  lifecycles INTEGER NOT NULL DEFAULT 0,
  rejects_total INTEGER NOT NULL DEFAULT 0,
  rejects TEXT NOT NULL DEFAULT '[]',
  trouble TEXT NOT NULL DEFAULT '',
  UNIQUE (feed, source)
) STRICT;

-- A load writes its differences in several transactions and counts from its last one on. What an
-- interrupted load left behind is swept at the next start.
CREATE TABLE feed_loads (
  load INTEGER PRIMARY KEY,
  source_id INTEGER NOT NULL REFERENCES feed_sources,
  at INTEGER NOT NULL,
  done_at INTEGER
) STRICT;

-- `load_in` brought the line and `load_out` took it away: together the past stays answerable.
CREATE TABLE advisories (
  advisory_id INTEGER PRIMARY KEY,
  source_id INTEGER NOT NULL REFERENCES feed_sources,
  name TEXT NOT NULL,
  load_in INTEGER NOT NULL,
  load_out INTEGER,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX advisories_by_name ON advisories (source_id, name);

CREATE TABLE advisory_rows (
  row_id INTEGER PRIMARY KEY,
  source_id INTEGER NOT NULL REFERENCES feed_sources,
  advisory TEXT NOT NULL,
  -- year * 2^32 + number
  cve INTEGER,
  stream TEXT NOT NULL,
  package TEXT NOT NULL,
  module TEXT NOT NULL,
  arch TEXT NOT NULL,
  from_version TEXT NOT NULL,
  -- empty: no end; `<1.2`: below it; `=1.2`: up to it
  until TEXT NOT NULL,
  state TEXT NOT NULL,
  channel TEXT NOT NULL,
  is_foreign INTEGER NOT NULL,
  -- When this source said first that this advisory touches this package, whatever bound it named then:
  -- a corrected bound must not start a deadline's clock again.
  first_at INTEGER NOT NULL,
  load_in INTEGER NOT NULL,
  load_out INTEGER
) STRICT;
CREATE INDEX advisory_rows_by_document ON advisory_rows (source_id, advisory);
CREATE INDEX advisory_rows_by_cve ON advisory_rows (cve);
CREATE INDEX advisory_rows_by_package ON advisory_rows (package, stream);

CREATE TABLE cve_statements (
  statement_id INTEGER PRIMARY KEY,
  source_id INTEGER NOT NULL REFERENCES feed_sources,
  cve INTEGER NOT NULL,
  load_in INTEGER NOT NULL,
  load_out INTEGER,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX cve_statements_by_cve ON cve_statements (cve, source_id);
CREATE INDEX cve_statements_by_source ON cve_statements (source_id, cve);

-- The newest day only: a year of days would be 130 million lines for an input that shades an order.
-- A past moment is therefore judged with today's scores, and says so.
CREATE TABLE epss (
  cve INTEGER NOT NULL,
  source_id INTEGER NOT NULL REFERENCES feed_sources,
  score_ppm INTEGER NOT NULL,
  percentile_ppm INTEGER NOT NULL,
  PRIMARY KEY (cve, source_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE lifecycles (
  lifecycle_id INTEGER PRIMARY KEY,
  source_id INTEGER NOT NULL REFERENCES feed_sources,
  stream TEXT NOT NULL,
  load_in INTEGER NOT NULL,
  load_out INTEGER,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX lifecycles_by_source ON lifecycles (source_id, stream);

-- What people say of a host. Lines are added, never changed; the newest counts; an empty value takes
-- the answer back.
CREATE TABLE host_answers (
  answer_id INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL,
  host TEXT NOT NULL REFERENCES hosts,
  question TEXT NOT NULL,
  value TEXT NOT NULL,
  person TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX host_answers_by_host ON host_answers (tenant, host, question);

-- When a security archive was first seen to offer a version to some host of the tenant: a security update
-- without any advisory has this as its only date.
CREATE TABLE security_offers (
  tenant TEXT NOT NULL REFERENCES tenants,
  stream TEXT NOT NULL,
  package TEXT NOT NULL,
  version TEXT NOT NULL,
  label TEXT NOT NULL,
  first_at INTEGER NOT NULL,
  PRIMARY KEY (tenant, stream, package, version, label)
) STRICT, WITHOUT ROWID;

-- Which obligations a tenant follows. Lines are added; the newest counts.
CREATE TABLE chosen_obligations (
  choice_id INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL REFERENCES tenants,
  ids TEXT NOT NULL,
  person TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX chosen_obligations_by_tenant ON chosen_obligations (tenant);

-- What was true of the host then, beside its packages. NULL in lines that an older server wrote.
ALTER TABLE report_history ADD COLUMN facts TEXT;
ALTER TABLE report_history ADD COLUMN conditions TEXT;
CREATE INDEX report_history_by_tenant ON report_history (tenant, host, stored_at);

-- A host's newest runs, without a walk through all of them.
CREATE INDEX runs_by_host ON runs (tenant, host, since);
