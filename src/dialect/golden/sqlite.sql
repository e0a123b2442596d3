CREATE TABLE "t_flatsink_order by" (
  "_sink_topic" TEXT NOT NULL,
  "select" TEXT NOT NULL,
  "a.b; DROP TABLE x;--" TEXT NOT NULL,
  "ctid" BLOB NOT NULL,
  "_sink_partition" INTEGER NOT NULL,
  "_sink_offset" INTEGER NOT NULL,
  "_sink_timestamp" TEXT,
  "_sink_message_type" TEXT,
  "rowid_" INTEGER,
  "db_row_id" INTEGER,
  "f_sink_x" INTEGER,
  "1st" REAL,
  "naïve ſ" REAL,
  "b" BLOB,
  "b20" BLOB,
  "t" TEXT,
  "t20" TEXT,
  "t700" TEXT,
  "t900" TEXT,
  "f12" BLOB,
  "f300" BLOB,
  "d" TEXT,
  "d66" TEXT,
  "d1001" TEXT,
  "big" TEXT,
  "day" TEXT,
  "time" TEXT,
  "at" TEXT,
  "local" TEXT,
  "nanos" INTEGER,
  "local nanos" INTEGER,
  "duration" TEXT,
  "json" TEXT,
  "span" TEXT,
  "uuid text" TEXT,
  PRIMARY KEY ("_sink_topic", "select", "a.b; DROP TABLE x;--", "ctid")
) STRICT;
ALTER TABLE "t_flatsink_order by" ADD COLUMN "db_row_id" INTEGER;
ALTER TABLE "t_flatsink_order by" ADD COLUMN "f_sink_x" INTEGER;
ALTER TABLE "t_flatsink_order by" ADD COLUMN "t" TEXT;
ALTER TABLE "t_flatsink_order by" ADD COLUMN "t20" TEXT;
ALTER TABLE "t_flatsink_order by" ADD COLUMN "nanos" INTEGER;
