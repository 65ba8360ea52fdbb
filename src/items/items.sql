-- Room: items. Needs: none

CREATE TYPE journey.pair_measure AS ENUM ('together', 'confidence', 'lift', 'jaccard', 'cosine', 'llr');
COMMENT ON TYPE journey.pair_measure IS
  'How strongly two items belong together, where N baskets are in all, n_a and n_b with one and the other, n_ab with both. '
  'together: n_ab. '
  'confidence: n_ab / n_a. '
  'lift: n_ab N / (n_a n_b), 1 by chance. '
  'jaccard: n_ab / (n_a + n_b - n_ab). '
  'cosine: n_ab / sqrt(n_a n_b). '
  'llr: Dunning''s log-likelihood ratio (1993), below 0 where they are together less often than by chance.';

CREATE FUNCTION journey.item_pairs(
  baskets text, measure journey.pair_measure DEFAULT 'together', top int DEFAULT 20, min_together int DEFAULT 2, max_basket int DEFAULT 200,
  OUT item text, OUT with_item text, OUT together bigint, OUT item_orders bigint, OUT with_orders bigint, OUT orders bigint,
  OUT support float8, OUT confidence float8, OUT lift float8, OUT jaccard float8, OUT cosine float8, OUT llr float8
) RETURNS SETOF record
  LANGUAGE c STABLE PARALLEL UNSAFE COST 100000 ROWS 10000
  AS 'MODULE_PATHNAME', 'journey_item_pairs';
COMMENT ON FUNCTION journey.item_pairs(text, journey.pair_measure, int, int, int) IS
  'Which items are bought together: of each item the top others by the measure (NULL: all), of those that are together in at least min_together baskets; '
  'items in byte order, then the greatest measure first, ties in byte order. '
  'baskets is a query of (basket text, item text), in any order; an item counts once a basket, a row with a NULL is left out. '
  'together, item_orders, with_orders, orders: in how many baskets both are, the one is, the other is, and how many there are; '
  'the measures follow from these (see pair_measure; support: together / orders). '
  'Baskets with more than max_basket items count in item_orders, with_orders and orders, but make no pairs; a NOTICE tells how many. '
  'The order of the rows makes no difference. '
  'Memory: some 20 bytes a row and each id once, however many pairs there are. '
  'Errors: a NULL argument other than top (22004); top or min_together below 1, max_basket below 2 (22023) or above 10,000 (54000)';

CREATE FUNCTION journey.pair_score(measure journey.pair_measure, together bigint, item_orders bigint, with_orders bigint, orders bigint) RETURNS float8
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_pair_score';
COMMENT ON FUNCTION journey.pair_score(journey.pair_measure, bigint, bigint, bigint, bigint) IS
  'A measure of two items by how many baskets have both, the one, the other, and how many there are: see pair_measure; 0 where it would be 0 by 0. '
  'Errors: counts that no baskets have (22023)';
