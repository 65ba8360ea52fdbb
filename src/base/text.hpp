// Text as bytes: copies, blanks, the case of ASCII letters. Other letters are left as they are.
#pragma once

#include <algorithm>
#include <memory_resource>
#include <string_view>

namespace journey {

inline char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

/// Whether `text` is `lower`, which is in lower case.
inline bool same_ignoring_case(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, {}, ascii_lower);
}

/// A copy in `memory`.
std::string_view copied(std::string_view text, std::pmr::memory_resource* memory);

/// The text with A to Z in lower case; itself where it has none.
std::string_view ascii_lowered(std::string_view text, std::pmr::memory_resource* memory);

/// Blanks and control characters at both ends left out.
std::string_view trimmed(std::string_view text);

}  // namespace journey
