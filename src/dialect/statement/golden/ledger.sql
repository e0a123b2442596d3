-- swap, postgres
UPDATE "o""`wn"."flatsink_offset" SET next_offset = CAST($1 AS bigint), tail_offset = COALESCE(CAST($2 AS bigint), tail_offset), tail_fp = COALESCE(CAST($3 AS bigint), tail_fp), last_timestamp = COALESCE(CAST(CAST($4 AS text) AS timestamptz), last_timestamp), n_applied = n_applied + CAST($5 AS bigint), n_duplicate = n_duplicate + CAST($6 AS bigint), n_dead = n_dead + CAST($7 AS bigint), n_deleted = n_deleted + CAST($8 AS bigint), n_skipped = n_skipped + CAST($9 AS bigint), n_gap = n_gap + CAST($10 AS bigint), updated_at = now() WHERE sink = CAST($11 AS text) AND topic = CAST($12 AS text) AND part = CAST($13 AS bigint) AND epoch = CAST($14 AS bigint) AND next_offset = CAST($15 AS bigint)
-- swap, mysql
UPDATE `o"``wn`.`flatsink_offset` SET next_offset = ?, tail_offset = COALESCE(?, tail_offset), tail_fp = COALESCE(?, tail_fp), last_timestamp = COALESCE(?, last_timestamp), n_applied = n_applied + ?, n_duplicate = n_duplicate + ?, n_dead = n_dead + ?, n_deleted = n_deleted + ?, n_skipped = n_skipped + ?, n_gap = n_gap + ?, updated_at = CURRENT_TIMESTAMP(6) WHERE sink = ? AND topic = ? AND part = ? AND epoch = ? AND next_offset = ?
-- swap, mariadb
UPDATE `o"``wn`.`flatsink_offset` SET next_offset = ?, tail_offset = COALESCE(?, tail_offset), tail_fp = COALESCE(?, tail_fp), last_timestamp = COALESCE(?, last_timestamp), n_applied = n_applied + ?, n_duplicate = n_duplicate + ?, n_dead = n_dead + ?, n_deleted = n_deleted + ?, n_skipped = n_skipped + ?, n_gap = n_gap + ?, updated_at = CURRENT_TIMESTAMP(6) WHERE sink = ? AND topic = ? AND part = ? AND epoch = ? AND next_offset = ?
-- swap, sqlite
UPDATE "flatsink_offset" SET next_offset = ?, tail_offset = COALESCE(?, tail_offset), tail_fp = COALESCE(?, tail_fp), last_timestamp = COALESCE(?, last_timestamp), n_applied = n_applied + ?, n_duplicate = n_duplicate + ?, n_dead = n_dead + ?, n_deleted = n_deleted + ?, n_skipped = n_skipped + ?, n_gap = n_gap + ?, updated_at = strftime('%Y-%m-%d %H:%M:%f000', 'now') WHERE sink = ? AND topic = ? AND part = ? AND epoch = ? AND next_offset = ?
-- correct, postgres
UPDATE "o""`wn"."flatsink_offset" SET part = part, n_applied = n_applied + CAST($1 AS bigint), n_duplicate = n_duplicate + CAST($2 AS bigint), n_dead = n_dead + CAST($3 AS bigint), n_deleted = n_deleted + CAST($4 AS bigint), n_skipped = n_skipped + CAST($5 AS bigint), n_gap = n_gap + CAST($6 AS bigint) WHERE sink = CAST($7 AS text) AND topic = CAST($8 AS text) AND part = CAST($9 AS bigint)
-- correct, mysql
UPDATE `o"``wn`.`flatsink_offset` SET part = part, n_applied = n_applied + ?, n_duplicate = n_duplicate + ?, n_dead = n_dead + ?, n_deleted = n_deleted + ?, n_skipped = n_skipped + ?, n_gap = n_gap + ? WHERE sink = ? AND topic = ? AND part = ?
-- correct, mariadb
UPDATE `o"``wn`.`flatsink_offset` SET part = part, n_applied = n_applied + ?, n_duplicate = n_duplicate + ?, n_dead = n_dead + ?, n_deleted = n_deleted + ?, n_skipped = n_skipped + ?, n_gap = n_gap + ? WHERE sink = ? AND topic = ? AND part = ?
-- correct, sqlite
UPDATE "flatsink_offset" SET part = part, n_applied = n_applied + ?, n_duplicate = n_duplicate + ?, n_dead = n_dead + ?, n_deleted = n_deleted + ?, n_skipped = n_skipped + ?, n_gap = n_gap + ? WHERE sink = ? AND topic = ? AND part = ?
-- read, postgres
SELECT topic, part, incarnation, epoch, start_offset, next_offset, tail_offset, tail_fp, owner FROM "o""`wn"."flatsink_offset" WHERE sink = CAST($1 AS text) AND ((topic = CAST($2 AS text) AND part = CAST($3 AS bigint)) OR (topic = CAST($4 AS text) AND part = CAST($5 AS bigint))) ORDER BY topic, part
-- read, mysql
SELECT topic, part, incarnation, epoch, start_offset, next_offset, tail_offset, tail_fp, owner FROM `o"``wn`.`flatsink_offset` WHERE sink = ? AND ((topic = ? AND part = ?) OR (topic = ? AND part = ?)) ORDER BY topic, part
-- read, mariadb
SELECT topic, part, incarnation, epoch, start_offset, next_offset, tail_offset, tail_fp, owner FROM `o"``wn`.`flatsink_offset` WHERE sink = ? AND ((topic = ? AND part = ?) OR (topic = ? AND part = ?)) ORDER BY topic, part
-- read, sqlite
SELECT topic, part, incarnation, epoch, start_offset, next_offset, tail_offset, tail_fp, owner FROM "flatsink_offset" WHERE sink = ? AND ((topic = ? AND part = ?) OR (topic = ? AND part = ?)) ORDER BY topic, part
-- read all, postgres
SELECT topic, part, incarnation, epoch, start_offset, next_offset, tail_offset, tail_fp, owner FROM "o""`wn"."flatsink_offset" WHERE sink = CAST($1 AS text) ORDER BY topic, part
-- read all, mysql
SELECT topic, part, incarnation, epoch, start_offset, next_offset, tail_offset, tail_fp, owner FROM `o"``wn`.`flatsink_offset` WHERE sink = ? ORDER BY topic, part
-- read all, mariadb
SELECT topic, part, incarnation, epoch, start_offset, next_offset, tail_offset, tail_fp, owner FROM `o"``wn`.`flatsink_offset` WHERE sink = ? ORDER BY topic, part
-- read all, sqlite
SELECT topic, part, incarnation, epoch, start_offset, next_offset, tail_offset, tail_fp, owner FROM "flatsink_offset" WHERE sink = ? ORDER BY topic, part
-- lock, postgres
SELECT topic, part, incarnation, epoch, start_offset, next_offset, tail_offset, tail_fp, owner FROM "o""`wn"."flatsink_offset" WHERE sink = CAST($1 AS text) AND ((topic = CAST($2 AS text) AND part = CAST($3 AS bigint)) OR (topic = CAST($4 AS text) AND part = CAST($5 AS bigint))) ORDER BY topic, part FOR UPDATE
-- lock, mysql
SELECT topic, part, incarnation, epoch, start_offset, next_offset, tail_offset, tail_fp, owner FROM `o"``wn`.`flatsink_offset` WHERE sink = ? AND ((topic = ? AND part = ?) OR (topic = ? AND part = ?)) ORDER BY topic, part FOR UPDATE
-- lock, mariadb
SELECT topic, part, incarnation, epoch, start_offset, next_offset, tail_offset, tail_fp, owner FROM `o"``wn`.`flatsink_offset` WHERE sink = ? AND ((topic = ? AND part = ?) OR (topic = ? AND part = ?)) ORDER BY topic, part FOR UPDATE
-- lock, sqlite
SELECT topic, part, incarnation, epoch, start_offset, next_offset, tail_offset, tail_fp, owner FROM "flatsink_offset" WHERE sink = ? AND ((topic = ? AND part = ?) OR (topic = ? AND part = ?)) ORDER BY topic, part
-- lock, skip, postgres
SELECT topic, part, incarnation, epoch, start_offset, next_offset, tail_offset, tail_fp, owner FROM "o""`wn"."flatsink_offset" WHERE sink = CAST($1 AS text) AND ((topic = CAST($2 AS text) AND part = CAST($3 AS bigint)) OR (topic = CAST($4 AS text) AND part = CAST($5 AS bigint))) ORDER BY topic, part FOR UPDATE SKIP LOCKED
-- lock, skip, mysql
SELECT topic, part, incarnation, epoch, start_offset, next_offset, tail_offset, tail_fp, owner FROM `o"``wn`.`flatsink_offset` WHERE sink = ? AND ((topic = ? AND part = ?) OR (topic = ? AND part = ?)) ORDER BY topic, part FOR UPDATE SKIP LOCKED
-- lock, skip, mariadb
SELECT topic, part, incarnation, epoch, start_offset, next_offset, tail_offset, tail_fp, owner FROM `o"``wn`.`flatsink_offset` WHERE sink = ? AND ((topic = ? AND part = ?) OR (topic = ? AND part = ?)) ORDER BY topic, part FOR UPDATE SKIP LOCKED
-- lock, skip, sqlite
SELECT topic, part, incarnation, epoch, start_offset, next_offset, tail_offset, tail_fp, owner FROM "flatsink_offset" WHERE sink = ? AND ((topic = ? AND part = ?) OR (topic = ? AND part = ?)) ORDER BY topic, part
-- claim, postgres
UPDATE "o""`wn"."flatsink_offset" SET epoch = CAST($1 AS bigint), owner = CAST($2 AS text) WHERE sink = CAST($3 AS text) AND topic = CAST($4 AS text) AND part = CAST($5 AS bigint)
-- claim, mysql
UPDATE `o"``wn`.`flatsink_offset` SET epoch = ?, owner = ? WHERE sink = ? AND topic = ? AND part = ?
-- claim, mariadb
UPDATE `o"``wn`.`flatsink_offset` SET epoch = ?, owner = ? WHERE sink = ? AND topic = ? AND part = ?
-- claim, sqlite
UPDATE "flatsink_offset" SET epoch = ?, owner = ? WHERE sink = ? AND topic = ? AND part = ?
-- renew, postgres
UPDATE "o""`wn"."flatsink_offset" SET owner = CAST($1 AS text) WHERE sink = CAST($2 AS text) AND topic = CAST($3 AS text) AND part = CAST($4 AS bigint) AND epoch = CAST($5 AS bigint)
-- renew, mysql
UPDATE `o"``wn`.`flatsink_offset` SET owner = ? WHERE sink = ? AND topic = ? AND part = ? AND epoch = ?
-- renew, mariadb
UPDATE `o"``wn`.`flatsink_offset` SET owner = ? WHERE sink = ? AND topic = ? AND part = ? AND epoch = ?
-- renew, sqlite
UPDATE "flatsink_offset" SET owner = ? WHERE sink = ? AND topic = ? AND part = ? AND epoch = ?
-- topics, postgres
SELECT topic, incarnation, partitions FROM "o""`wn"."flatsink_topic" WHERE sink = CAST($1 AS text)
-- topics, mysql
SELECT topic, incarnation, partitions FROM `o"``wn`.`flatsink_topic` WHERE sink = ?
-- topics, mariadb
SELECT topic, incarnation, partitions FROM `o"``wn`.`flatsink_topic` WHERE sink = ?
-- topics, sqlite
SELECT topic, incarnation, partitions FROM "flatsink_topic" WHERE sink = ?
-- topic, postgres
SELECT topic, incarnation, partitions FROM "o""`wn"."flatsink_topic" WHERE sink = CAST($1 AS text) AND topic = CAST($2 AS text) FOR UPDATE
-- topic, mysql
SELECT topic, incarnation, partitions FROM `o"``wn`.`flatsink_topic` WHERE sink = ? AND topic = ? FOR UPDATE
-- topic, mariadb
SELECT topic, incarnation, partitions FROM `o"``wn`.`flatsink_topic` WHERE sink = ? AND topic = ? FOR UPDATE
-- topic, sqlite
SELECT topic, incarnation, partitions FROM "flatsink_topic" WHERE sink = ? AND topic = ?
-- add topic, postgres
INSERT INTO "o""`wn"."flatsink_topic" ("sink", "topic", "incarnation", "partitions") VALUES (CAST($1 AS text), CAST($2 AS text), CAST($3 AS text), CAST($4 AS bigint))
-- add topic, mysql
INSERT INTO `o"``wn`.`flatsink_topic` (`sink`, `topic`, `incarnation`, `partitions`) VALUES (?, ?, ?, ?)
-- add topic, mariadb
INSERT INTO `o"``wn`.`flatsink_topic` (`sink`, `topic`, `incarnation`, `partitions`) VALUES (?, ?, ?, ?)
-- add topic, sqlite
INSERT INTO "flatsink_topic" ("sink", "topic", "incarnation", "partitions") VALUES (?, ?, ?, ?)
-- set topic, postgres
UPDATE "o""`wn"."flatsink_topic" SET incarnation = CAST($1 AS text), partitions = CAST($2 AS bigint) WHERE sink = CAST($3 AS text) AND topic = CAST($4 AS text)
-- set topic, mysql
UPDATE `o"``wn`.`flatsink_topic` SET incarnation = ?, partitions = ? WHERE sink = ? AND topic = ?
-- set topic, mariadb
UPDATE `o"``wn`.`flatsink_topic` SET incarnation = ?, partitions = ? WHERE sink = ? AND topic = ?
-- set topic, sqlite
UPDATE "flatsink_topic" SET incarnation = ?, partitions = ? WHERE sink = ? AND topic = ?
-- add partitions, postgres
INSERT INTO "o""`wn"."flatsink_offset" ("sink", "topic", "part", "incarnation", "start_offset", "next_offset") VALUES (CAST($1 AS text), CAST($2 AS text), CAST($3 AS bigint), CAST($4 AS text), CAST($5 AS bigint), CAST($6 AS bigint)), (CAST($7 AS text), CAST($8 AS text), CAST($9 AS bigint), CAST($10 AS text), CAST($11 AS bigint), CAST($12 AS bigint))
-- add partitions, mysql
INSERT INTO `o"``wn`.`flatsink_offset` (`sink`, `topic`, `part`, `incarnation`, `start_offset`, `next_offset`) VALUES (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?)
-- add partitions, mariadb
INSERT INTO `o"``wn`.`flatsink_offset` (`sink`, `topic`, `part`, `incarnation`, `start_offset`, `next_offset`) VALUES (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?)
-- add partitions, sqlite
INSERT INTO "flatsink_offset" ("sink", "topic", "part", "incarnation", "start_offset", "next_offset") VALUES (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?)
-- reset, postgres
UPDATE "o""`wn"."flatsink_offset" SET epoch = epoch + 1, incarnation = CAST($1 AS text), start_offset = CAST($2 AS bigint), next_offset = CAST($3 AS bigint), n_applied = 0, n_duplicate = 0, n_dead = 0, n_deleted = 0, n_skipped = 0, n_gap = 0, tail_offset = NULL, tail_fp = NULL, last_timestamp = NULL, crash_offset = NULL, crash_count = 0, updated_at = now() WHERE sink = CAST($4 AS text) AND topic = CAST($5 AS text) AND part = CAST($6 AS bigint)
-- reset, mysql
UPDATE `o"``wn`.`flatsink_offset` SET epoch = epoch + 1, incarnation = ?, start_offset = ?, next_offset = ?, n_applied = 0, n_duplicate = 0, n_dead = 0, n_deleted = 0, n_skipped = 0, n_gap = 0, tail_offset = NULL, tail_fp = NULL, last_timestamp = NULL, crash_offset = NULL, crash_count = 0, updated_at = CURRENT_TIMESTAMP(6) WHERE sink = ? AND topic = ? AND part = ?
-- reset, mariadb
UPDATE `o"``wn`.`flatsink_offset` SET epoch = epoch + 1, incarnation = ?, start_offset = ?, next_offset = ?, n_applied = 0, n_duplicate = 0, n_dead = 0, n_deleted = 0, n_skipped = 0, n_gap = 0, tail_offset = NULL, tail_fp = NULL, last_timestamp = NULL, crash_offset = NULL, crash_count = 0, updated_at = CURRENT_TIMESTAMP(6) WHERE sink = ? AND topic = ? AND part = ?
-- reset, sqlite
UPDATE "flatsink_offset" SET epoch = epoch + 1, incarnation = ?, start_offset = ?, next_offset = ?, n_applied = 0, n_duplicate = 0, n_dead = 0, n_deleted = 0, n_skipped = 0, n_gap = 0, tail_offset = NULL, tail_fp = NULL, last_timestamp = NULL, crash_offset = NULL, crash_count = 0, updated_at = strftime('%Y-%m-%d %H:%M:%f000', 'now') WHERE sink = ? AND topic = ? AND part = ?
-- forget partitions, postgres
DELETE FROM "o""`wn"."flatsink_offset" WHERE sink = CAST($1 AS text) AND topic = CAST($2 AS text) AND part >= CAST($3 AS bigint)
-- forget partitions, mysql
DELETE FROM `o"``wn`.`flatsink_offset` WHERE sink = ? AND topic = ? AND part >= ?
-- forget partitions, mariadb
DELETE FROM `o"``wn`.`flatsink_offset` WHERE sink = ? AND topic = ? AND part >= ?
-- forget partitions, sqlite
DELETE FROM "flatsink_offset" WHERE sink = ? AND topic = ? AND part >= ?
-- table of, postgres
SELECT table_schema, table_name FROM "o""`wn"."flatsink_table" WHERE sink = CAST($1 AS text) AND topic = CAST($2 AS text)
-- table of, mysql
SELECT table_schema, table_name FROM `o"``wn`.`flatsink_table` WHERE sink = ? AND topic = ?
-- table of, mariadb
SELECT table_schema, table_name FROM `o"``wn`.`flatsink_table` WHERE sink = ? AND topic = ?
-- table of, sqlite
SELECT table_schema, table_name FROM "flatsink_table" WHERE sink = ? AND topic = ?
-- gap, postgres
INSERT INTO "o""`wn"."flatsink_gap" ("sink", "topic", "incarnation", "part", "from_offset", "to_offset") VALUES (CAST($1 AS text), CAST($2 AS text), CAST($3 AS text), CAST($4 AS bigint), CAST($5 AS bigint), CAST($6 AS bigint)) ON CONFLICT ("sink", "topic", "incarnation", "part", "from_offset") DO UPDATE SET "to_offset" = excluded."to_offset"
-- gap, mysql
INSERT INTO `o"``wn`.`flatsink_gap` (`sink`, `topic`, `incarnation`, `part`, `from_offset`, `to_offset`) VALUES (?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE `to_offset` = VALUES(`to_offset`)
-- gap, mariadb
INSERT INTO `o"``wn`.`flatsink_gap` (`sink`, `topic`, `incarnation`, `part`, `from_offset`, `to_offset`) VALUES (?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE `to_offset` = VALUES(`to_offset`)
-- gap, sqlite
INSERT INTO "flatsink_gap" ("sink", "topic", "incarnation", "part", "from_offset", "to_offset") VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT ("sink", "topic", "incarnation", "part", "from_offset") DO UPDATE SET "to_offset" = excluded."to_offset"
-- dead letters, postgres
INSERT INTO "o""`wn"."flatsink_dead_letter" ("sink", "topic", "incarnation", "part", "record_offset", "record_key", "record_value", "headers", "record_length", "record_sha256", "truncated", "record_timestamp", "schema_id", "reason", "sqlstate", "message", "table_name", "version") VALUES (CAST($1 AS text), CAST($2 AS text), CAST($3 AS text), CAST($4 AS bigint), CAST($5 AS bigint), CAST($6 AS bytea), CAST($7 AS bytea), CAST($8 AS bytea), CAST($9 AS bigint), CAST($10 AS bytea), (CAST($11 AS bigint) <> 0), CAST(CAST($12 AS text) AS timestamptz), CAST($13 AS bigint), CAST($14 AS text), CAST($15 AS text), CAST($16 AS text), CAST($17 AS text), CAST($18 AS text)) ON CONFLICT ("sink", "topic", "incarnation", "part", "record_offset") DO UPDATE SET "record_key" = excluded."record_key", "record_value" = excluded."record_value", "headers" = excluded."headers", "record_length" = excluded."record_length", "record_sha256" = excluded."record_sha256", "truncated" = excluded."truncated", "record_timestamp" = excluded."record_timestamp", "schema_id" = excluded."schema_id", "reason" = excluded."reason", "sqlstate" = excluded."sqlstate", "message" = excluded."message", "table_name" = excluded."table_name", "version" = excluded."version"
-- dead letters, mysql
INSERT INTO `o"``wn`.`flatsink_dead_letter` (`sink`, `topic`, `incarnation`, `part`, `record_offset`, `record_key`, `record_value`, `headers`, `record_length`, `record_sha256`, `truncated`, `record_timestamp`, `schema_id`, `reason`, `sqlstate`, `message`, `table_name`, `version`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE `record_key` = VALUES(`record_key`), `record_value` = VALUES(`record_value`), `headers` = VALUES(`headers`), `record_length` = VALUES(`record_length`), `record_sha256` = VALUES(`record_sha256`), `truncated` = VALUES(`truncated`), `record_timestamp` = VALUES(`record_timestamp`), `schema_id` = VALUES(`schema_id`), `reason` = VALUES(`reason`), `sqlstate` = VALUES(`sqlstate`), `message` = VALUES(`message`), `table_name` = VALUES(`table_name`), `version` = VALUES(`version`)
-- dead letters, mariadb
INSERT INTO `o"``wn`.`flatsink_dead_letter` (`sink`, `topic`, `incarnation`, `part`, `record_offset`, `record_key`, `record_value`, `headers`, `record_length`, `record_sha256`, `truncated`, `record_timestamp`, `schema_id`, `reason`, `sqlstate`, `message`, `table_name`, `version`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE `record_key` = VALUES(`record_key`), `record_value` = VALUES(`record_value`), `headers` = VALUES(`headers`), `record_length` = VALUES(`record_length`), `record_sha256` = VALUES(`record_sha256`), `truncated` = VALUES(`truncated`), `record_timestamp` = VALUES(`record_timestamp`), `schema_id` = VALUES(`schema_id`), `reason` = VALUES(`reason`), `sqlstate` = VALUES(`sqlstate`), `message` = VALUES(`message`), `table_name` = VALUES(`table_name`), `version` = VALUES(`version`)
-- dead letters, sqlite
INSERT INTO "flatsink_dead_letter" ("sink", "topic", "incarnation", "part", "record_offset", "record_key", "record_value", "headers", "record_length", "record_sha256", "truncated", "record_timestamp", "schema_id", "reason", "sqlstate", "message", "table_name", "version") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT ("sink", "topic", "incarnation", "part", "record_offset") DO UPDATE SET "record_key" = excluded."record_key", "record_value" = excluded."record_value", "headers" = excluded."headers", "record_length" = excluded."record_length", "record_sha256" = excluded."record_sha256", "truncated" = excluded."truncated", "record_timestamp" = excluded."record_timestamp", "schema_id" = excluded."schema_id", "reason" = excluded."reason", "sqlstate" = excluded."sqlstate", "message" = excluded."message", "table_name" = excluded."table_name", "version" = excluded."version"
