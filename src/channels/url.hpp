// URLs as they come from the wild, read the way browsers read them (url.spec.whatwg.org).
#pragma once

#include <algorithm>
#include <memory_resource>
#include <optional>
#include <string_view>

#include "base/interrupts.hpp"
#include "base/text.hpp"

namespace journey::channels {

/// Longer hosts are none: a domain name has 253 characters, more where it is not in ASCII.
inline constexpr std::size_t longest_host = 1024;
/// Longer URLs are none: browsers stop at 2 MB. It bounds the work on a text, which may have 1 GB.
inline constexpr std::size_t longest_url = 16 << 20;

/// The parts of a URL that matter here: views into the text, or into the reader's memory where the text had
/// to change.
struct url {
  std::optional<std::string_view> host;  // lower-case, decoded, without user and port; IPv6 in brackets
  std::optional<std::string_view> path;  // as written
  std::string_view query;                // as written, without '?' and fragment
  std::string_view fragment;             // as written, without '#'
};

/// How many characters of an ampersand written for HTML (`amp;`, `#38;`) are left at the start of the text
/// behind its `&`.
inline std::size_t rest_of_entity(std::string_view text) {
  for (std::string_view rest : {"amp;", "AMP;", "#38;", "#038;", "#x26;", "#X26;"})
    if (text.starts_with(rest)) return rest.size();
  return 0;
}

/// Reads URLs. Nothing here allocates unless the text has to change: tabs and newlines in it, upper case or
/// escapes in the host, escapes in a value.
class url_reader {
 public:
  /// `utf8` says whether escapes may become characters beyond ASCII: only where texts are UTF-8.
  explicit url_reader(std::pmr::memory_resource* memory, bool utf8 = true) : memory_(memory), utf8_(utf8) {}

  std::pmr::memory_resource* memory() const { return memory_; }

  /// Nothing for what is no URL, and for what is too long for one. A text without a scheme has no host unless
  /// it begins with '//', no path unless it begins with '/'; it may still have a query.
  std::optional<url> parse(std::string_view text) const;

  /// As `parse`, but a host whose scheme got lost (`www.example.com/a`) is one, if a registry knows its last
  /// label.
  std::optional<url> parse_site(std::string_view text) const;

  /// The text that a form-encoded name or value stands for. An escape that would not give valid text (broken,
  /// NUL, no UTF-8) stays as it is written.
  std::string_view form_decoded(std::string_view raw) const { return decoded(raw, true); }

  /// The decoded value of the first parameter of that name; empty where it has no '='.
  std::optional<std::string_view> param(std::string_view query, std::string_view name) const;

 private:
  std::string_view decoded(std::string_view raw, bool form) const;
  std::string_view stripped(std::string_view text) const;
  std::optional<std::string_view> parse_host(std::string_view raw, bool special) const;
  std::optional<std::string_view> parse_authority(std::string_view raw, bool special) const;

  std::pmr::memory_resource* memory_;
  bool utf8_;
};

/// Hands each parameter of a query, undecoded, to `visit(name, value)` until that returns true. An `&` may be
/// written as in HTML.
template <class Visit>
void each_param(std::string_view query, Visit visit) {
  while (!query.empty()) {
    check_interrupts();
    while (std::size_t entity = rest_of_entity(query)) query.remove_prefix(entity);
    std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(pair.size() < query.size() ? pair.size() + 1 : pair.size());
    if (pair.empty()) continue;
    std::size_t equals = pair.find('=');
    std::string_view value = equals == pair.npos ? std::string_view() : pair.substr(equals + 1);
    if (visit(pair.substr(0, equals), value)) return;
  }
}

inline bool is_ascii_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
inline bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace journey::channels
