-- The ledger and its companions, in the schema that the search path names first. Keys sort by their bytes, so that
-- no upgrade of the system's collations can break their indexes.

CREATE TABLE flatsink_topic (
  sink        varchar(64) COLLATE "C" NOT NULL,
  topic       varchar(249) COLLATE "C" NOT NULL,
  incarnation varchar(36) COLLATE "C" NOT NULL,
  partitions  integer      NOT NULL,
  PRIMARY KEY (sink, topic)
);

CREATE TABLE flatsink_offset (
  sink           varchar(64) COLLATE "C" NOT NULL,
  topic          varchar(249) COLLATE "C" NOT NULL,
  part           integer      NOT NULL,
  incarnation    varchar(36) COLLATE "C" NOT NULL,
  epoch          bigint       NOT NULL DEFAULT 0,
  start_offset   bigint       NOT NULL,
  next_offset    bigint       NOT NULL,
  tail_offset    bigint,
  tail_fp        bigint,
  n_applied      bigint       NOT NULL DEFAULT 0,
  n_duplicate    bigint       NOT NULL DEFAULT 0,
  n_dead         bigint       NOT NULL DEFAULT 0,
  n_deleted      bigint       NOT NULL DEFAULT 0,
  n_skipped      bigint       NOT NULL DEFAULT 0,
  n_gap          bigint       NOT NULL DEFAULT 0,
  last_timestamp timestamptz,
  updated_at     timestamptz  NOT NULL DEFAULT now(),
  crash_offset   bigint,
  crash_count    integer      NOT NULL DEFAULT 0,
  owner          varchar(128) NOT NULL DEFAULT '',
  PRIMARY KEY (sink, topic, part)
) WITH (fillfactor = 50);

CREATE TABLE flatsink_table (
  sink         varchar(64) COLLATE "C" NOT NULL,
  topic        varchar(249) COLLATE "C" NOT NULL,
  table_schema varchar(63) COLLATE "C" NOT NULL,
  table_name   varchar(63) COLLATE "C" NOT NULL,
  schema_id    integer,
  PRIMARY KEY (sink, topic)
);

CREATE TABLE flatsink_column (
  sink         varchar(64) COLLATE "C" NOT NULL,
  table_schema varchar(63) COLLATE "C" NOT NULL,
  table_name   varchar(63) COLLATE "C" NOT NULL,
  column_name  varchar(63) COLLATE "C" NOT NULL,
  field_path   text        NOT NULL,
  kind         varchar(64) NOT NULL,
  state        varchar(16) NOT NULL,
  schema_id    integer     NOT NULL,
  PRIMARY KEY (sink, table_schema, table_name, column_name)
);

CREATE TABLE flatsink_dead_letter (
  sink             varchar(64) COLLATE "C" NOT NULL,
  topic            varchar(249) COLLATE "C" NOT NULL,
  incarnation      varchar(36) COLLATE "C" NOT NULL,
  part             integer      NOT NULL,
  record_offset    bigint       NOT NULL,
  record_key       bytea,
  record_value     bytea,
  headers          bytea,
  record_length    bigint       NOT NULL,
  record_sha256    bytea        NOT NULL,
  truncated        boolean      NOT NULL,
  record_timestamp timestamptz,
  schema_id        integer,
  reason           varchar(64)  NOT NULL,
  sqlstate         varchar(16),
  message          text         NOT NULL,
  table_name       text,
  version          varchar(32)  NOT NULL,
  created_at       timestamptz  NOT NULL DEFAULT now(),
  PRIMARY KEY (sink, topic, incarnation, part, record_offset)
);

CREATE TABLE flatsink_gap (
  sink        varchar(64) COLLATE "C" NOT NULL,
  topic       varchar(249) COLLATE "C" NOT NULL,
  incarnation varchar(36) COLLATE "C" NOT NULL,
  part        integer      NOT NULL,
  from_offset bigint       NOT NULL,
  to_offset   bigint       NOT NULL,
  created_at  timestamptz  NOT NULL DEFAULT now(),
  PRIMARY KEY (sink, topic, incarnation, part, from_offset)
);

CREATE VIEW flatsink_freshness AS
SELECT t.sink, t.table_schema, t.table_name, o.topic,
       max(o.last_timestamp) AS last_timestamp, max(o.updated_at) AS updated_at
FROM flatsink_table AS t JOIN flatsink_offset AS o ON o.sink = t.sink AND o.topic = t.topic
GROUP BY t.sink, t.table_schema, t.table_name, o.topic;
