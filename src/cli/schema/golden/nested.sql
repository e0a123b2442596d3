-- postgres
CREATE TABLE "public"."orders" (
  "owner_id" integer NOT NULL,
  "id" bigint NOT NULL,
  "_sink_partition" integer NOT NULL,
  "_sink_offset" bigint NOT NULL,
  "owner_present" boolean NOT NULL,
  "owner_born" date,
  "owner_home_present" boolean,
  "owner_home_zip" varchar(10),
  "owner_home_tags" jsonb,
  "owner_friend" jsonb,
  "sent_to_zip" varchar(10) NOT NULL,
  "sent_to_tags" jsonb NOT NULL,
  "price_amount" numeric(12,2) NOT NULL,
  "price_currency" text NOT NULL,
  "price_exact" jsonb NOT NULL,
  PRIMARY KEY ("owner_id", "id")
);
COMMENT ON TABLE "public"."orders" IS 'An order.';
COMMENT ON COLUMN "public"."orders"."owner_id" IS 'The person''s number.';
COMMENT ON COLUMN "public"."orders"."owner_present" IS 'Who ordered.';
-- mysql
CREATE TABLE `orders` (
  `owner_id` INT NOT NULL COMMENT 'The person''s number.',
  `id` BIGINT NOT NULL,
  `_sink_partition` INT NOT NULL,
  `_sink_offset` BIGINT NOT NULL,
  `owner_present` BOOLEAN COMMENT 'Who ordered.',
  `owner_born` DATE,
  `owner_home_present` BOOLEAN,
  `owner_home_zip` VARCHAR(64),
  `owner_home_tags` JSON,
  `owner_friend` JSON,
  `sent_to_zip` VARCHAR(64),
  `sent_to_tags` JSON,
  `price_amount` DECIMAL(12,2),
  `price_currency` VARCHAR(64),
  `price_exact` JSON,
  PRIMARY KEY (`owner_id`, `id`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin COMMENT='An order.';
-- mariadb
CREATE TABLE `orders` (
  `owner_id` INT NOT NULL COMMENT 'The person''s number.',
  `id` BIGINT NOT NULL,
  `_sink_partition` INT NOT NULL,
  `_sink_offset` BIGINT NOT NULL,
  `owner_present` BOOLEAN COMMENT 'Who ordered.',
  `owner_born` DATE,
  `owner_home_present` BOOLEAN,
  `owner_home_zip` VARCHAR(64),
  `owner_home_tags` JSON,
  `owner_friend` JSON,
  `sent_to_zip` VARCHAR(64),
  `sent_to_tags` JSON,
  `price_amount` DECIMAL(12,2),
  `price_currency` VARCHAR(64),
  `price_exact` JSON,
  PRIMARY KEY (`owner_id`, `id`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin COMMENT='An order.';
-- sqlite
CREATE TABLE "orders" (
  "owner_id" INTEGER NOT NULL,
  "id" INTEGER NOT NULL,
  "_sink_partition" INTEGER NOT NULL,
  "_sink_offset" INTEGER NOT NULL,
  "owner_present" INTEGER,
  "owner_born" TEXT,
  "owner_home_present" INTEGER,
  "owner_home_zip" TEXT,
  "owner_home_tags" TEXT,
  "owner_friend" TEXT,
  "sent_to_zip" TEXT,
  "sent_to_tags" TEXT,
  "price_amount" TEXT,
  "price_currency" TEXT,
  "price_exact" TEXT,
  PRIMARY KEY ("owner_id", "id")
) STRICT;
