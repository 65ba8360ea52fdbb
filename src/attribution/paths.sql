-- Room: attribution. What users do to paths before they attribute.

CREATE FUNCTION journey.path_collapse(path text[]) RETURNS text[]
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_path_collapse';
COMMENT ON FUNCTION journey.path_collapse(text[]) IS
  'The path with repeats of a channel in a row made one: {A,A,B,A} becomes {A,B,A}. '
  'NULL elements equal each other.';

CREATE FUNCTION journey.path_unique(path text[]) RETURNS text[]
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_path_unique';
COMMENT ON FUNCTION journey.path_unique(text[]) IS
  'The path with only the first of each channel: {A,B,A} becomes {A,B}. '
  'NULL elements equal each other.';

CREATE FUNCTION journey.path_frequency(path text[]) RETURNS text[]
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_path_frequency';
COMMENT ON FUNCTION journey.path_frequency(text[]) IS
  'The path with only the first of each channel, and how often it comes: {A,B,A} becomes {A(2),B(1)}. '
  'NULL elements stay NULL.';

CREATE FUNCTION journey.path_last(path text[], n int) RETURNS text[]
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_path_last';
COMMENT ON FUNCTION journey.path_last(text[], int) IS
  'The last n elements of the path, or all where it is shorter. '
  'A negative n is an error (22023).';

CREATE FUNCTION journey.path_strip(path text[], channels text[], only_at_end boolean DEFAULT false) RETURNS text[]
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_path_strip';
COMMENT ON FUNCTION journey.path_strip(text[], text[], boolean) IS
  'The path without the given channels, or, only_at_end, without those after its last other channel. '
  'A path of nothing else stays as it is.';
