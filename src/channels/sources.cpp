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

const source* source_list::find(std::string_view name) const {
  if (const source* known = exactly(name)) return known;
  if (name.find('.') == name.npos || name.size() > longest_remembered) return nullptr;
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string_view label = registered_label(name);
  for (;;) {
    if (const source* known = exactly(name)) return known;
    if (!label.empty() && label.data() >= name.data()) {
      char starred[longest_remembered + 2];
      std::size_t length = label.data() + label.size() - name.data();
      name.copy(starred, length);
      starred[length] = '.';
      starred[length + 1] = '*';
      if (const source* known = exactly({starred, length + 2})) return known;
    }
    std::size_t dot = name.find('.');
    if (dot == name.npos) return nullptr;
    name.remove_prefix(dot + 1);
  }
}

}  // namespace journey::channels
