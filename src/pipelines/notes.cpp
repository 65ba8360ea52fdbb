#include "pipelines/notes.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/text.hpp"

namespace journey::pipelines {
namespace {

/// The greater; any number is greater than none.
void raise(notes::number& known, notes::number other) { known = std::max(known, other); }

constexpr std::chrono::sys_days epoch = std::chrono::year(2000) / 1 / 1;

}  // namespace

std::int32_t slice_start(std::int32_t day, slice_size size) {
  if (size == slice_size::day) return day;
  std::chrono::year_month_day date(epoch + std::chrono::days(day));
  auto month = size == slice_size::month ? date.month() : std::chrono::January;
  return static_cast<std::int32_t>((std::chrono::sys_days(date.year() / month / 1) - epoch).count());
}

void notes::add(std::string_view row, slice of, number by) {
  noted_slice& noted = slices_[of];
  if (noted.whole) return raise(noted.by, by);
  if (auto known = rows_.find(row); known != rows_.end()) return raise(known->second.by, by);
  if (++noted.rows > most_rows_) return add_whole(of, by);
  rows_.emplace(copied(row, memory_), noted_row{of, by});
}

void notes::add_whole(slice of, number by) {
  noted_slice& noted = slices_[of];
  raise(noted.by, by);
  if (std::exchange(noted.whole, true)) return;
  for (const auto& [bytes, row] : rows_)
    if (row.of == of) raise(noted.by, row.by);
}

bool notes::whole(slice of) const {
  auto noted = slices_.find(of);
  return noted != slices_.end() && noted->second.whole;
}

}  // namespace journey::pipelines
