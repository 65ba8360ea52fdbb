// Known sources: the sites and names by which search engines, social networks and the like are known.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "channels/names.hpp"

namespace journey::channels {

struct source {
  std::string_view name;      // as a touch carries it
  std::string_view category;  // search, social, ...; empty: known to be nothing special
  std::span<const std::string_view> term_params;
};

/// Looks sources up by host or by name.
class source_list {
 public:
  explicit source_list(std::pmr::memory_resource* memory) : sources_(memory), by_name_(memory) {}

  /// Adds a source known under its own name and under `names`: hosts, which stand for all hosts below them
  /// too; `label.*`, which stands for that label before any registry's suffix; or plain names. What was added
  /// first wins. The texts must outlive the list and be normal.
  void add(const source& known, std::span<const std::string_view> names);

  /// The source of a host, or of a name that a campaign gives; the longest match wins. `name` is normal,
  /// `site` the part of it that is its site, if any.
  const source* find(std::string_view name, std::string_view site) const;

 private:
  const source* exactly(std::string_view name) const;
  const source* starred(std::string_view name, std::string_view site) const;

  std::pmr::vector<source> sources_;
  name_map<std::uint32_t> by_name_;
};

}  // namespace journey::channels
