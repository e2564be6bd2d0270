CREATE TABLE trawl_clusters (
  name TEXT NOT NULL PRIMARY KEY,
  region TEXT,
  environment TEXT,
  account TEXT,
  tags TEXT NOT NULL,
  plugins TEXT NOT NULL,
  context TEXT,
  sealed TEXT NOT NULL,
  key_id TEXT NOT NULL,
  version TEXT,
  nodes BIGINT,
  registered_at BIGINT NOT NULL,
  registered_by TEXT NOT NULL
);
CREATE TABLE trawl_settings (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
);
CREATE TABLE trawl_revision (
  one BIGINT NOT NULL PRIMARY KEY,
  revision BIGINT NOT NULL
);
INSERT INTO trawl_revision (one, revision) VALUES (1, 0);
CREATE TABLE trawl_current (
  caller TEXT NOT NULL PRIMARY KEY,
  cluster TEXT NOT NULL
);
CREATE TABLE trawl_leases (
  name TEXT NOT NULL PRIMARY KEY,
  holder TEXT NOT NULL,
  until BIGINT NOT NULL
);
