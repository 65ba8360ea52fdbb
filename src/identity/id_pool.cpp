#include "identity/id_pool.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

namespace journey::identity {

id_pool::key id_pool::key_of(identity::kind kind, std::string_view text) {
  std::size_t hash = std::hash<std::string_view>{}(text) + kind;
  return {text, kind, static_cast<std::uint32_t>(hash ^ (hash >> 32))};
}

node id_pool::find(identity::kind kind, std::string_view text) const {
  auto found = numbers_.find(key_of(kind, text));
  return found == numbers_.end() ? no_node : *found;
}

node id_pool::add(identity::kind kind, std::string_view text) {
  key sought = key_of(kind, text);
  auto found = numbers_.find(sought);
  if (found != numbers_.end()) return *found;
  if (ids_.size() == no_node)
    throw error(sqlstate::program_limit_exceeded, "edges holds more than 4,294,967,295 different ids");
  auto number = static_cast<node>(ids_.size());
  ids_.push_back({.bytes = copied(text, &texts_).data(),
                  .length = static_cast<std::uint32_t>(text.size()),
                  .hash = sought.hash,
                  .kind = kind});
  numbers_.insert(number);
  return number;
}

}  // namespace journey::identity
