#include "channels/sources.hpp"

#include "channels/site.hpp"

namespace journey::channels {

void source_list::add(const source& known, std::span<const std::string_view> names) {
  auto number = static_cast<std::uint32_t>(sources_.size());
  sources_.push_back(known);
  for (std::string_view name : names) put(by_name_, name, number);
  put(by_name_, known.name, number);
}

const source* source_list::exactly(std::string_view name) const {
  auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &sources_[found->second];
}

/// The source known as `label.*`, `name` being one of its hosts.
const source* source_list::starred(std::string_view name, std::string_view site) const {
  if (site.data() < name.data()) return nullptr;  // the site's label is no longer in it
  std::size_t dot = site.find('.');               // every site has one
  std::size_t length = site.data() + dot - name.data();
  char pattern[longest_remembered];
  if (length + 2 > sizeof pattern) return nullptr;
  name.copy(pattern, length);
  pattern[length] = '.';
  pattern[length + 1] = '*';
  const source* known = exactly({pattern, length + 2});
  return known != nullptr && is_registry_suffix(site.substr(dot + 1)) ? known : nullptr;
}

const source* source_list::find(std::string_view name, std::string_view site) const {
  if (const source* known = exactly(name)) return known;
  if (site.empty() || name.size() > longest_remembered) return nullptr;
  if (name.ends_with('.')) name.remove_suffix(1);
  for (;;) {
    if (const source* known = exactly(name)) return known;
    if (const source* known = starred(name, site)) return known;
    std::size_t dot = name.find('.');
    if (dot == name.npos) return nullptr;
    name.remove_prefix(dot + 1);
  }
}

}  // namespace journey::channels
