-- One new edge in a hundred: which visitors change, and how.
--
-- The edges of alias_resolution, the last hundredth of which are new, and the mapping of those before.
\i alias_resolution/setup.sql

ALTER TABLE edges RENAME TO all_edges;
CREATE INDEX ON all_edges (seen_at);
SELECT timestamptz '2025-01-01 00:00+00' + interval '3 seconds' * (:events * 0.99) AS since \gset
CREATE VIEW new_edges AS SELECT * FROM all_edges WHERE seen_at > :'since';
CREATE VIEW old_edges AS SELECT * FROM all_edges WHERE seen_at <= :'since';

CREATE UNLOGGED TABLE mapping AS SELECT * FROM journey.resolve_aliases('TABLE old_edges');
CREATE INDEX ON mapping (alias);
CREATE INDEX ON mapping (visitor_id);
