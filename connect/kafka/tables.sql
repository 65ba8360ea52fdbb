-- What the loader of Kafka topics keeps: how far it is, and the messages that no row could be made of. Made once:
--
--   psql -d shop -f connect/kafka/tables.sql
--   GRANT USAGE ON SCHEMA kafka TO loader;
--   GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA kafka TO loader;
\set ON_ERROR_STOP on
BEGIN;
CREATE SCHEMA kafka;
COMMENT ON SCHEMA kafka IS 'What the loader of Kafka topics keeps';

CREATE TABLE kafka.offsets (
  loader text, topic text, partition int, next_offset bigint NOT NULL, moved_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (loader, topic, partition)
);
COMMENT ON TABLE kafka.offsets IS 'The first message of each partition that a loader has not stored yet, written in the transaction of the rows before it; moved_at: when that was';

CREATE TABLE kafka.poison (
  loader text, topic text, partition int, "offset" bigint, sent_at timestamptz, key bytea, value bytea, reason text NOT NULL, kept_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (loader, topic, partition, "offset")
);
COMMENT ON TABLE kafka.poison IS 'Messages of which no row could be made, whole, with where they were and why; loader.py --again tries them once more';
COMMIT;
