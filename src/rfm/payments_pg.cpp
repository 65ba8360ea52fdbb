// SQL entry points: rfm.
#include "pg/aggregate.hpp"
#include "pg/composite.hpp"
#include "rfm/arguments_pg.hpp"

using namespace journey;

namespace {

template <auto Amount>
Datum rfm_add(FunctionCallInfo fcinfo) {
  auto& state = pg::group_state<rfm::tally>(fcinfo);
  rfm::digit_room digits;
  if (!rfm::has_nulls(fcinfo, {1, 2}))
    state.add(rfm::paid_at_argument(fcinfo), Amount(PG_GETARG_DATUM(2), digits));
  PG_RETURN_POINTER(&state);
}

template <auto Amount>
Datum rfm_distinct_add(FunctionCallInfo fcinfo) {
  auto& state = pg::group_state<rfm::ledger>(fcinfo);
  rfm::digit_room digits;
  if (!rfm::has_nulls(fcinfo, {1, 2, 3})) {
    auto& ids = pg::call_site<rfm::id_printer>(fcinfo, fcinfo, 3);
    std::string_view id = ids.print(PG_GETARG_DATUM(3));
    state.add(id, rfm::paid_at_argument(fcinfo), Amount(PG_GETARG_DATUM(2), digits));
  }
  PG_RETURN_POINTER(&state);
}

/// The values that are returned.
struct value_rows {
  value_rows(std::pmr::memory_resource*, FunctionCallInfo fcinfo)
      : type(pg::row_type::returned(fcinfo, {TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID, NUMERICOID})) {}
  pg::row_type type;
};

/// NULL where nothing was added.
Datum value_datum(FunctionCallInfo fcinfo, const rfm::tally& sums) {
  if (sums.rows() == 0) PG_RETURN_NULL();
  const auto& rows = pg::call_site<value_rows>(fcinfo, fcinfo);
  const Datum values[] = {TimestampTzGetDatum(sums.first()), TimestampTzGetDatum(sums.last()),
                          Int64GetDatum(sums.payments()), rfm::numeric_datum(sums.sum())};
  bool unpaid = sums.payments() == 0;
  const bool nulls[] = {unpaid, unpaid, false, false};
  return rows.type.row(values, nulls);
}

}  // namespace

JOURNEY_FOR_EACH_AMOUNT(rfm_add)
JOURNEY_FUNCTION(rfm_final) {
  auto* state = pg::state_argument<rfm::tally>(fcinfo);
  if (state == nullptr) PG_RETURN_NULL();
  return value_datum(fcinfo, *state);
}
JOURNEY_PARALLEL_AGGREGATE(rfm, rfm::tally)

JOURNEY_FOR_EACH_AMOUNT(rfm_distinct_add)
JOURNEY_FUNCTION(rfm_distinct_final) {
  auto* state = pg::state_argument<rfm::ledger>(fcinfo);
  if (state == nullptr) PG_RETURN_NULL();
  auto& sums = pg::make_in<rfm::tally>(CurrentMemoryContext);
  state->each(
      [&](std::string_view, rfm::instant paid_at, const rfm::amount& value) { sums.add(paid_at, value); });
  return value_datum(fcinfo, sums);
}
JOURNEY_PARALLEL_AGGREGATE(rfm_distinct, rfm::ledger)
