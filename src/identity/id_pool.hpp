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
    identity::kind kind;
    bool blocked = false;
    instant first_seen = unknown_time;
    instant last_seen = unknown_time;

    std::string_view text() const { return {bytes, length}; }
  };

  explicit id_pool(std::pmr::memory_resource* memory) : texts_(memory), ids_(memory), slots_(memory) {}
  id_pool(const id_pool&) = delete;
  id_pool& operator=(const id_pool&) = delete;

  /// An id that is sought, with its hash.
  struct key {
    std::string_view text;
    identity::kind kind;
    std::uint32_t hash;
  };
  static key key_of(identity::kind kind, std::string_view text);

  /// The number of an id, given it at its first use.
  node add(const key& sought);
  node add(identity::kind kind, std::string_view text) { return add(key_of(kind, text)); }
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

  // An id is found by its slot, by what is kept of it, and by its text, and in a large pool the processor
  // waits for each. So who seeks many takes the first step for all of them, then the second and the third,
  // then adds them.
  void fetch_slot(std::uint32_t hash) const {
    if (!slots_.empty()) fetch(&slots_[hash & (slots_.size() - 1)]);
  }
  void fetch_id(std::uint32_t hash) const {
    if (node number = first_with(hash); number != no_node) fetch(&ids_[number]);
  }
  void fetch_text(std::uint32_t hash) const {
    if (node number = first_with(hash); number != no_node) fetch(ids_[number].bytes);
  }

 private:
  /// Open addressing by the hash; texts stay with the ids.
  struct slot {
    std::uint32_t hash = 0;
    node number = no_node;  // none: free
  };

  static void fetch(const void* memory) {
    __builtin_prefetch(memory);
    asm volatile(
        "");  // else g++ takes a function that does no more for one without any effect, and leaves it out
  }

  /// The place of the first slot that is free or has this hash, from `place` on.
  std::size_t next_with(std::uint32_t hash, std::size_t place) const {
    for (;; ++place) {
      const slot& each = slots_[place &= slots_.size() - 1];
      if (each.number == no_node || each.hash == hash) return place;
    }
  }
  node first_with(std::uint32_t hash) const {
    return slots_.empty() ? no_node : slots_[next_with(hash, hash)].number;
  }
  /// The place of an id's slot, or of the one where it belongs.
  std::size_t place_of(const key& sought) const;
  void grow();

  std::pmr::monotonic_buffer_resource texts_;
  std::pmr::vector<id> ids_;
  std::pmr::vector<slot> slots_;  // a power of two, a quarter of which is free
};

}  // namespace journey::identity
