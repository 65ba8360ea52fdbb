#include "channels/url.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include "channels/site.hpp"

namespace journey::channels {
namespace {

bool is_tab_or_newline(char c) { return c == '\t' || c == '\n' || c == '\r'; }

/// The value of an escape `%hh` at the start of the text, or -1.
int escape(std::string_view text) {
  auto digit = [](char c) {
    if (is_ascii_digit(c)) return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  if (text.size() < 3 || text[0] != '%') return -1;
  int high = digit(text[1]), low = digit(text[2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/// Decodes the character that the escapes at the start of the text stand for into `bytes`. Returns how many
/// bytes it has, 0 where they stand for none.
int escaped_character(std::string_view text, bool utf8, char (&bytes)[4]) {
  int lead = escape(text);
  if (lead <= 0) return 0;
  bytes[0] = static_cast<char>(lead);
  if (lead < 0x80) return 1;
  int length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (!utf8) return 0;
  for (int i = 1; i < length; ++i) {
    int next = text.size() < 3u * i ? -1 : escape(text.substr(3 * i));
    // Overlong forms, surrogates and what lies beyond U+10FFFF show in the second byte.
    int low = i > 1 ? 0x80 : lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    int high = i > 1 ? 0xBF : lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (next < low || next > high) return 0;
    bytes[i] = static_cast<char>(next);
  }
  return length;
}

bool is_slash(char c, bool special) { return c == '/' || (special && c == '\\'); }

/// How many characters the scheme has, 0 without one.
std::size_t scheme_length(std::string_view text) {
  if (text.empty() || !is_ascii_alpha(text[0])) return 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    char c = text[i];
    if (c == ':') return i;
    if (!is_ascii_alpha(c) && !is_ascii_digit(c) && c != '+' && c != '-' && c != '.') return 0;
  }
  return 0;
}

/// Code points that no host has; those of a domain also exclude control characters and '%'.
bool is_forbidden(char c, bool domain) {
  static constexpr auto forbidden = [] {
    std::array<bool, 256> table{};
    for (unsigned char each : std::string_view(" #/:<>?@[\\]^|\t\n\r\0", 17)) table[each] = true;
    return table;
  }();
  if (forbidden[static_cast<unsigned char>(c)]) return true;
  return domain && (static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '%');
}

/// A number of an IPv4 address: decimal, octal behind 0, hexadecimal behind 0x. Saturates; -1 for no number.
std::int64_t ipv4_number(std::string_view part) {
  if (part.empty()) return -1;
  int base = 10;
  if (part.size() >= 2 && part[0] == '0') {
    base = ascii_lower(part[1]) == 'x' ? 16 : 8;
    part.remove_prefix(base == 16 ? 2 : 1);
  }
  std::int64_t number = 0;
  for (char c : part) {
    int digit = is_ascii_digit(c) ? c - '0' : is_ascii_alpha(c) ? ascii_lower(c) - 'a' + 10 : 99;
    if (digit >= base) return -1;
    number = std::min<std::int64_t>(number * base + digit, std::int64_t{1} << 40);
  }
  return number;
}

/// Whether the last label makes the host an IPv4 address, well or badly written.
bool ends_in_a_number(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  std::string_view last = host.substr(host.rfind('.') + 1);
  if (last.empty()) return false;
  return std::ranges::all_of(last, is_ascii_digit) || ipv4_number(last) >= 0;
}

std::optional<std::uint32_t> parse_ipv4(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  std::uint32_t address = 0;
  for (int part = 0; part < 4; ++part) {
    std::size_t dot = host.find('.');
    std::int64_t number = ipv4_number(host.substr(0, dot));
    if (number < 0) return {};
    if (dot == host.npos) {  // the last number fills the bytes that are left
      if (number >= std::int64_t{1} << (8 * (4 - part))) return {};
      return address | static_cast<std::uint32_t>(number);
    }
    if (number > 255) return {};
    address |= static_cast<std::uint32_t>(number) << (8 * (3 - part));
    host.remove_prefix(dot + 1);
  }
  return {};
}

/// An IPv6 address in its shortest form, with brackets, NUL-terminated; nothing where it is none.
std::optional<std::array<char, 48>> shortest_ipv6(std::string_view raw) {
  char text[48];
  if (raw.size() >= sizeof text) return {};
  text[raw.copy(text, raw.size())] = '\0';
  unsigned char bytes[16];
  if (std::memchr(text, '\0', raw.size()) != nullptr || inet_pton(AF_INET6, text, bytes) != 1) return {};
  int groups[8], best = 8, longest = 1;
  for (int i = 0; i < 8; ++i) groups[i] = bytes[2 * i] << 8 | bytes[2 * i + 1];
  for (int i = 0, run = 0; i < 8; ++i) {
    run = groups[i] == 0 ? run + 1 : 0;
    if (run > longest) longest = run, best = i - run + 1;
  }
  std::array<char, 48> result{};
  char* out = result.data();
  *out++ = '[';
  for (int i = 0; i < 8; ++i) {
    if (i == best) {
      out += std::snprintf(out, 3, i == 0 ? "::" : ":");
      i += longest - 1;
    } else {
      out += std::snprintf(out, 6, i == 7 ? "%x" : "%x:", groups[i]);
    }
  }
  *out = ']';
  return result;
}

/// Where the fragment begins. The `#` of `&#38;` begins none.
std::size_t fragment_start(std::string_view text) {
  std::size_t at = text.find('#');
  while (at != text.npos && at > 0 && text[at - 1] == '&' && rest_of_entity(text.substr(at)) > 0)
    at = text.find('#', at + 1);
  return at;
}

/// Whether the text begins with a host, and perhaps a port, that a registry or a network could know.
bool begins_with_a_host(std::string_view text) {
  std::size_t end = std::min(text.find_first_of("/?#:"), text.size());
  std::string_view host = text.substr(0, end), port;
  if (end < text.size() && text[end] == ':') {
    text.remove_prefix(end + 1);
    port = text.substr(0, text.find_first_of("/?#"));
  }
  auto possible = [](char c) {
    return is_ascii_alpha(c) || is_ascii_digit(c) || c == '-' || c == '.' || c == '_' || (c & 0x80) != 0;
  };
  std::size_t dot = host.rfind('.');
  if (host.size() > longest_host || dot == host.npos || dot == 0 || host.front() == '.') return false;
  if (!std::ranges::all_of(host, possible) || !std::ranges::all_of(port, is_ascii_digit)) return false;
  if (std::ranges::all_of(host, [](char c) { return is_ascii_digit(c) || c == '.'; }))
    return parse_ipv4(host) && std::ranges::count(host, '.') == 3;
  char last[64];
  std::string_view label = host.substr(dot + 1);
  if (label.size() > sizeof last) return false;
  std::ranges::transform(label, last, ascii_lower);
  return is_registry_suffix({last, label.size()});
}

}  // namespace

std::string_view url_reader::stripped(std::string_view text) const {
  auto is_blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  if (std::ranges::none_of(text, is_tab_or_newline)) return text;
  auto* copy = static_cast<char*>(memory_->allocate(text.size(), 1));
  char* end = std::ranges::remove_copy_if(text, copy, is_tab_or_newline).out;
  return {copy, static_cast<std::size_t>(end - copy)};
}

std::string_view url_reader::decoded(std::string_view raw, bool form) const {
  std::size_t first =
      std::ranges::find_if(raw, [&](char c) { return c == '%' || (form && c == '+'); }) - raw.begin();
  if (first == raw.size()) return raw;
  auto* text = static_cast<char*>(memory_->allocate(raw.size(), 1));
  std::memcpy(text, raw.data(), first);
  char* end = text + first;
  for (std::size_t i = first; i < raw.size();) {
    char bytes[4];
    int length = raw[i] == '%' ? escaped_character(raw.substr(i), utf8_, bytes) : 0;
    if (length > 0) {
      end = std::copy_n(bytes, length, end);
      i += 3u * length;
    } else {
      *end++ = form && raw[i] == '+' ? ' ' : raw[i];
      ++i;
    }
  }
  return {text, static_cast<std::size_t>(end - text)};
}

std::optional<std::string_view> url_reader::parse_host(std::string_view raw, bool special) const {
  if (raw.size() > 3 * longest_host) return {};  // an escape has three characters
  if (raw.starts_with('[')) {
    if (!raw.ends_with(']')) return {};
    auto address = shortest_ipv6(raw.substr(1, raw.size() - 2));
    if (!address) return {};
    return copied(address->data(), memory_);
  }
  std::string_view host = special ? decoded(raw, false) : raw;
  if (host.size() > longest_host) return {};
  if (std::ranges::any_of(host, [&](char c) { return is_forbidden(c, special); })) return {};
  if (!special) return host;
  host = ascii_lowered(host, memory_);
  if (!ends_in_a_number(host)) return host;
  auto address = parse_ipv4(host);
  if (!address) return {};
  char text[16];
  int length = std::snprintf(text, sizeof text, "%u.%u.%u.%u", *address >> 24, *address >> 16 & 255,
                             *address >> 8 & 255, *address & 255);
  std::string_view written(text, length);
  return written == host ? host : copied(written, memory_);
}

/// `user:password@host:port`; an empty host where only that is missing and the scheme can do without.
std::optional<std::string_view> url_reader::parse_authority(std::string_view raw, bool special) const {
  std::size_t at = raw.rfind('@');
  std::string_view host = at == raw.npos ? raw : raw.substr(at + 1);
  std::size_t bracket = host.starts_with('[') ? host.find(']') : 0;
  std::size_t colon = bracket == host.npos ? host.npos : host.find(':', bracket);
  std::string_view port = colon == host.npos ? std::string_view() : host.substr(colon + 1);
  host = host.substr(0, colon);
  if (host.empty() && (special || at != raw.npos || colon != raw.npos)) return {};
  unsigned number = 0;
  for (char c : port) {
    if (!is_ascii_digit(c)) return {};
    number = number * 10 + (c - '0');
    if (number > 65535) return {};
  }
  return parse_host(host, special);
}

std::optional<url> url_reader::parse(std::string_view text) const {
  if (text.size() > longest_url) return {};
  text = stripped(text);
  std::size_t scheme_end = scheme_length(text);
  std::string_view scheme = text.substr(0, scheme_end);
  bool file = same_ignoring_case(scheme, "file");
  bool special = file || (scheme.empty() && text.starts_with('/'));
  for (std::string_view known : {"https", "http", "ws", "wss", "ftp"})
    special = special || same_ignoring_case(scheme, known);

  std::string_view rest = scheme.empty() ? text : text.substr(scheme_end + 1);
  std::size_t slashes = 0;
  while (slashes < rest.size() && is_slash(rest[slashes], special)) ++slashes;
  bool has_authority = slashes >= 2 || (special && !file && !scheme.empty());
  if (has_authority && special && !file) {
    rest.remove_prefix(slashes);  // however many there are
  } else if (has_authority) {
    rest.remove_prefix(2);
  }

  url result;
  if (has_authority) {
    std::size_t end = rest.find_first_of(special ? "/\\?#" : "/?#");
    std::string_view authority = rest.substr(0, end);
    bool drive = file && authority.size() == 2 && is_ascii_alpha(authority[0]) &&
                 (authority[1] == ':' || authority[1] == '|');
    if (!drive) {
      std::optional<std::string_view> host =
          file ? parse_host(authority, true) : parse_authority(authority, special);
      if (!host) return {};
      if (!host->empty() && !(file && *host == "localhost")) result.host = host;
      rest.remove_prefix(authority.size());
    }
  }
  std::size_t hash = fragment_start(rest);
  if (hash != rest.npos) result.fragment = rest.substr(hash + 1);
  rest = rest.substr(0, hash);
  std::size_t question = rest.find('?');
  std::string_view path = rest.substr(0, question);
  if (path.empty() && has_authority && special) path = "/";
  if (!scheme.empty() || path.starts_with('/')) result.path = path;
  if (question != rest.npos) result.query = rest.substr(question + 1);
  return result;
}

std::optional<url> url_reader::parse_site(std::string_view text) const {
  std::optional<url> parsed = parse(text);
  if (text.empty() || (parsed && parsed->host) || text.size() > longest_url) return parsed;
  text = stripped(text);
  if (!begins_with_a_host(text)) return parsed;
  auto* whole = static_cast<char*>(memory_->allocate(text.size() + 2, 1));
  whole[0] = whole[1] = '/';
  text.copy(whole + 2, text.size());
  return parse({whole, text.size() + 2});
}

std::optional<std::string_view> url_reader::param(std::string_view query, std::string_view name) const {
  std::optional<std::string_view> result;
  each_param(query, [&](std::string_view raw_name, std::string_view value) {
    if (form_decoded(raw_name) != name) return false;
    result = form_decoded(value);
    return true;
  });
  return result;
}

}  // namespace journey::channels
