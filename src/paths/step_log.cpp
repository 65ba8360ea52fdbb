#include "paths/step_log.hpp"

#include <limits>

#include "base/sort.hpp"

namespace journey::paths {

void step_log::add(const step_row& row) {
  if (rows_.size() == rows_.capacity()) rows_.reserve(std::max<std::size_t>(8, 2 * rows_.size()));
  rows_.push_back(row);
}

void step_log::combine(const step_log& other) {
  rows_.insert(rows_.end(), other.rows_.begin(), other.rows_.end());
}

std::span<const step_row> step_log::rows() const {
  if (!std::ranges::is_sorted(rows_, comes_before)) sort(rows_, comes_before);
  return rows_;
}

void step_log::serialize(wire::writer& out) const {
  std::span<const step_row> all = rows();
  out.varint(all.size());
  std::int64_t before = 0;
  for (const step_row& row : all) {
    check_interrupts();
    if (&row == all.data())
      out.signed_varint(row.ts);
    else
      out.varint(static_cast<std::uint64_t>(row.ts) - static_cast<std::uint64_t>(before));
    out.varint(row.steps);
    before = row.ts;
  }
}

void step_log::deserialize(wire::reader& in, int conditions) {
  std::size_t count = in.count(2);
  rows_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    check_interrupts();
    step_row row{};
    if (i == 0) {
      row.ts = in.signed_varint();
    } else {
      std::uint64_t later = in.varint();
      std::int64_t before = rows_.back().ts;
      if (later > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) -
                      static_cast<std::uint64_t>(before))
        in.fail("a time is out of range");
      row.ts = static_cast<std::int64_t>(static_cast<std::uint64_t>(before) + later);
    }
    row.steps = in.varint();
    if ((row.steps & ~bits(0, conditions)) != 0) in.fail("a row meets a step that is none");
    if (i > 0 && comes_before(row, rows_.back())) in.fail("its rows are out of order");
    rows_.push_back(row);
  }
}

}  // namespace journey::paths
