// item_pairs, pair_score.
#include <iterator>
#include <string>

#include "base/interrupts.hpp"
#include "items/baskets.hpp"
#include "pg/query.hpp"
#include "pg/set.hpp"
#include "pg/workspace.hpp"

using namespace journey;
using namespace journey::items;

namespace {

constexpr int largest_basket = 10'000;  // its pairs take time with the square

int at_least(FunctionCallInfo fcinfo, int position, int least, const char* argument, const char* hint) {
  if (PG_ARGISNULL(position)) pg::null_argument(argument);
  int value = PG_GETARG_INT32(position);
  if (value < least)
    throw error(
        sqlstate::invalid_parameter_value,
        std::string(argument) + " must be at least " + std::to_string(least) + ": " + std::to_string(value),
        hint);
  return value;
}

pair_measure measure_argument(FunctionCallInfo fcinfo, int position) {
  std::string_view label = pg::enum_label(PG_GETARG_DATUM(position));
  if (label == "together") return pair_measure::together;
  if (label == "confidence") return pair_measure::confidence;
  if (label == "lift") return pair_measure::lift;
  if (label == "jaccard") return pair_measure::jaccard;
  if (label == "cosine") return pair_measure::cosine;
  if (label == "llr") return pair_measure::llr;
  throw error(sqlstate::internal_error, "unknown measure " + quoted(label));
}

pair_rules rules_argument(FunctionCallInfo fcinfo) {
  pair_rules rules;
  if (PG_ARGISNULL(1)) pg::null_argument("measure");
  rules.measure = measure_argument(fcinfo, 1);
  if (!PG_ARGISNULL(2))
    rules.top = static_cast<std::size_t>(at_least(fcinfo, 2, 1, "top", "Give NULL for all pairs."));
  rules.min_together = static_cast<std::uint64_t>(at_least(fcinfo, 3, 1, "min_together", ""));
  int max_basket = at_least(fcinfo, 4, 2, "max_basket", "");
  if (max_basket > largest_basket)
    throw error(sqlstate::program_limit_exceeded,
                "max_basket must be at most 10,000: " + std::to_string(max_basket),
                "So large a basket says little of what belongs together.");
  rules.max_basket = static_cast<std::size_t>(max_basket);
  return rules;
}

Datum count_datum(std::uint64_t count) { return Int64GetDatum(static_cast<std::int64_t>(count)); }

}  // namespace

JOURNEY_FUNCTION(item_pairs) {
  if (PG_ARGISNULL(0)) pg::null_argument("baskets");
  std::string_view query = pg::text_argument(fcinfo, 0);
  pair_rules rules = rules_argument(fcinfo);
  pg::row_store out(fcinfo);
  pg::workspace work("journey items");
  baskets all(work.memory());
  static constexpr pg::query_column columns[] = {{"basket", TEXTOID}, {"item", TEXTOID}};
  pg::read_query(query, "baskets", columns, [&all](const Datum* values, const bool* nulls) {
    if (!nulls[0] && !nulls[1]) all.add(pg::text_view(values[0]), pg::text_view(values[1]));
  });
  all.close();

  pair_finder finder(work.memory(), all, rules);
  MemoryContext per_item =
      AllocSetContextCreateInternal(work.context(), "journey items row", ALLOCSET_SMALL_SIZES);
  MemoryContext caller = MemoryContextSwitchTo(per_item);
  for (std::uint32_t item = 0; item < all.items(); ++item) {
    std::span<const pair_finder::pair> pairs = finder.of(item);
    if (pairs.empty()) continue;
    Datum name = pg::text_datum(all.name(item));
    for (const pair_finder::pair& one : pairs) {
      check_interrupts();
      const pair_counts& counts = one.counts;
      const Datum values[] = {name,
                              pg::text_datum(all.name(one.with)),
                              count_datum(counts.together),
                              count_datum(counts.item),
                              count_datum(counts.with),
                              count_datum(counts.baskets),
                              Float8GetDatum(support(counts)),
                              Float8GetDatum(confidence(counts)),
                              Float8GetDatum(lift(counts)),
                              Float8GetDatum(jaccard(counts)),
                              Float8GetDatum(cosine(counts)),
                              Float8GetDatum(log_likelihood_ratio(counts))};
      const bool nulls[std::size(values)] = {};
      out.put(values, nulls);
    }
    MemoryContextReset(per_item);
  }
  MemoryContextSwitchTo(caller);
  if (finder.too_large() > 0)
    ereport(NOTICE, errmsg("%zu baskets with more than %zu items make no pairs", finder.too_large(),
                           rules.max_basket));
  return Datum{0};
}

JOURNEY_FUNCTION(pair_score) {
  static constexpr const char* names[] = {"together", "item_orders", "with_orders", "orders"};
  std::int64_t counts[std::size(names)];
  for (int i = 0; i < static_cast<int>(std::size(names)); ++i) counts[i] = PG_GETARG_INT64(i + 1);
  auto in_bounds = [&](int smaller, int larger) {
    if (counts[smaller] >= 0 && counts[smaller] <= counts[larger]) return;
    throw error(sqlstate::invalid_parameter_value,
                std::string(names[smaller]) + " must be from 0 to " + names[larger] + ": " +
                    std::to_string(counts[smaller]) + " of " + std::to_string(counts[larger]));
  };
  in_bounds(0, 1);
  in_bounds(0, 2);
  in_bounds(1, 3);
  in_bounds(2, 3);
  auto count = [&](int i) { return static_cast<std::uint64_t>(counts[i]); };
  PG_RETURN_FLOAT8(measured(measure_argument(fcinfo, 0), {count(0), count(1), count(2), count(3)}));
}
