// Aggregates whose state is a C++ object in the aggregate's memory context.
//
// A state class has a constructor State(std::pmr::memory_resource*) and, to run in parallel plans,
//   void combine(const State& other);            order-free; leaves `other` as it is
//   void serialize(wire::writer&) const;
//   void deserialize(wire::reader&);             into a fresh state; treats the bytes as hostile
#pragma once

#include "pg/entry.hpp"
#include "pg/memory.hpp"
#include "base/wire.hpp"

namespace journey::pg {

/// The memory context that lives as long as the group; an error when not called as an aggregate.
inline MemoryContext aggregate_context(FunctionCallInfo fcinfo) {
  MemoryContext context;
  if (!AggCheckCallContext(fcinfo, &context))
    throw error(sqlstate::internal_error, "aggregate support function called outside an aggregate");
  return context;
}

/// The state in argument `position`, or null where there is none yet.
template <class State>
State* state_argument(FunctionCallInfo fcinfo, int position = 0) {
  return PG_ARGISNULL(position) ? nullptr : reinterpret_cast<State*>(PG_GETARG_POINTER(position));
}

/// The `T(std::pmr::memory_resource*)` that all states in a memory context have in common. It goes when they
/// go, and nothing but the context knows of it: it hangs on a callback that does nothing.
template <class T>
T& shared_in(MemoryContext context) {
  struct housed {
    explicit housed(std::pmr::memory_resource* memory) : value(memory) {}
    static void on_reset(void*) {}
    T value;
    MemoryContextCallback hook;
  };
  for (MemoryContextCallback* each = context->reset_cbs; each != nullptr; each = each->next)
    if (each->func == housed::on_reset) return static_cast<housed*>(each->arg)->value;
  auto& made = make_in<housed>(context);
  made.hook.func = housed::on_reset;
  made.hook.arg = &made;
  MemoryContextRegisterResetCallback(context, &made.hook);
  return made.value;
}

/// A new state in a context. One that says what it shares, `using shared`, gets it by `share(shared&)`.
template <class State>
State& make_state(MemoryContext context) {
  State& state = make_in<State>(context);
  if constexpr (requires { typename State::shared; }) state.share(shared_in<typename State::shared>(context));
  return state;
}

/// The group's state for a transition function, made at the group's first use.
template <class State>
State& group_state(FunctionCallInfo fcinfo) {
  MemoryContext context = aggregate_context(fcinfo);
  if (State* state = state_argument<State>(fcinfo)) return *state;
  return make_state<State>(context);
}

/// What plans go by where an aggregate's transition function is one of ours. To be made at namespace scope,
/// beside the function.
class state_facts {
 public:
  /// `time`: which of the aggregate's arguments is the time, from 1. `bytes`: what a state takes as it
  /// begins; `bytes_per_row`: and for each of the group's rows, where they come in no order that helps.
  state_facts(const char* transition, int time, double bytes, double bytes_per_row)
      : time(time), bytes(bytes), bytes_per_row(bytes_per_row), transition_(transition), next_(first) {
    first = this;
  }
  /// Of a transition function, by its symbol in C; null where nothing is known.
  static const state_facts* of(std::string_view transition) {
    const state_facts* each = first;
    while (each != nullptr && each->transition_ != transition) each = each->next_;
    return each;
  }

  const int time;
  const double bytes;
  const double bytes_per_row;

 private:
  std::string_view transition_;
  const state_facts* next_;
  static inline constinit const state_facts* first = nullptr;
};

/// COMBINEFUNC.
template <class State>
Datum combine_states(FunctionCallInfo fcinfo) {
  MemoryContext context = aggregate_context(fcinfo);
  State* left = state_argument<State>(fcinfo, 0);
  const State* right = state_argument<State>(fcinfo, 1);
  if (right == nullptr) {
    if (left == nullptr) PG_RETURN_NULL();
    PG_RETURN_POINTER(left);
  }
  if (left == nullptr) left = &make_state<State>(context);
  left->combine(*right);
  PG_RETURN_POINTER(left);
}

/// The bytes of `value` behind a varlena header, in the current memory context.
template <class Value>
bytea* to_bytea(const Value& value) {
  struct buffer : wire::writer {
    explicit buffer(std::pmr::memory_resource* memory) : wire::writer(memory, VARHDRSZ) {}
  };
  auto& out = make_in<buffer>(CurrentMemoryContext);
  value.serialize(out);
  if (out.size() > MaxAllocSize)
    throw error(sqlstate::program_limit_exceeded, "the state of one group has grown beyond 1 GB");
  SET_VARSIZE(out.data(), out.size());
  return reinterpret_cast<bytea*>(out.data());
}

/// SERIALFUNC.
template <class State>
Datum serialize_state(FunctionCallInfo fcinfo) {
  aggregate_context(fcinfo);
  PG_RETURN_BYTEA_P(to_bytea(*state_argument<State>(fcinfo)));
}

/// DESERIALFUNC. The result lives in the call's own context; combining copies what it keeps.
template <class State>
Datum deserialize_state(FunctionCallInfo fcinfo) {
  aggregate_context(fcinfo);
  bytea* bytes = PG_GETARG_BYTEA_PP(0);
  State& state = make_in<State>(CurrentMemoryContext);
  wire::reader in({VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes)}, "aggregate state");
  state.deserialize(in);
  in.end();
  PG_RETURN_POINTER(&state);
}

}  // namespace journey::pg

/// Defines journey_<name>_combine, _serialize and _deserialize for an aggregate over `State`.
#define JOURNEY_PARALLEL_AGGREGATE(name, State)                                              \
  JOURNEY_FUNCTION(name##_combine) { return journey::pg::combine_states<State>(fcinfo); }    \
  JOURNEY_FUNCTION(name##_serialize) { return journey::pg::serialize_state<State>(fcinfo); } \
  JOURNEY_FUNCTION(name##_deserialize) { return journey::pg::deserialize_state<State>(fcinfo); }
