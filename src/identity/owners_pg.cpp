// alias_owners.
#include "identity/owners.hpp"

#include "base/interrupts.hpp"
#include "identity/edge_call_pg.hpp"

using namespace journey;
using namespace journey::identity;

namespace {

/// How long an alias belongs to its first user before that logs in.
std::uint64_t backfill_argument(FunctionCallInfo fcinfo, int position) {
  if (PG_ARGISNULL(position)) return std::numeric_limits<std::uint64_t>::max();
  const Interval* interval = PG_GETARG_INTERVAL_P(position);
  std::int64_t micros = pg::duration(interval, "backfill");
  if (micros < 0)
    throw error(sqlstate::invalid_parameter_value,
                "backfill must not be negative: " + pg::interval_text(interval), "Give NULL for no limit.");
  return static_cast<std::uint64_t>(micros);
}

}  // namespace

JOURNEY_FUNCTION(alias_owners) {
  edge_call call(fcinfo, {.edges = 0, .blocked = 2});
  std::uint64_t backfill = backfill_argument(fcinfo, 1);
  row_writer& out = call.out;
  const id_pool& ids = call.source.ids();
  owner_log log(call.memory(), ids);
  call.source.each_log_in([&](node alias, node user, instant seen_at) {
    if (alias == no_node || user == no_node || ids[alias].blocked || ids[user].blocked) return;
    if (seen_at < unknown_time - 1) log.add(alias, user, seen_at);  // nobody logs in at infinity
  });
  TypeCacheEntry* type = lookup_type_cache(TSTZRANGEOID, TYPECACHE_RANGE_INFO);
  for (const tenure& one : log.resolve(backfill)) {
    check_interrupts();
    out.row([&] {
      RangeBound since{TimestampTzGetDatum(one.since), one.since == always, true, true};
      RangeBound until{TimestampTzGetDatum(one.until), one.until == unknown_time, false, false};
      out.text(ids[one.alias].text());
      out.text(ids[one.user].text());
      out.datum(RangeTypePGetDatum(make_range(type, &since, &until, false, nullptr)));
    });
  }
  return Datum{0};
}
