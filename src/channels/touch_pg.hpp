// journey.touch between SQL and C++.
#pragma once

#include <memory_resource>

#include "channels/touch.hpp"
#include "pg/composite.hpp"

namespace journey::channels {

/// Reads and makes values of the SQL type `journey.touch`. Keep one per call site: looking the type up costs
/// more than using it.
class touch_type {
 public:
  explicit touch_type(std::pmr::memory_resource* memory);

  /// The touch as of `touched_at`, whatever time the value itself holds. Its texts are views into the value,
  /// detoasted into the current memory context where needed.
  touch read(Datum value, std::int64_t touched_at) const;
  Datum datum(const touch& value) const;

  /// The columns of the type: `fill` sets those of a touch.
  static constexpr std::initializer_list<Oid> column_types{
      TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID};
  static constexpr int columns = column_types.size();
  static_assert(columns == touch_texts + 1);
  static void fill(const touch& value, Datum* values, bool* nulls);

 private:
  pg::row_type rows_;
};

}  // namespace journey::channels
