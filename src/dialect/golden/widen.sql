-- Text(20) to Text(100), postgres
ALTER TABLE "t""`" ALTER COLUMN "c""`" TYPE varchar(100);
-- Text(20) to Text(100), mysql
ALTER TABLE `t"``` MODIFY COLUMN `c"``` VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NULL COMMENT 'c"`''s \\ doc', ALGORITHM=INPLACE, LOCK=NONE;
-- Text(20) to Text(100), mariadb
ALTER TABLE `t"``` MODIFY COLUMN `c"``` VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NULL COMMENT 'c"`''s \\ doc', ALGORITHM=INPLACE, LOCK=NONE;
-- Text(20) to Text(100), sqlite
-- Text(70) to Text(700), postgres
ALTER TABLE "t""`" ALTER COLUMN "c""`" TYPE varchar(700);
-- Text(70) to Text(700), mysql
ALTER TABLE `t"``` MODIFY COLUMN `c"``` VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NULL COMMENT 'c"`''s \\ doc', ALGORITHM=INPLACE, LOCK=NONE;
-- Text(70) to Text(700), mariadb
ALTER TABLE `t"``` MODIFY COLUMN `c"``` VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NULL COMMENT 'c"`''s \\ doc', ALGORITHM=INPLACE, LOCK=NONE;
-- Text(70) to Text(700), sqlite
-- Text(20) to Text, postgres
ALTER TABLE "t""`" ALTER COLUMN "c""`" TYPE text;
-- Text(20) to Text, mysql
-- rewrites
ALTER TABLE `t"``` MODIFY COLUMN `c"``` LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NULL COMMENT 'c"`''s \\ doc', ALGORITHM=COPY;
-- Text(20) to Text, mariadb
-- rewrites
ALTER TABLE `t"``` MODIFY COLUMN `c"``` LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NULL COMMENT 'c"`''s \\ doc', ALGORITHM=COPY;
-- Text(20) to Text, sqlite
-- Decimal(5,2) to Decimal(9,2), postgres
ALTER TABLE "t""`" ALTER COLUMN "c""`" TYPE numeric(9,2);
-- Decimal(5,2) to Decimal(9,2), mysql
-- rewrites
ALTER TABLE `t"``` MODIFY COLUMN `c"``` DECIMAL(9,2) NULL COMMENT 'c"`''s \\ doc', ALGORITHM=COPY;
-- Decimal(5,2) to Decimal(9,2), mariadb
-- rewrites
ALTER TABLE `t"``` MODIFY COLUMN `c"``` DECIMAL(9,2) NULL COMMENT 'c"`''s \\ doc', ALGORITHM=COPY;
-- Decimal(5,2) to Decimal(9,2), sqlite
-- Decimal(5,2) to Decimal(9,4), postgres
-- rewrites
ALTER TABLE "t""`" ALTER COLUMN "c""`" TYPE numeric(9,4);
-- Decimal(5,2) to Decimal(9,4), mysql
-- rewrites
ALTER TABLE `t"``` MODIFY COLUMN `c"``` DECIMAL(9,4) NULL COMMENT 'c"`''s \\ doc', ALGORITHM=COPY;
-- Decimal(5,2) to Decimal(9,4), mariadb
-- rewrites
ALTER TABLE `t"``` MODIFY COLUMN `c"``` DECIMAL(9,4) NULL COMMENT 'c"`''s \\ doc', ALGORITHM=COPY;
-- Decimal(5,2) to Decimal(9,4), sqlite
-- rewrites
BEGIN;
PRAGMA legacy_alter_table = ON;
CREATE TABLE "flatsink_copy" (
  "id" INTEGER NOT NULL,
  "c""`" TEXT,
  PRIMARY KEY ("id")
) STRICT;
INSERT INTO "flatsink_copy" ("id", "c""`") SELECT "id", "c""`" || '00' FROM "t""`";
DROP TABLE "t""`";
ALTER TABLE "flatsink_copy" RENAME TO "t""`";
PRAGMA legacy_alter_table = OFF;
UPDATE flatsink_column SET kind = 'Decimal(9,4)' WHERE table_name = 't"`' AND column_name = 'c"`';
COMMIT;
-- Decimal(5,0) to Decimal(9,4), postgres
-- rewrites
ALTER TABLE "t""`" ALTER COLUMN "c""`" TYPE numeric(9,4);
-- Decimal(5,0) to Decimal(9,4), mysql
-- rewrites
ALTER TABLE `t"``` MODIFY COLUMN `c"``` DECIMAL(9,4) NULL COMMENT 'c"`''s \\ doc', ALGORITHM=COPY;
-- Decimal(5,0) to Decimal(9,4), mariadb
-- rewrites
ALTER TABLE `t"``` MODIFY COLUMN `c"``` DECIMAL(9,4) NULL COMMENT 'c"`''s \\ doc', ALGORITHM=COPY;
-- Decimal(5,0) to Decimal(9,4), sqlite
-- rewrites
BEGIN;
PRAGMA legacy_alter_table = ON;
CREATE TABLE "flatsink_copy" (
  "id" INTEGER NOT NULL,
  "c""`" TEXT,
  PRIMARY KEY ("id")
) STRICT;
INSERT INTO "flatsink_copy" ("id", "c""`") SELECT "id", "c""`" || '.0000' FROM "t""`";
DROP TABLE "t""`";
ALTER TABLE "flatsink_copy" RENAME TO "t""`";
PRAGMA legacy_alter_table = OFF;
UPDATE flatsink_column SET kind = 'Decimal(9,4)' WHERE table_name = 't"`' AND column_name = 'c"`';
COMMIT;
-- Decimal(5,2) to BigDecimal, postgres
ALTER TABLE "t""`" ALTER COLUMN "c""`" TYPE numeric;
-- Decimal(5,2) to BigDecimal, mysql
-- rewrites
ALTER TABLE `t"``` MODIFY COLUMN `c"``` LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NULL COMMENT 'c"`''s \\ doc', ALGORITHM=COPY;
-- Decimal(5,2) to BigDecimal, mariadb
-- rewrites
ALTER TABLE `t"``` MODIFY COLUMN `c"``` LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NULL COMMENT 'c"`''s \\ doc', ALGORITHM=COPY;
-- Decimal(5,2) to BigDecimal, sqlite
-- Int32 to Int64, postgres
-- rewrites
ALTER TABLE "t""`" ALTER COLUMN "c""`" TYPE bigint;
-- Int32 to Int64, mysql
-- rewrites
ALTER TABLE `t"``` MODIFY COLUMN `c"``` BIGINT NULL COMMENT 'c"`''s \\ doc', ALGORITHM=COPY;
-- Int32 to Int64, mariadb
-- rewrites
ALTER TABLE `t"``` MODIFY COLUMN `c"``` BIGINT NULL COMMENT 'c"`''s \\ doc', ALGORITHM=COPY;
-- Int32 to Int64, sqlite
-- Int32 to Float64, postgres
-- rewrites
ALTER TABLE "t""`" ALTER COLUMN "c""`" TYPE double precision;
-- Int32 to Float64, mysql
-- rewrites
ALTER TABLE `t"``` MODIFY COLUMN `c"``` DOUBLE NULL COMMENT 'c"`''s \\ doc', ALGORITHM=COPY;
-- Int32 to Float64, mariadb
-- rewrites
ALTER TABLE `t"``` MODIFY COLUMN `c"``` DOUBLE NULL COMMENT 'c"`''s \\ doc', ALGORITHM=COPY;
-- Int32 to Float64, sqlite
-- rewrites
BEGIN;
PRAGMA legacy_alter_table = ON;
CREATE TABLE "flatsink_copy" (
  "id" INTEGER NOT NULL,
  "c""`" REAL,
  PRIMARY KEY ("id")
) STRICT;
INSERT INTO "flatsink_copy" ("id", "c""`") SELECT "id", CAST("c""`" AS REAL) FROM "t""`";
DROP TABLE "t""`";
ALTER TABLE "flatsink_copy" RENAME TO "t""`";
PRAGMA legacy_alter_table = OFF;
COMMIT;
-- Float32 to Float64, postgres
-- rewrites
ALTER TABLE "t""`" ALTER COLUMN "c""`" TYPE double precision;
-- Float32 to Float64, mysql
-- Float32 to Float64, mariadb
-- Float32 to Float64, sqlite
-- Int64 to Decimal(5,2), postgres
-- rewrites
ALTER TABLE "t""`" ALTER COLUMN "c""`" TYPE numeric(21,2);
-- Int64 to Decimal(5,2), mysql
-- rewrites
ALTER TABLE `t"``` MODIFY COLUMN `c"``` DECIMAL(21,2) NULL COMMENT 'c"`''s \\ doc', ALGORITHM=COPY;
-- Int64 to Decimal(5,2), mariadb
-- rewrites
ALTER TABLE `t"``` MODIFY COLUMN `c"``` DECIMAL(21,2) NULL COMMENT 'c"`''s \\ doc', ALGORITHM=COPY;
-- Int64 to Decimal(5,2), sqlite
-- rewrites
BEGIN;
PRAGMA legacy_alter_table = ON;
CREATE TABLE "flatsink_copy" (
  "id" INTEGER NOT NULL,
  "c""`" TEXT,
  PRIMARY KEY ("id")
) STRICT;
INSERT INTO "flatsink_copy" ("id", "c""`") SELECT "id", CAST("c""`" AS TEXT) || '.00' FROM "t""`";
DROP TABLE "t""`";
ALTER TABLE "flatsink_copy" RENAME TO "t""`";
PRAGMA legacy_alter_table = OFF;
UPDATE flatsink_column SET kind = 'Decimal(21,2)' WHERE table_name = 't"`' AND column_name = 'c"`';
COMMIT;
-- Int32 to BigDecimal, postgres
-- rewrites
ALTER TABLE "t""`" ALTER COLUMN "c""`" TYPE numeric;
-- Int32 to BigDecimal, mysql
-- rewrites
ALTER TABLE `t"``` MODIFY COLUMN `c"``` LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NULL COMMENT 'c"`''s \\ doc', ALGORITHM=COPY;
-- Int32 to BigDecimal, mariadb
-- rewrites
ALTER TABLE `t"``` MODIFY COLUMN `c"``` LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NULL COMMENT 'c"`''s \\ doc', ALGORITHM=COPY;
-- Int32 to BigDecimal, sqlite
-- rewrites
BEGIN;
PRAGMA legacy_alter_table = ON;
CREATE TABLE "flatsink_copy" (
  "id" INTEGER NOT NULL,
  "c""`" TEXT,
  PRIMARY KEY ("id")
) STRICT;
INSERT INTO "flatsink_copy" ("id", "c""`") SELECT "id", CAST("c""`" AS TEXT) FROM "t""`";
DROP TABLE "t""`";
ALTER TABLE "flatsink_copy" RENAME TO "t""`";
PRAGMA legacy_alter_table = OFF;
COMMIT;
-- Uuid to Text, postgres
-- rewrites
ALTER TABLE "t""`" ALTER COLUMN "c""`" TYPE text USING "c""`"::text;
-- Uuid to Text, mysql
-- type_conflict
-- Uuid to Text, mariadb
-- type_conflict
-- Uuid to Text, sqlite
-- Fixed(20) to Bytes, postgres
-- Fixed(20) to Bytes, mysql
-- rewrites
ALTER TABLE `t"``` MODIFY COLUMN `c"``` LONGBLOB NULL COMMENT 'c"`''s \\ doc', ALGORITHM=COPY;
-- Fixed(20) to Bytes, mariadb
-- rewrites
ALTER TABLE `t"``` MODIFY COLUMN `c"``` LONGBLOB NULL COMMENT 'c"`''s \\ doc', ALGORITHM=COPY;
-- Fixed(20) to Bytes, sqlite
-- Bytes(300) to Bytes(900), postgres
-- Bytes(300) to Bytes(900), mysql
ALTER TABLE `t"``` MODIFY COLUMN `c"``` VARBINARY(900) NULL COMMENT 'c"`''s \\ doc', ALGORITHM=INPLACE, LOCK=NONE;
-- Bytes(300) to Bytes(900), mariadb
ALTER TABLE `t"``` MODIFY COLUMN `c"``` VARBINARY(900) NULL COMMENT 'c"`''s \\ doc', ALGORITHM=INPLACE, LOCK=NONE;
-- Bytes(300) to Bytes(900), sqlite
