// Values that are no ids at all: "null", "unknown", "0000".
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

namespace journey::identity {

/// Compared without surrounding white space and without regard to the case of ASCII letters. A value of
/// nothing but zeros and hyphens, such as the zero UUID, counts as "0". In an entry, % stands for any text.
class block_list {
 public:
  explicit block_list(std::pmr::memory_resource* memory) : entries_(memory) {}

  void add(std::string_view entry);
  void clear() { entries_.clear(); }
  bool contains(std::string_view value) const;

 private:
  std::pmr::vector<std::pmr::string> entries_;  // few, in lower case
};

}  // namespace journey::identity
