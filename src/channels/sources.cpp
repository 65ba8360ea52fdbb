#include "channels/sources.hpp"

#include <algorithm>

#include "base/pattern.hpp"
#include "channels/site.hpp"

namespace journey::channels {
namespace {

/// A name without what joins its words: `prime video`, `prime-video` and `primevideo` are one.
std::string_view joined(std::string_view name, char (&room)[longest_remembered]) {
  auto joins = [](char c) { return c == ' ' || c == '-' || c == '_'; };
  if (name.size() > sizeof room || std::ranges::none_of(name, joins)) return name;
  char* end = std::ranges::remove_copy_if(name, room, joins).out;
  return {room, static_cast<std::size_t>(end - room)};
}

/// A pattern of a whole host, and not `*.host` or `label.*`.
bool is_pattern(std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  if (name.ends_with(".*")) name.remove_suffix(2);
  return name.find_first_of("*[") != name.npos;
}

}  // namespace

bool is_below(std::string_view path, std::string_view top) {
  if (top == "/") return path.empty() || path == "/";
  if (path.size() < top.size() || !same_ignoring_case(path.substr(0, top.size()), top)) return false;
  return path.size() == top.size() || path[top.size()] == '/';
}

void source_list::add(const source& known, std::span<const std::string_view> names) {
  auto number = static_cast<std::uint32_t>(sources_.size());
  sources_.push_back(known);
  char room[longest_remembered];
  for (std::string_view name : names) {
    if (is_pattern(name.substr(0, name.find('/'))))
      patterns_.emplace_back(name, number);
    else if (name.find('.') == name.npos)
      put(names_, joined(name, room), number);
    else
      add_host(name, number);
  }
  put(names_, joined(known.name, room), number);
}

void source_list::add_host(std::string_view name, std::uint32_t number) {
  std::size_t slash = name.find('/');
  auto& entry = put(hosts_, name.substr(0, slash),
                    host_entry{none, decltype(host_entry::paths)(hosts_.get_allocator().resource())})
                    .first->second;
  if (slash == name.npos) {
    if (entry.source == none) entry.source = number;
    return;
  }
  std::string_view path = name.substr(slash);
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  auto shorter =
      std::ranges::find_if(entry.paths, [&](auto& other) { return other.first.size() < path.size(); });
  entry.paths.emplace(shorter, path, number);
}

const source* source_list::named(std::string_view name) const {
  char room[longest_remembered];
  auto found = names_.find(joined(name, room));
  return found == names_.end() ? nullptr : &sources_[found->second];
}

/// Takes what is known under a key. Returns whether that settles the host.
bool source_list::take(std::string_view key, const source*& known,
                       std::pmr::vector<path_source>& paths) const {
  auto found = hosts_.find(key);
  if (found == hosts_.end()) return false;
  for (auto [path, number] : found->second.paths) paths.push_back({path, &sources_[number]});
  if (found->second.source == none) return false;
  known = &sources_[found->second.source];
  return true;
}

/// The same for `label.*`, `name` being one of its hosts, and for `*.name`.
bool source_list::take_starred(std::string_view name, std::string_view site, const source*& known,
                               std::pmr::vector<path_source>& paths) const {
  if (site.data() < name.data()) return false;  // the site's label is no longer in it
  std::size_t dot = site.find('.');             // every site has one
  std::size_t length = site.data() + dot - name.data();
  char pattern[longest_remembered];
  if (length + 2 > sizeof pattern) return false;
  name.copy(pattern, length);
  pattern[length] = '.';
  pattern[length + 1] = '*';
  std::string_view key(pattern, length + 2);
  return hosts_.contains(key) && is_registry_suffix(site.substr(dot + 1)) && take(key, known, paths);
}

const source* source_list::find(std::string_view host, std::string_view site,
                                std::pmr::vector<path_source>& paths) const {
  const source* known = nullptr;
  if (host.size() > longest_remembered) return nullptr;
  if (host.ends_with('.')) host.remove_suffix(1);
  char below[longest_remembered + 2] = {'*', '.'};
  for (std::string_view name = host;;) {
    if (take(name, known, paths)) return known;
    if (!site.empty() && take_starred(name, site, known, paths)) return known;
    std::size_t dot = name.find('.');
    if (dot == name.npos) break;
    name.remove_prefix(dot + 1);
    name.copy(below + 2, name.size());
    if (take({below, name.size() + 2}, known, paths)) return known;
  }
  for (auto [pattern, number] : patterns_)
    if (matches(pattern, host)) return &sources_[number];
  return nullptr;
}

}  // namespace journey::channels
