#include "identity/id_pool.hpp"

#include <functional>

#include "base/error.hpp"
#include "base/interrupts.hpp"
#include "base/text.hpp"

namespace journey::identity {

id_pool::key id_pool::key_of(identity::kind kind, std::string_view text) {
  std::size_t hash = std::hash<std::string_view>{}(text) + kind;
  return {text, kind, static_cast<std::uint32_t>(hash ^ (hash >> 32))};
}

std::size_t id_pool::place_of(const key& sought) const {
  for (std::size_t place = sought.hash;; ++place) {
    place = next_with(sought.hash, place);
    node number = slots_[place].number;
    if (number == no_node) return place;
    const id& one = ids_[number];
    if (one.kind == sought.kind && one.text() == sought.text) return place;
  }
}

node id_pool::find(identity::kind kind, std::string_view text) const {
  return slots_.empty() ? no_node : slots_[place_of(key_of(kind, text))].number;
}

node id_pool::add(const key& sought) {
  if (4 * ids_.size() >= 3 * slots_.size()) grow();
  slot& found = slots_[place_of(sought)];
  if (found.number != no_node) return found.number;
  if (ids_.size() == no_node)
    throw error(sqlstate::program_limit_exceeded, "edges holds more than 4,294,967,295 different ids");
  auto number = static_cast<node>(ids_.size());
  ids_.push_back({.bytes = copied(sought.text, &texts_).data(),
                  .length = static_cast<std::uint32_t>(sought.text.size()),
                  .kind = sought.kind});
  found = {sought.hash, number};
  return number;
}

void id_pool::grow() {
  std::pmr::vector<slot> old(std::max(std::size_t{16}, 2 * slots_.size()), slots_.get_allocator());
  old.swap(slots_);
  for (const slot& each : old) {
    check_interrupts();
    if (each.number == no_node) continue;
    std::size_t place = each.hash;
    while (slots_[place &= slots_.size() - 1].number != no_node) ++place;
    slots_[place] = each;
  }
}

}  // namespace journey::identity
