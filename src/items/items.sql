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

-- Pairs that are kept: a value holds what an item is together with, so that a change writes one row and a reading reads one.

CREATE FUNCTION journey.pair_list(with_items int[], together int[]) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_pair_list';
COMMENT ON FUNCTION journey.pair_list(int[], int[]) IS
  'Internal: what an item is together with and how often, items as numbers of 0 or more: some 3 bytes each. '
  'Of a number that is there several times the sum; what is 0 is left out; less than 0 is a change. '
  'Errors: a NULL in an array (22004), arrays of unequal length, a negative number (22023)';

CREATE FUNCTION journey.merge_pair_lists(pairs bytea, more bytea) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_merge_pair_lists';
COMMENT ON FUNCTION journey.merge_pair_lists(bytea, bytea) IS
  'Internal: the pairs of two lists, added up. '
  'Errors: bytes that are no list (22P03), a sum that has no room (22003)';

CREATE FUNCTION journey.listed_pairs(pairs bytea, among int[] DEFAULT NULL, OUT with_item int, OUT together bigint) RETURNS SETOF record
  LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 100
  AS 'MODULE_PATHNAME', 'journey_listed_pairs';
COMMENT ON FUNCTION journey.listed_pairs(bytea, int[]) IS
  'Internal: the pairs of a list by number, or of these numbers only. '
  'No rows of NULL; an error where the bytes are no list (22P03)';

CREATE FUNCTION journey.best_pairs(lists bytea[], weights int[], without int[], most int, OUT item int, OUT score bigint) RETURNS SETOF record
  LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 100
  AS 'MODULE_PATHNAME', 'journey_best_pairs';
COMMENT ON FUNCTION journey.best_pairs(bytea[], int[], int[], int) IS
  'Internal: the items whose sum of weight times together is greatest over some lists, most of them and all that equal the last, the greatest first; not those of without, and none of 0 or less. '
  'No rows where an argument is NULL. '
  'Errors: as of pair_list and merge_pair_lists; most below 1 (22023)';
