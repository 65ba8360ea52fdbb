#include "base/name_table.hpp"

#include <algorithm>
#include <numeric>

#include "base/error.hpp"
#include "base/sort.hpp"

namespace journey {

name_table::id name_table::add(std::string_view name) {
  if (names_.size() >= none) throw error(sqlstate::program_limit_exceeded, "more than 4 billion names");
  auto number = static_cast<id>(names_.size());
  ids_.emplace(names_.emplace_back(name), number);
  return number;
}

std::pmr::vector<name_table::id> name_table::sorted(std::pmr::memory_resource* memory) const {
  std::pmr::vector<id> numbers(size(), memory);
  std::iota(numbers.begin(), numbers.end(), 0);
  sort_by(numbers, [this](id number) { return names_[number]; });
  return numbers;
}

void name_table::serialize(wire::writer& out) const {
  out.varint(names_.size());
  for (std::string_view name : names_) {
    check_interrupts();
    out.text(name);
  }
}

void name_table::deserialize(wire::reader& in) {
  std::size_t count = in.count(1);
  for (std::size_t i = 0; i < count; ++i) {
    check_interrupts();
    if (number(in.text()) != i) in.fail("a name comes twice");
  }
}

}  // namespace journey
