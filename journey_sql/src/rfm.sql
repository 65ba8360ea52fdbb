-- RFM: scores and segments.

CREATE FUNCTION journey.rfm_bucket(rank bigint, rows bigint, buckets integer DEFAULT 5) RETURNS integer
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
BEGIN
  IF buckets IS NULL THEN
    RAISE EXCEPTION 'buckets must not be NULL' USING ERRCODE = 'null_value_not_allowed';
  ELSIF buckets < 1 THEN
    RAISE EXCEPTION 'buckets must be at least 1: %', buckets USING ERRCODE = 'invalid_parameter_value';
  ELSIF buckets > 10000 THEN
    RAISE EXCEPTION 'buckets must be at most 10000: %', buckets USING ERRCODE = 'program_limit_exceeded';
  END IF;
  RETURN CASE WHEN rank > rows THEN NULL WHEN rank = 1 THEN 1 WHEN rank = rows THEN buckets
    ELSE 1 + div((rank - 1)::numeric * buckets, rows - 1)::integer END;
END
$$;
COMMENT ON FUNCTION journey.rfm_bucket(bigint, bigint, integer) IS
  'The bucket, from 1 to buckets, of the row of a rank among rows that have a measure: its percent rank in equal steps. A function in SQL sees one row, so it is told the two: rfm_bucket(rank() OVER (PARTITION BY snapshot ORDER BY measure), count(measure) OVER (PARTITION BY snapshot)). NULLs must come last: they get NULL. A row alone is in bucket 1. buckets below 1, above 10,000 or NULL are an error';

CREATE FUNCTION journey.rfm_bucket_at(measure anycompatible, cuts anycompatiblearray) RETURNS integer
  LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
BEGIN
  IF array_position(cuts, NULL) IS NOT NULL THEN
    RAISE EXCEPTION 'cuts must not contain a NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  IF EXISTS (SELECT FROM unnest(cuts[:cardinality(cuts) - 1], cuts[2:]) AS pair (lower, upper) WHERE lower > upper) THEN
    RAISE EXCEPTION 'cuts must be in ascending order' USING ERRCODE = 'invalid_parameter_value',
      HINT = 'For scores that fall as the measure grows, subtract the bucket from the number of buckets + 1.';
  END IF;
  RETURN width_bucket(measure, cuts) + 1;
END
$$;

CREATE FUNCTION journey.rfm_segment(recency integer, frequency integer, buckets integer DEFAULT 5) RETURNS text
  LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
BEGIN
  IF buckets <> 5 THEN
    RAISE EXCEPTION 'the standard matrix is for scores of 5 buckets, not %', buckets USING ERRCODE = 'invalid_parameter_value';
  ELSIF recency NOT BETWEEN 1 AND 5 OR frequency NOT BETWEEN 1 AND 5 THEN
    RAISE EXCEPTION '% must be a score between 1 and 5: %', CASE WHEN recency BETWEEN 1 AND 5 THEN 'frequency' ELSE 'recency' END,
      CASE WHEN recency BETWEEN 1 AND 5 THEN frequency ELSE recency END USING ERRCODE = 'invalid_parameter_value',
      HINT = 'Scores come from rfm_bucket or rfm_bucket_at with 5 buckets.';
  END IF;
  RETURN ('{{Hibernating,Hibernating,At Risk,At Risk,Cannot Lose Them},'
    '{Hibernating,Hibernating,At Risk,At Risk,Cannot Lose Them},'
    '{About to Sleep,About to Sleep,Need Attention,Loyal Customers,Loyal Customers},'
    '{Promising,Potential Loyalists,Potential Loyalists,Loyal Customers,Loyal Customers},'
    '{New Customers,Potential Loyalists,Potential Loyalists,Champions,Champions}}'::text[])[recency][frequency];
END
$$;
