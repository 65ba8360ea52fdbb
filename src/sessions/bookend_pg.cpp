// The aggregates first and last, their typed forms and those that skip NULLs: the value at either end of
// time.
#include "pg/aggregate.hpp"
#include "pg/any_value.hpp"
#include "pg/call_site.hpp"

using namespace journey;

namespace {

/// The best row of a group so far. Its value, where it is a pointer, belongs to the group.
struct bookend {
  std::int64_t ts;
  std::int64_t tie;
  Datum value;
  Oid type;
  bool has_tie;
  bool is_null;
};

enum class end { first, last };
enum class nulls { kept, skipped };

const TypeCacheEntry& type_of(FunctionCallInfo fcinfo, Oid type) {
  return pg::call_site<pg::known_type>(fcinfo).of(type);
}

/// The type of the values of first and last themselves.
Oid told_by_expression(Oid type) {
  return pg::told_by_expression(
      type, "Use first_text, first_number or first_time, or last_text, last_number or last_time.");
}

/// Whether `row` is nearer to the end than `kept`. At the same time, a tie comes before no tie, and the least
/// is first, the greatest last; then a value comes before no value; of two, the first is the smaller and the
/// last the greater.
template <end End>
bool beats(const bookend& row, const bookend& kept, const TypeCacheEntry& type, Oid collation) {
  auto nearer = [](auto left, auto right) { return End == end::first ? left < right : left > right; };
  if (row.ts != kept.ts) return nearer(row.ts, kept.ts);
  if (row.has_tie != kept.has_tie) return row.has_tie;
  if (row.tie != kept.tie) return nearer(row.tie, kept.tie);
  if (row.is_null || kept.is_null) return kept.is_null && !row.is_null;
  return nearer(pg::compare(type, collation, row.value, kept.value), 0);
}

/// Makes `row` the group's best, in the group's memory.
bookend* keep(bookend* kept, const bookend& row, const TypeCacheEntry& type, MemoryContext context) {
  MemoryContext caller = MemoryContextSwitchTo(context);
  Datum copy = row.is_null ? Datum{0} : datumCopy(row.value, type.typbyval, type.typlen);
  if (kept == nullptr)
    kept = static_cast<bookend*>(palloc(sizeof(bookend)));
  else if (!kept->is_null && !type.typbyval)
    pfree(DatumGetPointer(kept->value));
  *kept = row;
  kept->value = copy;
  MemoryContextSwitchTo(caller);
  return kept;
}

enum class tie { none, given };

/// `Type` is that of the values, or invalid where the aggregate takes any.
template <end End, Oid Type = InvalidOid, tie Tie = tie::none, nulls Nulls = nulls::kept>
Datum transition(FunctionCallInfo fcinfo) {
  MemoryContext context = pg::aggregate_context(fcinfo);
  auto* kept = pg::state_argument<bookend>(fcinfo);
  bookend row{};
  row.is_null = PG_ARGISNULL(1);
  bool counts = !PG_ARGISNULL(2) && !(row.is_null && Nulls == nulls::skipped);
  if (counts) {
    row.ts = PG_GETARG_INT64(2);
    counts = kept == nullptr || (End == end::first ? row.ts <= kept->ts : row.ts >= kept->ts);
  }
  if (counts) {
    row.value = PG_GETARG_DATUM(1);
    // The type is the same throughout, and known to the state once there is one.
    row.type = OidIsValid(Type)  ? Type
               : kept != nullptr ? kept->type
                                 : told_by_expression(get_fn_expr_argtype(fcinfo->flinfo, 1));
    row.has_tie = Tie == tie::given && !PG_ARGISNULL(3);
    if (row.has_tie) row.tie = PG_GETARG_INT64(3);
    const TypeCacheEntry& type = type_of(fcinfo, row.type);
    if (!row.is_null && type.typlen == -1) row.value = PointerGetDatum(PG_DETOAST_DATUM_PACKED(row.value));
    if (kept == nullptr || beats<End>(row, *kept, type, PG_GET_COLLATION()))
      kept = keep(kept, row, type, context);
  }
  if (kept == nullptr) PG_RETURN_NULL();
  PG_RETURN_POINTER(kept);
}

template <end End>
Datum combine(FunctionCallInfo fcinfo) {
  MemoryContext context = pg::aggregate_context(fcinfo);
  auto* kept = pg::state_argument<bookend>(fcinfo, 0);
  const auto* other = pg::state_argument<bookend>(fcinfo, 1);
  if (other != nullptr) {
    if (kept != nullptr && kept->type != other->type)
      throw error(sqlstate::datatype_mismatch, "states of different types can't be combined");
    const TypeCacheEntry& type = type_of(fcinfo, other->type);
    if (kept == nullptr || beats<End>(*other, *kept, type, PG_GET_COLLATION()))
      kept = keep(kept, *other, type, context);
  }
  if (kept == nullptr) PG_RETURN_NULL();
  PG_RETURN_POINTER(kept);
}

constexpr std::uint8_t version = 1;

/// What travels: the type by name, the time, what of tie and value there is.
struct packed {
  const bookend& state;
  const pg::transport& type;
  std::string_view value;

  enum flag : std::uint8_t { has_value = 1, has_tie = 2 };

