// Names as small numbers: each distinct string is kept once.
#pragma once

#include <cassert>
#include <cstdint>
#include <deque>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash_map.hpp"
#include "base/interrupts.hpp"
#include "base/wire.hpp"

namespace journey {

/// Numbers strings from 0 in the order they come. Any bytes will do, so a sequence of numbers can be a name,
/// too.
class name_table {
 public:
  using id = std::uint32_t;

  explicit name_table(std::pmr::memory_resource* memory) : names_(memory), ids_(memory) {}

  std::size_t size() const { return names_.size(); }
  std::string_view operator[](id number) const {
    assert(number < names_.size());
    return names_[number];
  }

  /// The number of `name`, given out now where the name is new.
  id number(std::string_view name) {
    if (auto found = ids_.find(name); found != ids_.end()) return found->second;
    return add(name);
  }

  /// The number of a name that may be missing, or `none`.
  static constexpr id none = UINT32_MAX;
  id find(std::string_view name) const {
    auto found = ids_.find(name);
    return found == ids_.end() ? none : found->second;
  }

  /// The numbers of all of another table's names, by their numbers there.
  std::pmr::vector<id> numbers_of(const name_table& other) {
    std::pmr::vector<id> numbers(names_.get_allocator().resource());
    numbers.reserve(other.size());
    for (std::string_view name : other.names_) {
      check_interrupts();
      numbers.push_back(number(name));
    }
    return numbers;
  }

  /// All numbers, in bytewise order of their names: the same for any order in which the names came.
  std::pmr::vector<id> sorted(std::pmr::memory_resource* memory) const;

  void serialize(wire::writer& out) const;
  void deserialize(wire::reader& in);

 private:
  id add(std::string_view name);

  std::pmr::deque<std::pmr::string> names_;  // whose elements stay where they are
  hash_map<std::string_view, id> ids_;       // views into names_
};

}  // namespace journey
