// What an item is together with, as bytes: numbers of items and how often, in their order.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

#include "base/hash_map.hpp"
#include "base/wire.hpp"

namespace journey::items {

/// How often an item is together with another one; a change of that may be negative.
struct listed_pair {
  std::uint32_t with;
  std::int64_t together;
  auto operator<=>(const listed_pair&) const = default;
};

using pair_list = std::pmr::vector<listed_pair>;

/// Of several pairs with one item the sum; in order, without those that are 0. An error (22003) where a sum
/// has no room.
void add_up(pair_list& pairs);

/// Writes the stored form of pairs that are added up.
void write_pairs(wire::writer& out, std::span<const listed_pair> pairs);

/// The pairs of a stored form, one after the other. Errors (22P03) where the bytes are none.
class pair_reader {
 public:
  explicit pair_reader(std::string_view bytes);
  bool next();
  const listed_pair& pair() const { return pair_; }
  /// How many bytes lie behind the pair.
  std::size_t left() const { return in_.left(); }

 private:
  wire::reader in_;
  listed_pair pair_{};
  bool first_ = true;
};

void read_pairs(std::string_view bytes, pair_list& pairs);

/// Writes a stored form with changes that are added up. What lies between them is copied as it is.
void change_pairs(wire::writer& out, std::string_view bytes, std::span<const listed_pair> changes);

/// Sums over lists of what is together with them.
class pair_sums {
 public:
  explicit pair_sums(std::pmr::memory_resource* memory) : sums_(memory) {}
  /// A stored form.
  void add(std::string_view pairs, std::int64_t weight);
  void leave_out(std::uint32_t item) { sums_.erase(item); }
  /// The greatest sums, `most` of them and all that are as great as the last; those of 0 or less are left
  /// out. The greatest first, then by number.
  pair_list best(std::size_t most) const;

 private:
  hash_map<std::uint32_t, std::int64_t> sums_;
};

}  // namespace journey::items
