#include "channels/site.hpp"

#include <libpsl.h>

#include <algorithm>
#include <array>

#include "channels/url.hpp"

namespace journey::channels {
namespace {

/// A text as the list's library wants it.
std::array<char, longest_host + 1> terminated(std::string_view text) {
  std::array<char, longest_host + 1> room;
  room[text.copy(room.data(), longest_host)] = '\0';
  return room;
}

bool is_address(std::string_view host) {
  std::string_view last = host.substr(host.rfind('.') + 1);
  return host.front() == '[' || std::ranges::all_of(last, is_ascii_digit);
}

}  // namespace

std::optional<std::string_view> site(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty() || host.size() > longest_host || host.front() == '.' || is_address(host)) return {};
  for (char c : host)
    if (static_cast<unsigned char>(c) <= ' ' || c == ':' || c == '/' || c == '@') return {};
  auto room = terminated(host);
  const char* found = psl_registrable_domain(psl_builtin(), room.data());
  if (found == nullptr) return {};
  return host.substr(found - room.data());
}

bool is_registry_suffix(std::string_view suffix) {
  return suffix.size() <= longest_host && psl_is_public_suffix2(psl_builtin(), terminated(suffix).data(),
                                                                PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE);
}

}  // namespace journey::channels
