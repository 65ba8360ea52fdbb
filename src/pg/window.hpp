// Window functions.
#pragma once

#include <cstdint>
#include <optional>

#include "pg/entry.hpp"

namespace journey::pg {

/// The rows of a window function's partition, by the first expression of the window's ORDER BY. The server
/// hands window functions their arguments and nothing else of a row, so this looks where it keeps the rest.
class ordered_partition {
 public:
  /// An error where the function, which must have an argument, is not called as a window function.
  explicit ordered_partition(FunctionCallInfo fcinfo);

  WindowObject window() const { return window_; }
  std::int64_t rows() const { return rows_; }

  /// Whether the expression is NULL in the row at `position`, from 0; never, where there is no ORDER BY.
  bool is_null(std::int64_t position) const;

  /// The rows in which it is not NULL: they follow each other.
  struct stretch {
    std::int64_t begin, end;
  };
  stretch not_null() const;

 private:
  WindowObject window_;
  WindowAggState* state_;
  std::int64_t rows_;
  AttrNumber column_ = 0;  // of the expression; 0 where there is no ORDER BY
};

}  // namespace journey::pg
