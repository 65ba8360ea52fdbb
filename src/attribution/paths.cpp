#include "attribution/paths.hpp"

#include <algorithm>

#include "base/hash_map.hpp"

namespace journey::attribution {

std::pmr::vector<std::size_t> first_equals(std::span<const name> path, std::pmr::memory_resource* memory) {
  hash_map<std::string_view, std::size_t> places(memory);
  std::optional<std::size_t> place_of_null;
  std::pmr::vector<std::size_t> firsts(memory);
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i]) {
      firsts.push_back(places.try_emplace(*path[i], i).first->second);
    } else {
      if (!place_of_null) place_of_null = i;
      firsts.push_back(*place_of_null);
    }
  }
  return firsts;
}

void collapse(names& path) { path.erase(std::unique(path.begin(), path.end()), path.end()); }

void keep_first(names& path, std::pmr::vector<std::size_t>& counts) {
  std::pmr::vector<std::size_t> firsts = first_equals(path, path.get_allocator().resource());
  std::pmr::vector<std::size_t> places(path.size(), path.get_allocator());  // in the shorter path
  std::size_t kept = 0;
  counts.clear();
  for (std::size_t i = 0; i < firsts.size(); ++i) {
    if (firsts[i] == i) {
      places[i] = kept;
      path[kept++] = path[i];
      counts.push_back(0);
    }
    ++counts[places[firsts[i]]];
  }
  path.resize(kept);
}

void strip(names& path, std::span<const name> channels, bool only_at_end) {
  auto listed = [&](const name& channel) { return std::ranges::find(channels, channel) != channels.end(); };
  if (std::ranges::all_of(path, listed)) return;
  if (!only_at_end)
    std::erase_if(path, listed);
  else
    while (listed(path.back())) path.pop_back();
}

}  // namespace journey::attribution
