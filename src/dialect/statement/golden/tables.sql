-- Insert, three key columns, postgres
INSERT INTO "s""`1"."t'; DROP" ("_sink_topic", "_sink_partition", "_sink_offset", "se""le`ct ?", "b", "c") SELECT * FROM unnest($1::text[], $2::int4[], $3::int8[], $4::jsonb[], $5::numeric[], $6::timestamptz[])
-- Insert, three key columns, mysql
INSERT INTO `s"``1`.`t'; DROP` (`_sink_topic`, `_sink_partition`, `_sink_offset`, `se"le``ct ?`, `b`, `c`) VALUES (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?)
-- Insert, three key columns, mariadb
INSERT INTO `s"``1`.`t'; DROP` (`_sink_topic`, `_sink_partition`, `_sink_offset`, `se"le``ct ?`, `b`, `c`) VALUES (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?)
-- Insert, three key columns, sqlite
INSERT OR ABORT INTO "t'; DROP" ("_sink_topic", "_sink_partition", "_sink_offset", "se""le`ct ?", "b", "c") VALUES (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?)
-- Insert, one, postgres
INSERT INTO "s""`1"."t'; DROP" ("_sink_topic", "_sink_partition", "_sink_offset", "se""le`ct ?", "b", "c") SELECT * FROM unnest($1::text[], $2::int4[], $3::int8[], $4::jsonb[], $5::numeric[], $6::timestamptz[])
-- Insert, one, mysql
INSERT INTO `s"``1`.`t'; DROP` (`_sink_topic`, `_sink_partition`, `_sink_offset`, `se"le``ct ?`, `b`, `c`) VALUES (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?)
-- Insert, one, mariadb
INSERT INTO `s"``1`.`t'; DROP` (`_sink_topic`, `_sink_partition`, `_sink_offset`, `se"le``ct ?`, `b`, `c`) VALUES (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?)
-- Insert, one, sqlite
INSERT OR ABORT INTO "t'; DROP" ("_sink_topic", "_sink_partition", "_sink_offset", "se""le`ct ?", "b", "c") VALUES (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?)
-- InsertMissing, three key columns, postgres
INSERT INTO "s""`1"."t'; DROP" ("_sink_topic", "_sink_partition", "_sink_offset", "se""le`ct ?", "b", "c") SELECT * FROM unnest($1::text[], $2::int4[], $3::int8[], $4::jsonb[], $5::numeric[], $6::timestamptz[]) ON CONFLICT ("_sink_topic", "_sink_partition", "_sink_offset") DO NOTHING
-- InsertMissing, three key columns, mysql
INSERT INTO `s"``1`.`t'; DROP` (`_sink_topic`, `_sink_partition`, `_sink_offset`, `se"le``ct ?`, `b`, `c`) VALUES (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE `_sink_topic` = IF(`s"``1`.`t'; DROP`.`_sink_topic` = VALUES(`_sink_topic`) AND `s"``1`.`t'; DROP`.`_sink_partition` = VALUES(`_sink_partition`) AND `s"``1`.`t'; DROP`.`_sink_offset` = VALUES(`_sink_offset`), `s"``1`.`t'; DROP`.`_sink_topic`, NULL)
-- InsertMissing, three key columns, mariadb
INSERT INTO `s"``1`.`t'; DROP` (`_sink_topic`, `_sink_partition`, `_sink_offset`, `se"le``ct ?`, `b`, `c`) VALUES (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE `_sink_topic` = IF(`s"``1`.`t'; DROP`.`_sink_topic` = VALUES(`_sink_topic`) AND `s"``1`.`t'; DROP`.`_sink_partition` = VALUES(`_sink_partition`) AND `s"``1`.`t'; DROP`.`_sink_offset` = VALUES(`_sink_offset`), `s"``1`.`t'; DROP`.`_sink_topic`, NULL)
-- InsertMissing, three key columns, sqlite
INSERT OR ABORT INTO "t'; DROP" ("_sink_topic", "_sink_partition", "_sink_offset", "se""le`ct ?", "b", "c") VALUES (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?) ON CONFLICT ("_sink_topic", "_sink_partition", "_sink_offset") DO NOTHING
-- InsertMissing, one, postgres
INSERT INTO "s""`1"."t'; DROP" ("_sink_topic", "_sink_partition", "_sink_offset", "se""le`ct ?", "b", "c") SELECT * FROM unnest($1::text[], $2::int4[], $3::int8[], $4::jsonb[], $5::numeric[], $6::timestamptz[]) ON CONFLICT ("_sink_topic") DO NOTHING
-- InsertMissing, one, mysql
INSERT INTO `s"``1`.`t'; DROP` (`_sink_topic`, `_sink_partition`, `_sink_offset`, `se"le``ct ?`, `b`, `c`) VALUES (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE `_sink_topic` = IF(`s"``1`.`t'; DROP`.`_sink_topic` = VALUES(`_sink_topic`), `s"``1`.`t'; DROP`.`_sink_topic`, NULL)
-- InsertMissing, one, mariadb
INSERT INTO `s"``1`.`t'; DROP` (`_sink_topic`, `_sink_partition`, `_sink_offset`, `se"le``ct ?`, `b`, `c`) VALUES (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE `_sink_topic` = IF(`s"``1`.`t'; DROP`.`_sink_topic` = VALUES(`_sink_topic`), `s"``1`.`t'; DROP`.`_sink_topic`, NULL)
-- InsertMissing, one, sqlite
INSERT OR ABORT INTO "t'; DROP" ("_sink_topic", "_sink_partition", "_sink_offset", "se""le`ct ?", "b", "c") VALUES (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?) ON CONFLICT ("_sink_topic") DO NOTHING
-- Upsert, three key columns, postgres
INSERT INTO "s""`1"."t'; DROP" ("_sink_topic", "_sink_partition", "_sink_offset", "se""le`ct ?", "b", "c") SELECT * FROM unnest($1::text[], $2::int4[], $3::int8[], $4::jsonb[], $5::numeric[], $6::timestamptz[]) ON CONFLICT ("_sink_topic", "_sink_partition", "_sink_offset") DO UPDATE SET "se""le`ct ?" = excluded."se""le`ct ?", "b" = excluded."b", "c" = excluded."c"
-- Upsert, three key columns, mysql
INSERT INTO `s"``1`.`t'; DROP` (`_sink_topic`, `_sink_partition`, `_sink_offset`, `se"le``ct ?`, `b`, `c`) VALUES (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE `_sink_topic` = IF(`s"``1`.`t'; DROP`.`_sink_topic` = VALUES(`_sink_topic`) AND `s"``1`.`t'; DROP`.`_sink_partition` = VALUES(`_sink_partition`) AND `s"``1`.`t'; DROP`.`_sink_offset` = VALUES(`_sink_offset`), `s"``1`.`t'; DROP`.`_sink_topic`, NULL), `se"le``ct ?` = VALUES(`se"le``ct ?`), `b` = VALUES(`b`), `c` = VALUES(`c`)
-- Upsert, three key columns, mariadb
INSERT INTO `s"``1`.`t'; DROP` (`_sink_topic`, `_sink_partition`, `_sink_offset`, `se"le``ct ?`, `b`, `c`) VALUES (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE `_sink_topic` = IF(`s"``1`.`t'; DROP`.`_sink_topic` = VALUES(`_sink_topic`) AND `s"``1`.`t'; DROP`.`_sink_partition` = VALUES(`_sink_partition`) AND `s"``1`.`t'; DROP`.`_sink_offset` = VALUES(`_sink_offset`), `s"``1`.`t'; DROP`.`_sink_topic`, NULL), `se"le``ct ?` = VALUES(`se"le``ct ?`), `b` = VALUES(`b`), `c` = VALUES(`c`)
-- Upsert, three key columns, sqlite
INSERT OR ABORT INTO "t'; DROP" ("_sink_topic", "_sink_partition", "_sink_offset", "se""le`ct ?", "b", "c") VALUES (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?) ON CONFLICT ("_sink_topic", "_sink_partition", "_sink_offset") DO UPDATE SET "se""le`ct ?" = excluded."se""le`ct ?", "b" = excluded."b", "c" = excluded."c"
-- Upsert, one, postgres
INSERT INTO "s""`1"."t'; DROP" ("_sink_topic", "_sink_partition", "_sink_offset", "se""le`ct ?", "b", "c") SELECT * FROM unnest($1::text[], $2::int4[], $3::int8[], $4::jsonb[], $5::numeric[], $6::timestamptz[]) ON CONFLICT ("_sink_topic") DO UPDATE SET "_sink_partition" = excluded."_sink_partition", "_sink_offset" = excluded."_sink_offset", "se""le`ct ?" = excluded."se""le`ct ?", "b" = excluded."b", "c" = excluded."c", "go`n""e" = NULL, "lost" = NULL
-- Upsert, one, mysql
INSERT INTO `s"``1`.`t'; DROP` (`_sink_topic`, `_sink_partition`, `_sink_offset`, `se"le``ct ?`, `b`, `c`) VALUES (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE `_sink_topic` = IF(`s"``1`.`t'; DROP`.`_sink_topic` = VALUES(`_sink_topic`), `s"``1`.`t'; DROP`.`_sink_topic`, NULL), `_sink_partition` = VALUES(`_sink_partition`), `_sink_offset` = VALUES(`_sink_offset`), `se"le``ct ?` = VALUES(`se"le``ct ?`), `b` = VALUES(`b`), `c` = VALUES(`c`), `go``n"e` = NULL, `lost` = NULL
-- Upsert, one, mariadb
INSERT INTO `s"``1`.`t'; DROP` (`_sink_topic`, `_sink_partition`, `_sink_offset`, `se"le``ct ?`, `b`, `c`) VALUES (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE `_sink_topic` = IF(`s"``1`.`t'; DROP`.`_sink_topic` = VALUES(`_sink_topic`), `s"``1`.`t'; DROP`.`_sink_topic`, NULL), `_sink_partition` = VALUES(`_sink_partition`), `_sink_offset` = VALUES(`_sink_offset`), `se"le``ct ?` = VALUES(`se"le``ct ?`), `b` = VALUES(`b`), `c` = VALUES(`c`), `go``n"e` = NULL, `lost` = NULL
-- Upsert, one, sqlite
INSERT OR ABORT INTO "t'; DROP" ("_sink_topic", "_sink_partition", "_sink_offset", "se""le`ct ?", "b", "c") VALUES (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?) ON CONFLICT ("_sink_topic") DO UPDATE SET "_sink_partition" = excluded."_sink_partition", "_sink_offset" = excluded."_sink_offset", "se""le`ct ?" = excluded."se""le`ct ?", "b" = excluded."b", "c" = excluded."c", "go`n""e" = NULL, "lost" = NULL
-- Delete, three key columns, postgres
DELETE FROM "s""`1"."t'; DROP" AS t USING unnest($1::text[], $2::int4[], $3::int8[]) WITH ORDINALITY AS k(c0, c1, c2, n) WHERE t."_sink_topic" = k.c0 AND t."_sink_partition" = k.c1 AND t."_sink_offset" = k.c2
-- Delete, three key columns, mysql
DELETE FROM `s"``1`.`t'; DROP` WHERE (`_sink_topic` = ? AND `_sink_partition` = ? AND `_sink_offset` = ?) OR (`_sink_topic` = ? AND `_sink_partition` = ? AND `_sink_offset` = ?)
-- Delete, three key columns, mariadb
DELETE FROM `s"``1`.`t'; DROP` WHERE (`_sink_topic` = ? AND `_sink_partition` = ? AND `_sink_offset` = ?) OR (`_sink_topic` = ? AND `_sink_partition` = ? AND `_sink_offset` = ?)
-- Delete, three key columns, sqlite
DELETE FROM "t'; DROP" WHERE ("_sink_topic" = ? AND "_sink_partition" = ? AND "_sink_offset" = ?) OR ("_sink_topic" = ? AND "_sink_partition" = ? AND "_sink_offset" = ?)
-- Delete, one, postgres
DELETE FROM "s""`1"."t'; DROP" AS t USING unnest($1::text[]) WITH ORDINALITY AS k(c0, n) WHERE t."_sink_topic" = k.c0
-- Delete, one, mysql
DELETE FROM `s"``1`.`t'; DROP` WHERE `_sink_topic` IN (?, ?)
-- Delete, one, mariadb
DELETE FROM `s"``1`.`t'; DROP` WHERE `_sink_topic` IN (?, ?)
-- Delete, one, sqlite
DELETE FROM "t'; DROP" WHERE "_sink_topic" IN (?, ?)
-- Lock, three key columns, postgres
SELECT 1 FROM unnest($1::text[], $2::int4[], $3::int8[]) WITH ORDINALITY AS k(c0, c1, c2, n) JOIN "s""`1"."t'; DROP" AS t ON t."_sink_topic" = k.c0 AND t."_sink_partition" = k.c1 AND t."_sink_offset" = k.c2 ORDER BY k.n FOR UPDATE OF t
-- Lock, three key columns, mysql
SELECT 1 FROM `s"``1`.`t'; DROP` WHERE (`_sink_topic` = ? AND `_sink_partition` = ? AND `_sink_offset` = ?) OR (`_sink_topic` = ? AND `_sink_partition` = ? AND `_sink_offset` = ?) ORDER BY `_sink_topic`, `_sink_partition`, `_sink_offset` FOR UPDATE
-- Lock, three key columns, mariadb
SELECT 1 FROM `s"``1`.`t'; DROP` WHERE (`_sink_topic` = ? AND `_sink_partition` = ? AND `_sink_offset` = ?) OR (`_sink_topic` = ? AND `_sink_partition` = ? AND `_sink_offset` = ?) ORDER BY `_sink_topic`, `_sink_partition`, `_sink_offset` FOR UPDATE
-- Lock, three key columns, sqlite
SELECT 0, "_sink_partition", "_sink_offset", "_sink_topic" FROM "t'; DROP" WHERE "_sink_topic" = ? AND "_sink_partition" = ? AND "_sink_offset" = ? UNION ALL SELECT 1, "_sink_partition", "_sink_offset", "_sink_topic" FROM "t'; DROP" WHERE "_sink_topic" = ? AND "_sink_partition" = ? AND "_sink_offset" = ?
-- Lock, one, postgres
SELECT 1 FROM unnest($1::text[]) WITH ORDINALITY AS k(c0, n) JOIN "s""`1"."t'; DROP" AS t ON t."_sink_topic" = k.c0 ORDER BY k.n FOR UPDATE OF t
-- Lock, one, mysql
SELECT 1 FROM `s"``1`.`t'; DROP` WHERE `_sink_topic` IN (?, ?) ORDER BY `_sink_topic` FOR UPDATE
-- Lock, one, mariadb
SELECT 1 FROM `s"``1`.`t'; DROP` WHERE `_sink_topic` IN (?, ?) ORDER BY `_sink_topic` FOR UPDATE
-- Lock, one, sqlite
SELECT 0, "_sink_partition", "_sink_offset", "_sink_topic" FROM "t'; DROP" WHERE "_sink_topic" = ? UNION ALL SELECT 1, "_sink_partition", "_sink_offset", "_sink_topic" FROM "t'; DROP" WHERE "_sink_topic" = ?
-- Coordinates, three key columns, postgres
SELECT k.n - 1, t."_sink_partition", t."_sink_offset", t."_sink_topic" FROM unnest($1::text[], $2::int4[], $3::int8[]) WITH ORDINALITY AS k(c0, c1, c2, n) JOIN "s""`1"."t'; DROP" AS t ON t."_sink_topic" = k.c0 AND t."_sink_partition" = k.c1 AND t."_sink_offset" = k.c2
-- Coordinates, three key columns, mysql
SELECT 0, `_sink_partition`, `_sink_offset`, `_sink_topic` FROM `s"``1`.`t'; DROP` WHERE `_sink_topic` = ? AND `_sink_partition` = ? AND `_sink_offset` = ? UNION ALL SELECT 1, `_sink_partition`, `_sink_offset`, `_sink_topic` FROM `s"``1`.`t'; DROP` WHERE `_sink_topic` = ? AND `_sink_partition` = ? AND `_sink_offset` = ?
-- Coordinates, three key columns, mariadb
SELECT 0, `_sink_partition`, `_sink_offset`, `_sink_topic` FROM `s"``1`.`t'; DROP` WHERE `_sink_topic` = ? AND `_sink_partition` = ? AND `_sink_offset` = ? UNION ALL SELECT 1, `_sink_partition`, `_sink_offset`, `_sink_topic` FROM `s"``1`.`t'; DROP` WHERE `_sink_topic` = ? AND `_sink_partition` = ? AND `_sink_offset` = ?
-- Coordinates, three key columns, sqlite
SELECT 0, "_sink_partition", "_sink_offset", "_sink_topic" FROM "t'; DROP" WHERE "_sink_topic" = ? AND "_sink_partition" = ? AND "_sink_offset" = ? UNION ALL SELECT 1, "_sink_partition", "_sink_offset", "_sink_topic" FROM "t'; DROP" WHERE "_sink_topic" = ? AND "_sink_partition" = ? AND "_sink_offset" = ?
-- Coordinates, one, postgres
SELECT k.n - 1, t."_sink_partition", t."_sink_offset", t."_sink_topic" FROM unnest($1::text[]) WITH ORDINALITY AS k(c0, n) JOIN "s""`1"."t'; DROP" AS t ON t."_sink_topic" = k.c0
-- Coordinates, one, mysql
SELECT 0, `_sink_partition`, `_sink_offset`, `_sink_topic` FROM `s"``1`.`t'; DROP` WHERE `_sink_topic` = ? UNION ALL SELECT 1, `_sink_partition`, `_sink_offset`, `_sink_topic` FROM `s"``1`.`t'; DROP` WHERE `_sink_topic` = ?
-- Coordinates, one, mariadb
SELECT 0, `_sink_partition`, `_sink_offset`, `_sink_topic` FROM `s"``1`.`t'; DROP` WHERE `_sink_topic` = ? UNION ALL SELECT 1, `_sink_partition`, `_sink_offset`, `_sink_topic` FROM `s"``1`.`t'; DROP` WHERE `_sink_topic` = ?
-- Coordinates, one, sqlite
SELECT 0, "_sink_partition", "_sink_offset", "_sink_topic" FROM "t'; DROP" WHERE "_sink_topic" = ? UNION ALL SELECT 1, "_sink_partition", "_sink_offset", "_sink_topic" FROM "t'; DROP" WHERE "_sink_topic" = ?
-- Equal, three key columns, postgres
SELECT k.n - 1 FROM unnest($1::text[], $2::int4[], $3::int8[], $4::jsonb[], $5::numeric[], $6::timestamptz[]) WITH ORDINALITY AS k(c0, c1, c2, c3, c4, c5, n) JOIN "s""`1"."t'; DROP" AS t ON t."_sink_topic" = k.c0 AND t."_sink_partition" = k.c1 AND t."_sink_offset" = k.c2 AND t."se""le`ct ?"::jsonb IS NOT DISTINCT FROM k.c3 AND t."b" IS NOT DISTINCT FROM k.c4 AND t."c" IS NOT DISTINCT FROM k.c5
-- Equal, three key columns, mysql
SELECT 0 FROM `s"``1`.`t'; DROP` WHERE `_sink_topic` = ? AND `_sink_partition` = ? AND `_sink_offset` = ? AND `se"le``ct ?` <=> CAST(? AS JSON) AND `b` <=> CAST(? AS DECIMAL(5, 2)) AND `c` <=> CAST(? AS DATETIME(6)) UNION ALL SELECT 1 FROM `s"``1`.`t'; DROP` WHERE `_sink_topic` = ? AND `_sink_partition` = ? AND `_sink_offset` = ? AND `se"le``ct ?` <=> CAST(? AS JSON) AND `b` <=> CAST(? AS DECIMAL(5, 2)) AND `c` <=> CAST(? AS DATETIME(6))
-- Equal, three key columns, mariadb
SELECT 0 FROM `s"``1`.`t'; DROP` WHERE `_sink_topic` = ? AND `_sink_partition` = ? AND `_sink_offset` = ? AND `se"le``ct ?` <=> ? AND `b` <=> CAST(? AS DECIMAL(5, 2)) AND `c` <=> CAST(? AS DATETIME(6)) UNION ALL SELECT 1 FROM `s"``1`.`t'; DROP` WHERE `_sink_topic` = ? AND `_sink_partition` = ? AND `_sink_offset` = ? AND `se"le``ct ?` <=> ? AND `b` <=> CAST(? AS DECIMAL(5, 2)) AND `c` <=> CAST(? AS DATETIME(6))
-- Equal, three key columns, sqlite
SELECT 0 FROM "t'; DROP" WHERE "_sink_topic" = ? AND "_sink_partition" = ? AND "_sink_offset" = ? AND "se""le`ct ?" IS ? AND "b" IS ? AND "c" IS ? UNION ALL SELECT 1 FROM "t'; DROP" WHERE "_sink_topic" = ? AND "_sink_partition" = ? AND "_sink_offset" = ? AND "se""le`ct ?" IS ? AND "b" IS ? AND "c" IS ?
-- Equal, one, postgres
SELECT k.n - 1 FROM unnest($1::text[], $2::jsonb[], $3::numeric[], $4::timestamptz[]) WITH ORDINALITY AS k(c0, c1, c2, c3, n) JOIN "s""`1"."t'; DROP" AS t ON t."_sink_topic" = k.c0 AND t."se""le`ct ?"::jsonb IS NOT DISTINCT FROM k.c1 AND t."b" IS NOT DISTINCT FROM k.c2 AND t."c" IS NOT DISTINCT FROM k.c3
-- Equal, one, mysql
SELECT 0 FROM `s"``1`.`t'; DROP` WHERE `_sink_topic` = ? AND `se"le``ct ?` <=> CAST(? AS JSON) AND `b` <=> CAST(? AS DECIMAL(5, 2)) AND `c` <=> CAST(? AS DATETIME(6)) UNION ALL SELECT 1 FROM `s"``1`.`t'; DROP` WHERE `_sink_topic` = ? AND `se"le``ct ?` <=> CAST(? AS JSON) AND `b` <=> CAST(? AS DECIMAL(5, 2)) AND `c` <=> CAST(? AS DATETIME(6))
-- Equal, one, mariadb
SELECT 0 FROM `s"``1`.`t'; DROP` WHERE `_sink_topic` = ? AND `se"le``ct ?` <=> ? AND `b` <=> CAST(? AS DECIMAL(5, 2)) AND `c` <=> CAST(? AS DATETIME(6)) UNION ALL SELECT 1 FROM `s"``1`.`t'; DROP` WHERE `_sink_topic` = ? AND `se"le``ct ?` <=> ? AND `b` <=> CAST(? AS DECIMAL(5, 2)) AND `c` <=> CAST(? AS DATETIME(6))
-- Equal, one, sqlite
SELECT 0 FROM "t'; DROP" WHERE "_sink_topic" = ? AND "se""le`ct ?" IS ? AND "b" IS ? AND "c" IS ? UNION ALL SELECT 1 FROM "t'; DROP" WHERE "_sink_topic" = ? AND "se""le`ct ?" IS ? AND "b" IS ? AND "c" IS ?
-- copy
COPY "s""`1"."t'; DROP" ("_sink_topic", "_sink_partition", "_sink_offset", "se""le`ct ?", "b", "c") FROM STDIN WITH (FORMAT binary)
