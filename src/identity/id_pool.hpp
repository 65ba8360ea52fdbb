// Ids, each kept once: text and kind on one side, a small number on the other.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <limits>
#include <memory_resource>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash_map.hpp"

namespace journey::identity {

using node = std::uint32_t;  // the number of an id, in order of arrival
inline constexpr node no_node = std::numeric_limits<node>::max();

/// Two ids, whichever way round, as the key of a map; and these two again, the smaller number first.
inline std::uint64_t paired(node left, node right) {
  return std::uint64_t{std::min(left, right)} << 32 | std::max(left, right);
}
inline std::pair<node, node> unpaired(std::uint64_t pair) {
  return {static_cast<node>(pair >> 32), static_cast<node>(pair)};
}

using kind = std::uint16_t;

using instant = std::int64_t;  // microseconds
/// Not known when: later than any known time.
inline constexpr instant unknown_time = std::numeric_limits<instant>::max();

/// The ids seen so far. One text under two kinds is two ids.
class id_pool {
 public:
  struct id {
    const char* bytes;
    std::uint32_t length;
    std::uint32_t hash;
    instant first_seen = unknown_time;
    instant last_seen = unknown_time;
    identity::kind kind;
    bool blocked = false;

    std::string_view text() const { return {bytes, length}; }
  };

  explicit id_pool(std::pmr::memory_resource* memory)
      : texts_(memory), ids_(memory), numbers_(0, hash_of{&ids_}, same{&ids_}, memory) {}
  id_pool(const id_pool&) = delete;
  id_pool& operator=(const id_pool&) = delete;

  /// The number of an id, given it at its first use.
  node add(identity::kind kind, std::string_view text);
  /// The number of an id, or `no_node` where it was never added.
  node find(identity::kind kind, std::string_view text) const;

  /// Notes when an id was seen. Unknown times tell nothing and are left out.
  void see(node number, instant seen) {
    if (seen == unknown_time) return;
    id& one = (*this)[number];
    if (one.first_seen == unknown_time) one.last_seen = seen;
    if (seen < one.first_seen) one.first_seen = seen;
    if (seen > one.last_seen) one.last_seen = seen;
  }

  id& operator[](node number) {
    assert(number < ids_.size());
    return ids_[number];
  }
  const id& operator[](node number) const {
    assert(number < ids_.size());
    return ids_[number];
  }
  node size() const { return static_cast<node>(ids_.size()); }

 private:
  struct key {
    std::string_view text;
    identity::kind kind;
    std::uint32_t hash;
  };
  static key key_of(identity::kind kind, std::string_view text);

  // The set holds numbers alone; texts and hashes stay with the ids.
  struct hash_of {
    using is_transparent = void;
    const std::pmr::vector<id>* ids;
    static std::size_t spread(std::uint32_t hash) { return hash * std::uint64_t{0x9E3779B97F4A7C15}; }
    std::size_t operator()(node number) const { return spread((*ids)[number].hash); }
    std::size_t operator()(const key& sought) const { return spread(sought.hash); }
  };
  struct same {
    using is_transparent = void;
    const std::pmr::vector<id>* ids;
    bool operator()(node left, node right) const { return left == right; }
    bool operator()(const key& sought, node number) const {
      const id& one = (*ids)[number];
      return one.hash == sought.hash && one.kind == sought.kind && one.text() == sought.text;
    }
    bool operator()(node number, const key& sought) const { return (*this)(sought, number); }
  };

  std::pmr::monotonic_buffer_resource texts_;
  std::pmr::vector<id> ids_;
  hash_set<node, hash_of, same> numbers_;
};

}  // namespace journey::identity
