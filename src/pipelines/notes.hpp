// What a transaction changed in one source: rows, until so many of a slice are noted that the slice is.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string_view>

#include "base/hash_map.hpp"

namespace journey::pipelines {

/// The calendar pieces of history.
enum class slice_size : char { day, month, year };

/// The first day of the slice that a day is in; days since 2000-01-01.
std::int32_t slice_start(std::int32_t day, slice_size size);

/// Rows by the bytes of the columns that tell their time and ids. A number is that of the transaction a row
/// says it was written by; the greatest is kept.
class notes {
 public:
  using slice = std::optional<std::int32_t>;  // none: any, since the time is no column
  using number = std::optional<std::int64_t>;

  explicit notes(std::pmr::memory_resource* memory, std::size_t most_rows = 10000)
      : memory_(memory), most_rows_(most_rows), rows_(memory), slices_(memory) {}

  /// A row of a slice. Above `most_rows` of these the slice as a whole is noted.
  void add(std::string_view row, slice of, number by);
  /// All rows of a slice; of none, all of the source.
  void add_whole(slice of, number by);
  bool whole(slice of) const;

  /// `row(bytes, number)` for each row that no slice covers, then `slice(slice, number)` for each slice.
  template <class Row, class Slice>
  void for_each(Row row, Slice slice) const {
    for (const auto& [bytes, noted] : rows_)
      if (!whole(noted.of)) row(bytes, noted.by);
    for (const auto& [of, noted] : slices_)
      if (noted.whole) slice(of, noted.by);
  }

 private:
  struct noted_row {
    slice of;
    number by;
  };
  struct noted_slice {
    std::size_t rows = 0;
    bool whole = false;
    number by;
  };
  struct slice_hash {
    std::size_t operator()(slice of) const { return boost::hash<std::int64_t>()(of ? *of : INT64_MIN); }
  };

  std::pmr::memory_resource* memory_;
  std::size_t most_rows_;
  hash_map<std::string_view, noted_row> rows_;
  hash_map<slice, noted_slice, slice_hash> slices_;
};

}  // namespace journey::pipelines
