// What a place in a query keeps from row to row (fn_extra). The states of aggregates must not refer to it: an
// engine may give each row a call site of its own.
#pragma once

#include <string>
#include <string_view>

#include "pg/entry.hpp"
#include "pg/memory.hpp"

namespace journey::pg {

/// The `T(std::pmr::memory_resource*, arguments...)` of this call site, made at its first call. One type a
/// function.
template <class T, class... Arguments>
T& call_site(FunctionCallInfo fcinfo, Arguments&&... arguments) {
  void*& kept = fcinfo->flinfo->fn_extra;
  if (kept == nullptr) kept = &make_in<T>(fcinfo->flinfo->fn_mcxt, std::forward<Arguments>(arguments)...);
  return *static_cast<T*>(kept);
}

/// The bytes of an argument of variable length, detoasted into the current memory context where needed.
inline std::string_view argument_bytes(Datum value) {
  auto* whole = PG_DETOAST_DATUM(value);
  return {reinterpret_cast<const char*>(whole), VARSIZE(whole)};
}

/// Whether an argument is a constant of the query, so that it is the same at all calls of this call site. A
/// parameter is none: plpgsql gives it another value without another call site.
bool is_constant(FunctionCallInfo fcinfo, int position);

/// What an argument says, read anew only where its bytes are others than at the call before: most arguments
/// beside the data are the same for all rows. `Value` is made by `Value(std::pmr::memory_resource*)`.
template <class Value>
class argument_cache {
 public:
  explicit argument_cache(std::pmr::memory_resource* memory) : bytes_(memory), value_(memory) {}

  /// What the argument at `position` says; `read(value, bytes)` gets none where it is NULL. The bytes of a
  /// constant are looked at once.
  template <class Read>
  Value& of(FunctionCallInfo fcinfo, int position, Read read) {
    if (known_ && constant_) return value_;
    constant_ = is_constant(fcinfo, position);
    std::string_view bytes;
    if (!PG_ARGISNULL(position)) bytes = argument_bytes(PG_GETARG_DATUM(position));
    return of(bytes, [&](Value& value) { read(value, bytes); });
  }

  /// `read(value)` sets the value, which may still hold what it was.
  template <class Read>
  Value& of(std::string_view bytes, Read read) {
    if (!known_ || bytes != bytes_) {
      known_ = false;  // should reading fail
      read(value_);
      bytes_ = bytes;
      known_ = true;
    }
    return value_;
  }

 private:
  std::pmr::string bytes_;
  bool known_ = false;
  bool constant_ = false;
  Value value_;
};

}  // namespace journey::pg
