CREATE SCHEMA IF NOT EXISTS "my.schema";
CREATE TABLE "my.schema"."t_flatsink_order by" (
  "_sink_topic" text COLLATE "C" NOT NULL,
  "select" uuid NOT NULL,
  "a.b; DROP TABLE x;--" text COLLATE "C" NOT NULL,
  "ctid_" bytea NOT NULL,
  "_sink_partition" integer NOT NULL,
  "_sink_offset" bigint NOT NULL,
  "_sink_timestamp" timestamptz,
  "_sink_message_type" text,
  "rowid" boolean,
  "db_row_id" integer NOT NULL,
  "f_sink_x" bigint,
  "1st" real,
  "naïve ſ" double precision,
  "b" bytea,
  "b20" bytea,
  "t" text,
  "t20" varchar(20),
  "t700" varchar(700),
  "t900" varchar(900),
  "f12" bytea,
  "f300" bytea,
  "d" numeric(10,2),
  "d66" numeric(66,2),
  "d1001" numeric,
  "big" numeric,
  "day" date,
  "time" time,
  "at" timestamptz,
  "local" timestamp,
  "nanos" bigint,
  "local nanos" bigint,
  "duration" interval,
  "json" jsonb,
  "span" interval,
  "uuid text" text,
  PRIMARY KEY ("_sink_topic", "select", "a.b; DROP TABLE x;--", "ctid_")
);
COMMENT ON TABLE "my.schema"."t_flatsink_order by" IS E'owner''s; */ -- \\';
COMMENT ON COLUMN "my.schema"."t_flatsink_order by"."db_row_id" IS E'it''s "5\\'' OR 1=1;-- [31m 😀';
COMMENT ON COLUMN "my.schema"."t_flatsink_order by"."nanos" IS 'nanoseconds since 1970-01-01 UTC';
COMMENT ON COLUMN "my.schema"."t_flatsink_order by"."local nanos" IS 'nanoseconds since 1970-01-01, local time';
ALTER TABLE "my.schema"."t_flatsink_order by" ADD COLUMN IF NOT EXISTS "db_row_id" integer, ADD COLUMN IF NOT EXISTS "f_sink_x" bigint, ADD COLUMN IF NOT EXISTS "t" text, ADD COLUMN IF NOT EXISTS "t20" varchar(20), ADD COLUMN IF NOT EXISTS "nanos" bigint;
COMMENT ON COLUMN "my.schema"."t_flatsink_order by"."db_row_id" IS E'it''s "5\\'' OR 1=1;-- [31m 😀';
COMMENT ON COLUMN "my.schema"."t_flatsink_order by"."nanos" IS 'nanoseconds since 1970-01-01 UTC';
ALTER TABLE "my.schema"."t_flatsink_order by" ALTER COLUMN "a.b; DROP TABLE x;--" DROP NOT NULL, ALTER COLUMN "c" DROP NOT NULL;
