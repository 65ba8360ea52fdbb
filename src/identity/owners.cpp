#include "identity/owners.hpp"

#include <cassert>
#include <tuple>

#include "base/sort.hpp"

namespace journey::identity {
namespace {

instant before(instant time, std::uint64_t by) {
  std::uint64_t most = static_cast<std::uint64_t>(time) - static_cast<std::uint64_t>(always);
  return by < most ? static_cast<instant>(static_cast<std::uint64_t>(time) - by) : always;
}

}  // namespace

std::pmr::vector<tenure> owner_log::resolve(std::uint64_t backfill) {
  std::pmr::memory_resource* memory = log_ins_.get_allocator().resource();

  struct name {
    std::uint64_t prefix;
    node id;
  };
  std::pmr::vector<name> names(memory);
  names.reserve(ids_.size());
  for (node id = 0; id < ids_.size(); ++id) names.push_back({prefix_of(ids_[id].text()), id});
  sort(names, [this](const name& left, const name& right) {
    if (left.prefix != right.prefix) return left.prefix < right.prefix;
    return std::tuple(ids_[left.id].text(), ids_[left.id].kind) <
           std::tuple(ids_[right.id].text(), ids_[right.id].kind);
  });
  std::pmr::vector<node> ranks(ids_.size(), memory);
  for (node rank = 0; rank < names.size(); ++rank) ranks[names[rank].id] = rank;

  sort(log_ins_, [&ranks](const log_in& left, const log_in& right) {
    auto key = [&ranks](const log_in& one) {
      return std::tuple(ranks[one.alias], one.seen_at, ranks[one.user]);
    };
    return key(left) < key(right);
  });

  std::pmr::vector<tenure> tenures(memory);
  for (std::size_t i = 0; i < log_ins_.size(); ++i) {
    check_interrupts();
    const log_in& one = log_ins_[i];
    bool outdone = i + 1 < log_ins_.size() && log_ins_[i + 1].alias == one.alias &&
                   log_ins_[i + 1].seen_at == one.seen_at;
    if (outdone) continue;
    if (tenures.empty() || tenures.back().alias != one.alias) {
      tenures.push_back({one.alias, one.user, before(one.seen_at, backfill), unknown_time});
    } else if (tenures.back().user != one.user) {
      assert(tenures.back().since < one.seen_at);
      tenures.back().until = one.seen_at;
      tenures.push_back({one.alias, one.user, one.seen_at, unknown_time});
    }
  }
  return tenures;
}

}  // namespace journey::identity
