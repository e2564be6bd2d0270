CREATE TABLE trawl_alerts (
  query TEXT NOT NULL PRIMARY KEY,
  state TEXT NOT NULL
);
