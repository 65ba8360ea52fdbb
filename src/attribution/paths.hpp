// Paths as arrays of channels, and what users do to them before they attribute.
#pragma once

#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/name_table.hpp"

namespace journey::attribution {

/// A channel, or NULL, which equals itself here.
using name = std::optional<std::string_view>;
using names = std::pmr::vector<name>;

/// A set of channels that a user lists; keeps copies.
class channel_set {
 public:
  explicit channel_set(std::pmr::memory_resource* memory) : memory_(memory), names_(memory) {}

  void assign(std::span<const name> channels);
  bool empty() const { return names_.size() == 0 && !null_; }
  bool contains(const name& channel) const {
    return channel ? names_.find(*channel) != name_table::none : null_;
  }

 private:
  std::pmr::memory_resource* memory_;
  name_table names_;
  bool null_ = false;
};

/// For each element the place of the first one that equals it.
std::pmr::vector<std::size_t> first_equals(std::span<const name> path, std::pmr::memory_resource* memory);

/// Of elements in a row that are equal, the first.
void collapse(names& path);

/// Of all elements that are equal, the first; `counts` tells how many there were.
void keep_first(names& path, std::pmr::vector<std::size_t>& counts);

/// Drops the given channels, or only those at the end of the path, unless it has no others.
void strip(names& path, const channel_set& channels, bool only_at_end);

}  // namespace journey::attribution
