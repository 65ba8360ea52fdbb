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

/// A source that only some paths of a host belong to.
struct path_source {
  std::string_view path;  // with all below it; `/` is the front page alone
  const source* known;
};

/// Looks sources up by host and path, or by name.
class source_list {
 public:
  explicit source_list(std::pmr::memory_resource* memory)
      : sources_(memory), names_(memory), hosts_(memory), patterns_(memory) {}

  /// Adds a source known under its own name and under `names`: hosts, which stand for all hosts below them
  /// too; `*.host`, which stands for those below alone; `label.*`, which stands for that label before any
  /// registry's suffix; a host with a path; other patterns of a whole host; or plain names, without a dot.
  /// What was added first wins. The texts must outlive the list and be normal.
  void add(const source& known, std::span<const std::string_view> names);

  /// The source of that name, however its words are joined.
  const source* named(std::string_view name) const;

  /// The source of a host; the longest match wins, patterns come last. Appends to `paths` those that go
  /// ahead of it on some paths, in order. `host` is normal, `site` the part of it that is its site, if any.
  const source* find(std::string_view host, std::string_view site,
                     std::pmr::vector<path_source>& paths) const;

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  struct host_entry {
    std::uint32_t source;
    std::pmr::vector<std::pair<std::string_view, std::uint32_t>> paths;  // the longest first
  };

  void add_host(std::string_view name, std::uint32_t number);
  bool take(std::string_view key, const source*& known, std::pmr::vector<path_source>& paths) const;
  bool take_starred(std::string_view name, std::string_view site, const source*& known,
                    std::pmr::vector<path_source>& paths) const;

  std::pmr::vector<source> sources_;
  name_map<std::uint32_t> names_;  // without what joins their words
  name_map<host_entry> hosts_;
  std::pmr::vector<std::pair<std::string_view, std::uint32_t>> patterns_;
};

/// Whether `path` is at or below the path of a source.
bool is_below(std::string_view path, std::string_view top);

}  // namespace journey::channels
