#include "paths/event_log.hpp"

namespace journey::paths {

void event_log::add(const step_row& row, name_table::id name) {
  if (rows_.size() == rows_.capacity()) rows_.reserve(std::max<std::size_t>(8, 2 * rows_.size()));
  rows_.push_back({row.ts, row.steps, name});
}

void event_log::combine(const event_log& other) {
  auto numbers = names_.numbers_of(other.names_);
  rows_.reserve(rows_.size() + other.rows_.size());
  for (const event_row& row : other.rows_) {
    check_interrupts();
    rows_.push_back({row.ts, row.steps, row.name == name_table::none ? row.name : numbers[row.name]});
  }
}

void event_log::rank(std::span<const name_table::id> order, std::pmr::vector<name_table::id>& ranks) {
  ranks.resize(order.size());
  for (std::size_t place = 0; place < order.size(); ++place)
    ranks[order[place]] = static_cast<name_table::id>(place);
}

void event_log::keep_first(std::size_t most) {
  if (rows_.size() <= most) return;
  rows();
  rows_.resize(most);
}

void event_log::serialize_rows(wire::writer& out) const {
  out.varint(rows_.size());
  std::int64_t before = 0;
  for (const event_row& row : rows_) {
    check_interrupts();
    // Any two times have a difference, if it may wrap round.
    out.signed_varint(
        static_cast<std::int64_t>(static_cast<std::uint64_t>(row.ts) - static_cast<std::uint64_t>(before)));
    out.varint(row.steps);
    out.varint(row.name == name_table::none ? 0 : std::uint64_t{row.name} + 1);
    before = row.ts;
  }
}

void event_log::deserialize_rows(wire::reader& in, int conditions, nameless rows,
                                 std::span<const name_table::id> numbers) {
  std::size_t count = in.count(3);
  rows_.reserve(count);
  std::int64_t before = 0;
  for (std::size_t i = 0; i < count; ++i) {
    check_interrupts();
    auto later = static_cast<std::uint64_t>(in.signed_varint());
    before = static_cast<std::int64_t>(static_cast<std::uint64_t>(before) + later);
    std::uint64_t steps = in.varint();
    if ((steps & ~bits(0, conditions)) != 0) in.fail("a row meets a step that is none");
    std::uint64_t name = in.varint();
    if (name > numbers.size() || (name == 0 && rows == nameless::refused))
      in.fail("a row has a name that is none");
    rows_.push_back({before, steps, name == 0 ? name_table::none : numbers[name - 1]});
  }
}

}  // namespace journey::paths
