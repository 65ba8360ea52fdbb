-- Segments: names for combinations of scores.

CREATE FUNCTION journey.rfm_segment(recency integer, frequency integer, buckets integer DEFAULT 5) RETURNS text
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_segment';
COMMENT ON FUNCTION journey.rfm_segment(integer, integer, integer) IS
  'The segment of a recency and a frequency score, each from 1 to 5 (5 is best), by the 5 x 5 matrix standard of journey.rfm_matrix, which is that of "Building a historical user segmentation model with dbt" (Jauregui, 2023). '
  'buckets is how many the scores have: any other number than 5 is an error, and so is a score outside 1 to 5. '
  'NULL where an argument is NULL.';

CREATE TABLE journey.rfm_matrix (
  matrix text NOT NULL,
  recency integer NOT NULL CHECK (recency >= 1),
  frequency integer NOT NULL CHECK (frequency >= 1),
  segment text NOT NULL,
  monetary int4range NOT NULL DEFAULT '(,)' CHECK (monetary && '[1,)'),
  PRIMARY KEY (matrix, recency, frequency, monetary)
);
COMMENT ON TABLE journey.rfm_matrix IS
  'Matrices that name the segment of each combination of scores. '
  'Add your own under names of their own, one row for each pair of recency and frequency scores, or one for each range of monetary scores there. '
  'The one named standard comes with the extension, can not be changed, and is not dumped.';
COMMENT ON COLUMN journey.rfm_matrix.matrix IS 'Name of the matrix';
COMMENT ON COLUMN journey.rfm_matrix.recency IS 'Recency score, from 1 up without a gap; by convention the highest is the most recent';
COMMENT ON COLUMN journey.rfm_matrix.frequency IS 'Frequency score, from 1 up without a gap';
COMMENT ON COLUMN journey.rfm_matrix.segment IS 'Name of the segment';
COMMENT ON COLUMN journey.rfm_matrix.monetary IS
  'Monetary scores that the row is for; all of them, unless given. '
  'Together the rows of a pair of scores must hold each monetary score once.';

INSERT INTO journey.rfm_matrix (matrix, recency, frequency, segment)
SELECT 'standard', recency, frequency, journey.rfm_segment(recency, frequency)
FROM generate_series(1, 5) recency, generate_series(1, 5) frequency;
GRANT SELECT ON journey.rfm_matrix TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('journey.rfm_matrix', $$WHERE matrix <> 'standard'$$);

-- Read again once it has changed; the shipped matrix stays as it is, since only the users' own are dumped.
CREATE TRIGGER rules_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON journey.rfm_matrix
  FOR EACH STATEMENT EXECUTE FUNCTION journey.rules_changed();
CREATE TRIGGER refuse_shipped_insert BEFORE INSERT ON journey.rfm_matrix
  FOR EACH ROW WHEN (NEW.matrix = 'standard') EXECUTE FUNCTION journey.refuse_shipped('Add a matrix under a name of its own.');
CREATE TRIGGER refuse_shipped_update BEFORE UPDATE ON journey.rfm_matrix
  FOR EACH ROW WHEN (OLD.matrix = 'standard' OR NEW.matrix = 'standard') EXECUTE FUNCTION journey.refuse_shipped('Add a matrix under a name of its own.');
CREATE TRIGGER refuse_shipped_delete BEFORE DELETE ON journey.rfm_matrix
  FOR EACH ROW WHEN (OLD.matrix = 'standard') EXECUTE FUNCTION journey.refuse_shipped('Add a matrix under a name of its own.');
CREATE TRIGGER refuse_shipped_truncate BEFORE TRUNCATE ON journey.rfm_matrix
  FOR EACH STATEMENT EXECUTE FUNCTION journey.refuse_shipped('Add a matrix under a name of its own.');

CREATE FUNCTION journey.rfm_segment(recency integer, frequency integer, matrix text, buckets integer DEFAULT NULL) RETURNS text
  LANGUAGE c STABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_segment_by_two';
COMMENT ON FUNCTION journey.rfm_segment(integer, integer, text, integer) IS
  'The segment of a recency and a frequency score by a matrix of journey.rfm_matrix. '
  'buckets is how many the scores have: an error where the matrix is for another number; NULL checks nothing. '
  'NULL where another argument is NULL. '
  'A matrix that is unknown, lacks a row or needs a monetary score, and scores outside it, are errors.';

CREATE FUNCTION journey.rfm_segment(recency integer, frequency integer, monetary integer, matrix text, buckets integer DEFAULT NULL) RETURNS text
  LANGUAGE c STABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_rfm_segment_by_three';
COMMENT ON FUNCTION journey.rfm_segment(integer, integer, integer, text, integer) IS
  'The segment of three scores by a matrix of journey.rfm_matrix; one without monetary ranges does not look at the monetary score. '
  'buckets, NULLs and errors are as with two scores.';
