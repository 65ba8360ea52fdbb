// States that keep a value of any type for each row.
#pragma once

#include "paths/event_log.hpp"
#include "pg/aggregate.hpp"
#include "pg/any_value.hpp"
#include "pg/call_site.hpp"

namespace journey::paths {

/// Rows with values, and what is asked of them: a `Question` with `steps` (0 while nothing has been asked),
/// `conditions()`, `ask`, `serialize` and `deserialize`.
template <class Question>
struct value_state {
  explicit value_state(std::pmr::memory_resource* memory) : log(memory) {}

  Question question;
  Oid type = InvalidOid;
  event_log log;  // names are the bytes of values as they lie in memory
};

/// The bytes of a value as they lie in memory, without a header.
std::string_view image_of(Datum value, const TypeCacheEntry& type);
/// The value, in the current memory context.
Datum value_of(std::string_view image, const TypeCacheEntry& type);
/// The rank of each value by its image, the least being 0.
std::pmr::vector<name_table::id> value_ranks(const name_table& images, const TypeCacheEntry& type,
                                             Oid collation);

inline Oid told_by_expression(Oid type) {
  return pg::told_by_expression(type, "Such an engine keeps the type of journey.path(value::text, ts).");
}

/// Takes a row; argument 1 is its value.
template <class Question>
Datum add_value(FunctionCallInfo fcinfo, const Question& question, const step_row* row) {
  auto& state = pg::group_state<value_state<Question>>(fcinfo);
  state.question.ask(question);
  if (!OidIsValid(state.type)) state.type = told_by_expression(get_fn_expr_argtype(fcinfo->flinfo, 1));
  const TypeCacheEntry& type = pg::call_site<pg::known_type>(fcinfo).of(state.type);
  if (row == nullptr) PG_RETURN_POINTER(&state);
  if (PG_ARGISNULL(1))
    state.log.add_nameless(*row);
  else
    state.log.add(*row, image_of(PG_GETARG_DATUM(1), type));
  PG_RETURN_POINTER(&state);
}

template <class Question>
Datum combine_values(FunctionCallInfo fcinfo) {
  MemoryContext context = pg::aggregate_context(fcinfo);
  auto* state = pg::state_argument<value_state<Question>>(fcinfo, 0);
  const auto* other = pg::state_argument<value_state<Question>>(fcinfo, 1);
  if (other != nullptr) {
    if (state == nullptr) state = &pg::make_in<value_state<Question>>(context);
    if (OidIsValid(state->type) && state->type != other->type)
      throw error(sqlstate::datatype_mismatch, "states of different types can't be combined");
    state->type = other->type;
    state->question.ask(other->question);
    state->log.combine(other->log);
  }
  if (state == nullptr) PG_RETURN_NULL();
  PG_RETURN_POINTER(state);
}

inline constexpr std::uint8_t value_state_version = 1;

/// What is kept at a call site of functions by which states travel.
struct value_site {
  explicit value_site(std::pmr::memory_resource* memory) : type(memory), transport(memory) {}
  pg::known_type type;
  pg::transport transport;
};

template <class Question>
Datum serialize_values(FunctionCallInfo fcinfo) {
  pg::aggregate_context(fcinfo);
  const auto& state = *pg::state_argument<value_state<Question>>(fcinfo);
  auto& known = pg::call_site<value_site>(fcinfo);
  struct packed {
    const value_state<Question>& state;
    const TypeCacheEntry& type;
    const pg::transport& transport;
    void serialize(wire::writer& out) const {
      out.fixed(value_state_version);
      out.text(transport.schema());
      out.text(transport.name());
      state.question.serialize(out);
      state.log.serialize(out,
                          [this](std::string_view image) { return transport.send(value_of(image, type)); });
    }
  };
  return PointerGetDatum(
      pg::to_bytea(packed{state, known.type.of(state.type), known.transport.of(state.type)}));
}

template <class Question>
Datum deserialize_values(FunctionCallInfo fcinfo) {
  pg::aggregate_context(fcinfo);
  wire::reader in(pg::text_argument(fcinfo, 0), "aggregate state");
  if (in.fixed<std::uint8_t>() != value_state_version) in.fail("its version is unknown");
  std::string_view schema = in.text();
  std::string_view name = in.text();
  auto& known = pg::call_site<value_site>(fcinfo);
  const pg::transport& transport = known.transport.of(schema, name);
  const TypeCacheEntry& type = known.type.of(transport.type());
  auto& state = pg::make_in<value_state<Question>>(CurrentMemoryContext);
  state.type = type.type_id;
  state.question.deserialize(in);
  state.log.deserialize(in, state.question.conditions(), event_log::nameless::allowed,
                        [&](std::string_view bytes) { return image_of(transport.receive(bytes), type); });
  in.end();
  PG_RETURN_POINTER(&state);
}

/// Returns the value of the row that `chosen(rows, question)` points at; NULL where it is null.
template <class Question, class Choose>
Datum chosen_value(FunctionCallInfo fcinfo, Choose chosen) {
  const auto* state = pg::state_argument<value_state<Question>>(fcinfo);
  if (state == nullptr) PG_RETURN_NULL();
  // A state from outside may name another type than the caller expects.
  if (state->type != told_by_expression(get_fn_expr_rettype(fcinfo->flinfo)))
    throw error(sqlstate::datatype_mismatch, "the state of the aggregate is of another type than its result");
  const TypeCacheEntry& type = pg::call_site<pg::known_type>(fcinfo).of(state->type);
  std::pmr::vector<name_table::id> ranks(pg::call_memory());
  auto rows = state->log.rows(pg::call_memory(), [&](std::span<event_row> tied) {
    if (ranks.empty()) ranks = value_ranks(state->log.names(), type, PG_GET_COLLATION());
    sort_by(tied, [&ranks](const event_row& row) {
      return row.name == name_table::none ? row.name : ranks[row.name];
    });
  });
  const event_row* row = chosen(rows, state->question);
  if (row == nullptr || row->name == name_table::none) PG_RETURN_NULL();
  PG_RETURN_DATUM(value_of(state->log.names()[row->name], type));
}

}  // namespace journey::paths

/// Defines journey_<name>_combine, _serialize and _deserialize for an aggregate over a value_state.
#define JOURNEY_VALUES_AGGREGATE(name, Question)                                                    \
  JOURNEY_FUNCTION(name##_combine) { return journey::paths::combine_values<Question>(fcinfo); }     \
  JOURNEY_FUNCTION(name##_serialize) { return journey::paths::serialize_values<Question>(fcinfo); } \
  JOURNEY_FUNCTION(name##_deserialize) { return journey::paths::deserialize_values<Question>(fcinfo); }
