// Union-find: which nodes belong together.
#pragma once

#include <cassert>
#include <cstdint>
#include <memory_resource>
#include <utility>
#include <vector>

namespace journey::identity {

/// Disjoint sets of the numbers 0, 1, 2, ..., each at first alone. Union by size with path halving: a chain
/// of a million links costs no more a link than any other shape.
class disjoint_sets {
 public:
  explicit disjoint_sets(std::pmr::memory_resource* memory) : parents_(memory), sizes_(memory) {}
  disjoint_sets(const disjoint_sets& other, std::pmr::memory_resource* memory)
      : parents_(other.parents_, memory), sizes_(other.sizes_, memory) {}

  /// Brings in the numbers below `count`.
  void grow(std::uint32_t count) {
    while (parents_.size() < count) {
      parents_.push_back(static_cast<std::uint32_t>(parents_.size()));
      sizes_.push_back(1);
    }
  }

  /// The number that stands for the whole set.
  std::uint32_t find(std::uint32_t number) {
    assert(number < parents_.size());
    while (parents_[number] != number) number = parents_[number] = parents_[parents_[number]];
    return number;
  }

  /// How many numbers a set has, given by its root.
  std::uint32_t size(std::uint32_t root) const {
    assert(parents_[root] == root);
    return sizes_[root];
  }

  /// Joins two different sets, given by their roots; returns the root of the whole.
  std::uint32_t join(std::uint32_t left, std::uint32_t right) {
    assert(left != right && parents_[left] == left && parents_[right] == right);
    if (sizes_[left] < sizes_[right]) std::swap(left, right);
    parents_[right] = left;
    sizes_[left] += sizes_[right];
    return left;
  }

  /// Joins the sets of two numbers, where these are different.
  void unite(std::uint32_t left, std::uint32_t right) {
    left = find(left);
    right = find(right);
    if (left != right) join(left, right);
  }

 private:
  std::pmr::vector<std::uint32_t> parents_;
  std::pmr::vector<std::uint32_t> sizes_;
};

}  // namespace journey::identity
