// journey.touch between SQL and C++.
#pragma once

#include "channels/touch.hpp"
#include "pg/datum.hpp"

namespace journey::channels {

/// Reads and makes values of the SQL type `journey.touch`. Keep one per call site: looking the type up costs
/// more than using it.
class touch_type {
 public:
  /// Looks the type up; the result lives in `context`.
  static touch_type& make(MemoryContext context);
  /// The one in `kept`, made at first use.
  static touch_type& of(FunctionCallInfo fcinfo, void*& kept);
  /// The one in fn_extra; for functions that keep nothing else there.
  static touch_type& of(FunctionCallInfo fcinfo) { return of(fcinfo, fcinfo->flinfo->fn_extra); }

  /// The touch as of `touched_at`, whatever time the value itself holds. Its texts are views into the value,
  /// detoasted into the current memory context where needed.
  touch read(Datum value, std::int64_t touched_at) const;
  Datum datum(const touch& value) const;

  /// The columns of the type: `fill` sets those of a touch.
  static constexpr int columns = touch_texts + 1;
  static void fill(const touch& value, Datum* values, bool* nulls);
  Oid oid() const { return shape_->tdtypeid; }

 private:
  TupleDesc shape_ = nullptr;
};

}  // namespace journey::channels
