#include "identity/alias_unmerge.hpp"

#include <algorithm>
#include <tuple>

#include "base/interrupts.hpp"

namespace journey::identity {

left_out_pairs::strangers left_out_pairs::never_held() const {
  strangers found;
  std::uint64_t first = std::numeric_limits<std::uint64_t>::max();
  for (const auto& [pair, held] : held_) {
    check_interrupts();
    if (held) continue;
    ++found.count;
    first = std::min(first, pair);
  }
  std::tie(found.left, found.right) = unpaired(first);
  return found;
}

void divided_graph::add(node left, node right, instant seen_at) {
  whole_.add(left, right, seen_at);
  if (without_.hold(left, right)) {
    cut_.add(left, no_node, seen_at);
    cut_.add(right, no_node, seen_at);
  } else {
    cut_.add(left, right, seen_at);
  }
}

std::pmr::vector<change> divided_graph::resolve(std::span<const kind_rule> kinds) const {
  const id_pool& ids = cut_.ids();
  std::pmr::vector<mapped_id> before(ids.size(), memory_);
  visitors old(memory_, whole_, kinds);
  for (std::size_t i = 0; i < old.size(); ++i) {
    visitor whole = old[i];
    for (node member : whole.members) {
      check_interrupts();
      before[member] = {whole.id, whole.members.size(), ids[member].first_seen, ids[member].last_seen};
    }
  }
  std::pmr::vector<change> changes(memory_);
  visitors parts(memory_, cut_, kinds);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    visitor part = parts[i];
    for (node member : part.members) {
      check_interrupts();
      mapped_id now{part.id, part.members.size(), ids[member].first_seen, ids[member].last_seen};
      if (now != before[member]) changes.push_back({member, now, before[member].visitor});
    }
  }
  return changes;
}

}  // namespace journey::identity
