// Values that are no ids at all: "null", "unknown", "0000".
#pragma once

#include <array>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash_map.hpp"

namespace journey::identity {

/// A value is blocked where an entry is the value, or the value without the punctuation around it, as in
/// "null" with the quotes, or %user_id%. Blanks around it and the case of ASCII letters never count. An entry
/// may be a pattern (base/pattern.hpp), and three stand for whole kinds of values, punctuation aside: '' for
/// what has no letter and no digit, 0 for zeros alone, xxx for one letter or digit 10 to 64 times, or x 3 to
/// 64 times.
class block_list {
 public:
  explicit block_list(std::pmr::memory_resource* memory)
      : bytes_(memory), texts_(memory), patterns_(memory), folded_(memory) {}

  /// Refuses patterns that are too long, or too many, to be tried on every value.
  void add(std::string_view entry);
  void clear();
  bool contains(std::string_view value) const;

 private:
  static constexpr std::size_t longest_pattern = 1000;
  static constexpr std::size_t most_patterns = 1000;

  bool holds(std::string_view folded) const;

  std::pmr::monotonic_buffer_resource bytes_;  // of the entries
  hash_set<std::string_view> texts_;           // in lower case, as are the patterns
  std::size_t longest_text_ = 0;
  struct pattern {
    std::string_view text;
    std::uint32_t next;  // with the same beginning; counted from 1
  };
  std::pmr::vector<pattern> patterns_;
  std::array<std::uint32_t, 256> latest_ = {};  // pattern by first byte; '*' for all that may begin otherwise
  mutable std::pmr::string folded_;             // the value at hand
};

}  // namespace journey::identity
