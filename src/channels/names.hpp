// Names as the rules compare them, and tables of them.
#pragma once

#include <functional>
#include <memory_resource>
#include <string>
#include <string_view>

#include "base/hash_map.hpp"
#include "base/text.hpp"

namespace journey::channels {

struct name_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
};

/// A hash table by name, looked up without a copy of the name.
template <class Value>
using name_map = hash_map<std::pmr::string, Value, name_hash>;

/// Adds a name unless it is there; says where it is, and whether it is new. (The map's own `emplace` would
/// make the key in memory that is not the map's.)
template <class Map>
auto put(Map& names, std::string_view name, typename Map::mapped_type value) {
  return names.try_emplace(std::pmr::string(name, names.get_allocator()), std::move(value));
}

/// How many values a table may remember that were seen in data: beyond that it forgets them all and starts
/// again, so that memory stays bounded.
inline constexpr std::size_t most_remembered = 4096;
/// Values longer than this are never remembered.
inline constexpr std::size_t longest_remembered = 256;

/// A name as the rules compare it: trimmed, in lower case.
inline std::string_view normal(std::string_view text, std::pmr::memory_resource* memory) {
  return ascii_lowered(trimmed(text), memory);
}

/// What trackers send for a value they don't have: nothing, blanks, or the word null.
inline bool is_absent(std::string_view value) {
  value = trimmed(value);
  return value.empty() || same_ignoring_case(value, "null");
}

}  // namespace journey::channels
