#include "paths/event_log.hpp"

namespace journey::paths {

void event_log::combine(const event_log& other) {
  if (names_ == other.names_ || other.names_ == nullptr) {
    rows_.combine(other.rows_);
    return;
  }
  for (event_row row : other.rows_as_added(rows_.memory())) {
    check_interrupts();
    if (row.name != name_table::none) row.name = own_names().number(other.names()[row.name]);
    rows_.add(row);
  }
}

std::pmr::vector<event_row> event_log::rows(std::pmr::memory_resource* memory) const {
  return rows(memory, [this](std::span<event_row> rows) {
    sort(rows, [this](const event_row& left, const event_row& right) {
      if (left.name == name_table::none || right.name == name_table::none) return left.name < right.name;
      return names()[left.name] < names()[right.name];
    });
  });
}

std::int64_t event_log::keep_first(std::size_t most) {
  auto kept = rows(rows_.memory());
  kept.resize(std::min(most, kept.size()));
  rows_.clear();
  for (const event_row& row : kept) {
    check_interrupts();
    rows_.add(row);
  }
  return kept.back().ts;
}

std::pmr::vector<name_table::id> event_log::used_names() const {
  std::pmr::vector<name_table::id> used(rows_.memory());
  for (const event_row& row : rows_as_added(rows_.memory()))
    if (row.name != name_table::none) used.push_back(row.name);
  sort(used);
  used.erase(std::unique(used.begin(), used.end()), used.end());
  return used;
}

void event_log::serialize_rows(wire::writer& out, std::span<const name_table::id> names) const {
  packed_rows<event_row> renamed(rows_.memory());
  for (event_row row : rows_as_added(rows_.memory())) {
    check_interrupts();
    if (row.name != name_table::none)
      row.name = static_cast<name_table::id>(std::ranges::lower_bound(names, row.name) - names.begin());
    renamed.add(row);
  }
  renamed.serialize(out);
}

void event_log::deserialize_rows(wire::reader& in, int conditions, nameless rows,
                                 std::span<const name_table::id> names) {
  rows_.deserialize(in, [&](std::array<std::uint64_t, 2>& numbers) {
    auto& [steps, name] = numbers;
    if ((steps & ~bits(0, conditions)) != 0) in.fail("a row meets a step that is none");
    if (name > names.size() || (name == 0 && rows == nameless::refused))
      in.fail("a row has a name that is none");
    if (name > 0) name = std::uint64_t{names[name - 1]} + 1;
  });
}

}  // namespace journey::paths
