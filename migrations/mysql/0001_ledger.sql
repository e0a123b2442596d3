-- The ledger and its companions, in the database that is current.
-- ${collation} is the binary collation without padding that the server has. MySQL commits at each statement, so
-- each may be met a second time.

CREATE TABLE IF NOT EXISTS flatsink_topic (
  sink        VARCHAR(64) NOT NULL,
  topic       VARCHAR(249) NOT NULL,
  incarnation VARCHAR(36) NOT NULL,
  partitions  INT NOT NULL,
  PRIMARY KEY (sink, topic)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARACTER SET utf8mb4 COLLATE ${collation};

CREATE TABLE IF NOT EXISTS flatsink_offset (
  sink           VARCHAR(64) NOT NULL,
  topic          VARCHAR(249) NOT NULL,
  part           INT NOT NULL,
  incarnation    VARCHAR(36) NOT NULL,
  epoch          BIGINT NOT NULL DEFAULT 0,
  start_offset   BIGINT NOT NULL,
  next_offset    BIGINT NOT NULL,
  tail_offset    BIGINT,
  tail_fp        BIGINT,
  n_applied      BIGINT NOT NULL DEFAULT 0,
  n_duplicate    BIGINT NOT NULL DEFAULT 0,
  n_dead         BIGINT NOT NULL DEFAULT 0,
  n_deleted      BIGINT NOT NULL DEFAULT 0,
  n_skipped      BIGINT NOT NULL DEFAULT 0,
  n_gap          BIGINT NOT NULL DEFAULT 0,
  last_timestamp DATETIME(6),
  updated_at     DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  crash_offset   BIGINT,
  crash_count    INT NOT NULL DEFAULT 0,
  owner          VARCHAR(128) NOT NULL DEFAULT '',
  PRIMARY KEY (sink, topic, part)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARACTER SET utf8mb4 COLLATE ${collation};

CREATE TABLE IF NOT EXISTS flatsink_table (
  sink         VARCHAR(64) NOT NULL,
  topic        VARCHAR(249) NOT NULL,
  table_schema VARCHAR(64) NOT NULL,
  table_name   VARCHAR(64) NOT NULL,
  schema_id    INT,
  PRIMARY KEY (sink, topic)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARACTER SET utf8mb4 COLLATE ${collation};

CREATE TABLE IF NOT EXISTS flatsink_column (
  sink         VARCHAR(64) NOT NULL,
  table_schema VARCHAR(64) NOT NULL,
  table_name   VARCHAR(64) NOT NULL,
  column_name  VARCHAR(64) NOT NULL,
  field_path   TEXT NOT NULL,
  kind         VARCHAR(64) NOT NULL,
  state        VARCHAR(16) NOT NULL,
  schema_id    INT NOT NULL,
  PRIMARY KEY (sink, table_schema, table_name, column_name)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARACTER SET utf8mb4 COLLATE ${collation};

CREATE TABLE IF NOT EXISTS flatsink_dead_letter (
  sink             VARCHAR(64) NOT NULL,
  topic            VARCHAR(249) NOT NULL,
  incarnation      VARCHAR(36) NOT NULL,
  part             INT NOT NULL,
  record_offset    BIGINT NOT NULL,
  record_key       LONGBLOB,
  record_value     LONGBLOB,
  headers          LONGBLOB,
  record_length    BIGINT NOT NULL,
  record_sha256    BINARY(32) NOT NULL,
  truncated        BOOLEAN NOT NULL,
  record_timestamp DATETIME(6),
  schema_id        INT,
  reason           VARCHAR(64) NOT NULL,
  `sqlstate`       VARCHAR(16),
  message          TEXT NOT NULL,
  table_name       TEXT,
  version          VARCHAR(32) NOT NULL,
  created_at       DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (sink, topic, incarnation, part, record_offset)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARACTER SET utf8mb4 COLLATE ${collation};

CREATE TABLE IF NOT EXISTS flatsink_gap (
  sink        VARCHAR(64) NOT NULL,
  topic       VARCHAR(249) NOT NULL,
  incarnation VARCHAR(36) NOT NULL,
  part        INT NOT NULL,
  from_offset BIGINT NOT NULL,
  to_offset   BIGINT NOT NULL,
  created_at  DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (sink, topic, incarnation, part, from_offset)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARACTER SET utf8mb4 COLLATE ${collation};

CREATE OR REPLACE VIEW flatsink_freshness AS
SELECT t.sink, t.table_schema, t.table_name, o.topic,
       max(o.last_timestamp) AS last_timestamp, max(o.updated_at) AS updated_at
FROM flatsink_table AS t JOIN flatsink_offset AS o ON o.sink = t.sink AND o.topic = t.topic
GROUP BY t.sink, t.table_schema, t.table_name, o.topic;
