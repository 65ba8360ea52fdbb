// Values by pairs of small numbers.
#pragma once

#include <cassert>
#include <cstdint>
#include <memory_resource>
#include <vector>

#include "base/hash_map.hpp"

namespace journey {

/// A `Value(std::pmr::memory_resource*)` for each pair of numbers that was asked for.
template <class Value>
class pair_table {
 public:
  struct entry {
    std::uint32_t first;
    std::uint32_t second;
    Value value;
  };

  explicit pair_table(std::pmr::memory_resource* memory) : places_(memory), entries_(memory) {}

  /// The value of a pair, made at its first use.
  Value& of(std::uint32_t first, std::uint32_t second) {
    // A false alarm: NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult)
    std::uint64_t key = static_cast<std::uint64_t>(first) << 32 | second;
    auto [place, is_new] = places_.try_emplace(key, entries_.size());
    if (is_new) entries_.push_back({first, second, Value(entries_.get_allocator().resource())});
    assert(entries_.size() == places_.size());
    return entries_[place->second].value;
  }

  /// All entries, in the order in which they were made.
  const std::pmr::vector<entry>& entries() const { return entries_; }

 private:
  hash_map<std::uint64_t, std::size_t> places_;
  std::pmr::vector<entry> entries_;
};

}  // namespace journey