  void serialize(wire::writer& out) const {
    out.fixed(version);
    out.text(type.schema());
    out.text(type.name());
    out.fixed(state.ts);
    out.fixed<std::uint8_t>((state.is_null ? 0 : has_value) | (state.has_tie ? has_tie : 0));
    if (state.has_tie) out.fixed(state.tie);
    if (!state.is_null) out.raw(value);
  }
};

template <Oid Type = InvalidOid>
Datum deserialize(FunctionCallInfo fcinfo) {
  pg::aggregate_context(fcinfo);
  wire::reader in(pg::text_argument(fcinfo, 0), "aggregate state");
  if (in.fixed<std::uint8_t>() != version) in.fail("its version is unknown");
  std::string_view schema = in.text();
  std::string_view name = in.text();
  const pg::transport& type = pg::call_site<pg::transport>(fcinfo).of(schema, name);
  auto* state = static_cast<bookend*>(palloc0(sizeof(bookend)));
  state->type = type.type();
  if (OidIsValid(Type) && state->type != Type) in.fail("its value is of another type");
  state->ts = in.fixed<std::int64_t>();
  auto flags = in.fixed<std::uint8_t>();
  if ((flags & ~(packed::has_value | packed::has_tie)) != 0) in.fail("a flag is unknown");
  state->has_tie = (flags & packed::has_tie) != 0;
  if (state->has_tie) state->tie = in.fixed<std::int64_t>();
  state->is_null = (flags & packed::has_value) == 0;
  if (state->is_null)
    in.end();
  else
    state->value = type.receive(in.raw(in.left()));
  PG_RETURN_POINTER(state);
}

Datum result(const bookend* kept, FunctionCallInfo fcinfo) {
  if (kept == nullptr || kept->is_null) PG_RETURN_NULL();
  PG_RETURN_DATUM(kept->value);
}

}  // namespace

JOURNEY_FUNCTION(first_transition) { return transition<end::first>(fcinfo); }
JOURNEY_FUNCTION(first_tie_transition) { return transition<end::first, InvalidOid, tie::given>(fcinfo); }
JOURNEY_FUNCTION(first_text_transition) { return transition<end::first, TEXTOID>(fcinfo); }
JOURNEY_FUNCTION(first_text_tie_transition) { return transition<end::first, TEXTOID, tie::given>(fcinfo); }
JOURNEY_FUNCTION(first_number_transition) { return transition<end::first, FLOAT8OID>(fcinfo); }
JOURNEY_FUNCTION(first_number_tie_transition) {
  return transition<end::first, FLOAT8OID, tie::given>(fcinfo);
}
JOURNEY_FUNCTION(first_time_transition) { return transition<end::first, TIMESTAMPTZOID>(fcinfo); }
JOURNEY_FUNCTION(first_time_tie_transition) {
  return transition<end::first, TIMESTAMPTZOID, tie::given>(fcinfo);
}
JOURNEY_FUNCTION(first_non_null_transition) {
  return transition<end::first, InvalidOid, tie::none, nulls::skipped>(fcinfo);
}
JOURNEY_FUNCTION(first_non_null_tie_transition) {
  return transition<end::first, InvalidOid, tie::given, nulls::skipped>(fcinfo);
}
JOURNEY_FUNCTION(first_combine) { return combine<end::first>(fcinfo); }

JOURNEY_FUNCTION(last_transition) { return transition<end::last>(fcinfo); }
JOURNEY_FUNCTION(last_tie_transition) { return transition<end::last, InvalidOid, tie::given>(fcinfo); }
JOURNEY_FUNCTION(last_text_transition) { return transition<end::last, TEXTOID>(fcinfo); }
JOURNEY_FUNCTION(last_text_tie_transition) { return transition<end::last, TEXTOID, tie::given>(fcinfo); }
JOURNEY_FUNCTION(last_number_transition) { return transition<end::last, FLOAT8OID>(fcinfo); }
JOURNEY_FUNCTION(last_number_tie_transition) { return transition<end::last, FLOAT8OID, tie::given>(fcinfo); }
JOURNEY_FUNCTION(last_time_transition) { return transition<end::last, TIMESTAMPTZOID>(fcinfo); }
JOURNEY_FUNCTION(last_time_tie_transition) {
  return transition<end::last, TIMESTAMPTZOID, tie::given>(fcinfo);
}
JOURNEY_FUNCTION(last_non_null_transition) {
  return transition<end::last, InvalidOid, tie::none, nulls::skipped>(fcinfo);
}
JOURNEY_FUNCTION(last_non_null_tie_transition) {
  return transition<end::last, InvalidOid, tie::given, nulls::skipped>(fcinfo);
}
JOURNEY_FUNCTION(last_combine) { return combine<end::last>(fcinfo); }

JOURNEY_FUNCTION(bookend_serialize) {
  pg::aggregate_context(fcinfo);
  const auto& kept = *pg::state_argument<bookend>(fcinfo);
  const pg::transport& type = pg::call_site<pg::transport>(fcinfo).of(kept.type);
  std::string_view value;
  if (!kept.is_null) value = type.send(kept.value);
  return PointerGetDatum(pg::to_bytea(packed{kept, type, value}));
}

JOURNEY_FUNCTION(bookend_deserialize) { return deserialize(fcinfo); }
JOURNEY_FUNCTION(bookend_text_deserialize) { return deserialize<TEXTOID>(fcinfo); }
JOURNEY_FUNCTION(bookend_number_deserialize) { return deserialize<FLOAT8OID>(fcinfo); }
JOURNEY_FUNCTION(bookend_time_deserialize) { return deserialize<TIMESTAMPTZOID>(fcinfo); }

/// For values of any type: a state from outside may name another type than the caller expects.
JOURNEY_FUNCTION(bookend_final) {
  const auto* kept = pg::state_argument<bookend>(fcinfo);
  if (kept != nullptr && kept->type != told_by_expression(get_fn_expr_rettype(fcinfo->flinfo)))
    throw error(sqlstate::datatype_mismatch, "the state of the aggregate is of another type than its result");
  return result(kept, fcinfo);
}

JOURNEY_FUNCTION(bookend_typed_final) { return result(pg::state_argument<bookend>(fcinfo), fcinfo); }
