#include "paths/path_log.hpp"

#include <cmath>
#include <tuple>

namespace journey::paths {
namespace {

constexpr std::uint8_t version = 1;

}  // namespace

void path_log::ask(std::int32_t most) {
  if (most < 1)
    throw error(sqlstate::invalid_parameter_value, "most must be at least 1, not " + std::to_string(most));
  if (most == most_) return;
  if (most_ != 0)
    throw error(sqlstate::invalid_parameter_value,
                "most must be the same for all rows of a group: " + std::to_string(most_) + ", then " +
                    std::to_string(most));
  most_ = most;
}

void path_log::add(std::int64_t ts, std::string_view step) {
  if (ts > latest_) {
    if (log_.size() >= static_cast<std::size_t>(most_)) return;
    latest_ = ts;
  }
  log_.add({ts, 0}, step);
  forget();
}

void path_log::combine(const path_log& other) {
  if (other.most_ == 0) return;
  ask(other.most_);
  log_.combine(other.log_);
  latest_ = std::max(latest_, other.latest_);
  forget();
}

/// Now and then what comes too late, so that each row is put in order a few times at most.
void path_log::forget() {
  if (log_.size() / 2 <= std::max<std::size_t>(64, static_cast<std::size_t>(most_))) return;
  latest_ = log_.keep_first(static_cast<std::size_t>(most_));
}

std::pmr::vector<std::string_view> path_log::steps(std::pmr::memory_resource* memory) const {
  auto rows = log_.rows(memory);
  rows.resize(std::min(rows.size(), static_cast<std::size_t>(most_)));
  std::pmr::vector<std::string_view> steps(memory);
  steps.reserve(rows.size());
  for (const event_row& row : rows) {
    check_interrupts();
    steps.push_back(log_.names()[row.name]);
  }
  return steps;
}

void path_log::serialize(wire::writer& out) const {
  out.fixed(version);
  out.fixed(most_);
  log_.serialize(out);
}

void path_log::deserialize(wire::reader& in) {
  if (in.fixed<std::uint8_t>() != version) in.fail("its version is unknown");
  most_ = in.fixed<std::int32_t>();
  if (most_ < 1) in.fail("its number of steps can't be");
  latest_ = std::numeric_limits<std::int64_t>::max();  // any row may be the last
  log_.deserialize(in, 0);
}

exact_sum& edge_log::of(const place& place) {
  auto [found, is_new] = places_.try_emplace(place, edges_.size());
  if (is_new) edges_.push_back({place, exact_sum(edges_.get_allocator().resource())});
  return edges_[found->second].visitors;
}

void edge_log::add(std::span<const std::string_view> path, double weight) {
  if (path.empty()) return;
  id step = steps_.number(path[0]);
  for (std::uint32_t position = 0; position < path.size(); ++position) {
    check_interrupts();
    id next = position + 1 < path.size() ? steps_.number(path[position + 1]) : name_table::none;
    of({position, step, next}).add(weight);
    step = next;
  }
}

void edge_log::combine(const edge_log& other) {
  auto numbers = steps_.numbers_of(other.steps_);
  for (const edge& edge : other.edges_) {
    check_interrupts();
    id next = edge.where.next == name_table::none ? name_table::none : numbers[edge.where.next];
    of({edge.where.position, numbers[edge.where.step], next}).add(edge.visitors);
  }
}

std::pmr::vector<path_edge> edge_log::edges(std::pmr::memory_resource* memory) const {
  auto order = steps_.sorted(memory);
  std::pmr::vector<id> ranks(order.size(), memory);
  for (std::size_t place = 0; place < order.size(); ++place) ranks[order[place]] = static_cast<id>(place);
  auto rank = [&ranks](id step) { return step == name_table::none ? step : ranks[step]; };

  std::pmr::vector<const edge*> sorted(memory);
  sorted.reserve(edges_.size());
  for (const edge& edge : edges_) sorted.push_back(&edge);
  sort_by(sorted, [rank](const edge* edge) {
    return std::tuple(edge->where.position, rank(edge->where.step), rank(edge->where.next));
  });
  std::pmr::vector<path_edge> edges(memory);
  edges.reserve(sorted.size());
  for (const edge* edge : sorted) {
    check_interrupts();
    id next = edge->where.next;
    edges.push_back({static_cast<std::int32_t>(edge->where.position + 1), steps_[edge->where.step],
                     next == name_table::none ? std::nullopt : std::optional(steps_[next]),
                     edge->visitors.value()});
  }
  return edges;
}

void edge_log::serialize(wire::writer& out) const {
  out.fixed(version);
  steps_.serialize(out);
  out.varint(edges_.size());
  for (const edge& edge : edges_) {
    check_interrupts();
    out.varint(edge.where.position);
    out.varint(edge.where.step);
    out.varint(edge.where.next == name_table::none ? 0 : std::uint64_t{edge.where.next} + 1);
    edge.visitors.serialize(out);
  }
}

void edge_log::deserialize(wire::reader& in) {
  if (in.fixed<std::uint8_t>() != version) in.fail("its version is unknown");
  steps_.deserialize(in);
  std::size_t count = in.count(3);
  for (std::size_t i = 0; i < count; ++i) {
    check_interrupts();
    std::uint64_t position = in.varint(), step = in.varint(), next = in.varint();
    if (position >= std::numeric_limits<std::int32_t>::max()) in.fail("a position is too large");
    if (step >= steps_.size() || next > steps_.size()) in.fail("a step is none");
    exact_sum& visitors = of({static_cast<std::uint32_t>(position), static_cast<id>(step),
                              next == 0 ? name_table::none : static_cast<id>(next - 1)});
    if (edges_.size() != i + 1) in.fail("an edge comes twice");
    visitors.deserialize(in);
  }
}

}  // namespace journey::paths
