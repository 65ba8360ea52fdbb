// The steps of one visitor in order, and the edges between the steps of many.
#pragma once

#include <limits>
#include <optional>

#include "base/exact_sum.hpp"
#include "paths/event_log.hpp"

namespace journey::paths {

/// The path of one visitor, mergeable.
class path_log {
 public:
  static constexpr std::int32_t all = std::numeric_limits<std::int32_t>::max();

  explicit path_log(std::pmr::memory_resource* memory) : log_(memory) {}

  using shared = name_table;
  void share(name_table& steps) { log_.share(steps); }
  /// `most` steps at most, the first ones, are kept. An error where it is not the same for all rows.
  void ask(std::int32_t most);
  void add(std::int64_t ts, std::string_view step);
  void combine(const path_log& other);

  std::pmr::vector<std::string_view> steps(std::pmr::memory_resource* memory) const;

  void serialize(wire::writer& out) const;
  void deserialize(wire::reader& in);

 private:
  void forget();

  std::int32_t most_ = 0;  // 0 while nothing has been asked
  // No row is later. Where there are `most_`, a later one has no place.
  std::int64_t latest_ = std::numeric_limits<std::int64_t>::min();
  event_log log_;
};

struct path_edge {
  std::int32_t position;  // of the step in its path, from 1
  std::string_view step;
  std::optional<std::string_view> next_step;  // none where the path ends
  double visitors;
};

/// How often paths go from one step to the next, position by position: the same bits for any order of the
/// paths and any split of them.
class edge_log {
 public:
  explicit edge_log(std::pmr::memory_resource* memory) : steps_(memory), places_(memory), edges_(memory) {}

  void add(std::span<const std::string_view> path, double weight);
  void combine(const edge_log& other);

  /// In order of position, step and next step; the end of a path comes last.
  std::pmr::vector<path_edge> edges(std::pmr::memory_resource* memory) const;

  void serialize(wire::writer& out) const;
  void deserialize(wire::reader& in);

 private:
  using id = name_table::id;
  struct place {
    std::uint32_t position;
    id step;
    id next;
    bool operator==(const place&) const = default;
    friend std::size_t hash_value(const place& place) {
      return boost::hash<std::uint64_t>()(
          ((std::uint64_t{place.step} << 32 | place.next) * 0x9E3779B97F4A7C15) ^ place.position);
    }
  };
  struct edge {
    place where;
    exact_sum visitors;
  };

  exact_sum& of(const place& place);

  name_table steps_;
  hash_map<place, std::size_t> places_;
  std::pmr::vector<edge> edges_;
};

}  // namespace journey::paths
