#include "attribution/paths.hpp"

#include <algorithm>

#include "base/hash_map.hpp"
#include "base/interrupts.hpp"

namespace journey::attribution {

std::pmr::vector<std::size_t> first_equals(std::span<const name> path, std::pmr::memory_resource* memory) {
  hash_map<std::string_view, std::size_t> places(memory);
  std::optional<std::size_t> place_of_null;
  std::pmr::vector<std::size_t> firsts(memory);
  for (std::size_t i = 0; i < path.size(); ++i) {
    check_interrupts();
    if (path[i]) {
      firsts.push_back(places.try_emplace(*path[i], i).first->second);
    } else {
      if (!place_of_null) place_of_null = i;
      firsts.push_back(*place_of_null);
    }
  }
  return firsts;
}

void channel_set::assign(std::span<const name> channels) {
  names_ = name_table(memory_);
  for (const name& channel : channels) {
    check_interrupts();
    if (channel) names_.number(*channel);
  }
  null_ = std::ranges::find(channels, name()) != channels.end();
}

void collapse(names& path) {
  auto same = [](const name& a, const name& b) {
    check_interrupts();
    return a == b;
  };
  path.erase(std::unique(path.begin(), path.end(), same), path.end());
}

void keep_first(names& path, std::pmr::vector<std::size_t>& counts) {
  std::pmr::vector<std::size_t> firsts = first_equals(path, path.get_allocator().resource());
  std::pmr::vector<std::size_t> places(path.size(), path.get_allocator());  // in the shorter path
  std::size_t kept = 0;
  counts.clear();
  for (std::size_t i = 0; i < firsts.size(); ++i) {
    check_interrupts();
    if (firsts[i] == i) {
      places[i] = kept;
      path[kept++] = path[i];
      counts.push_back(0);
    }
    ++counts[places[firsts[i]]];
  }
  path.resize(kept);
}

void strip(names& path, const channel_set& channels, bool only_at_end) {
  auto listed = [&](const name& channel) {
    check_interrupts();
    return channels.contains(channel);
  };
  if (std::ranges::all_of(path, listed)) return;
  if (!only_at_end)
    std::erase_if(path, listed);
  else
    while (listed(path.back())) path.pop_back();
}

}  // namespace journey::attribution
