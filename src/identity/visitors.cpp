#include "identity/visitors.hpp"

#include <cassert>
#include <tuple>

#include "base/sort.hpp"

namespace journey::identity {
namespace {

/// The order of ids and edges, by what is ruled of their kinds.
struct ordering {
  const id_pool& ids;
  std::span<const kind_rule> kinds;

  std::uint32_t rank(node number) const {
    if (number == no_node) return std::numeric_limits<std::uint32_t>::max();
    assert(ids[number].kind < kinds.size());
    return kinds[ids[number].kind].rank;
  }
  std::string_view text(node number) const {
    return number == no_node ? std::string_view() : ids[number].text();
  }

  bool stronger(node left, node right) const {
    auto key = [this](node one) { return std::tuple(rank(one), ids[one].first_seen, ids[one].text()); };
    return key(left) < key(right);
  }
  bool earlier(node left, node right) const {
    auto key = [this](node one) { return std::tuple(ids[one].first_seen, ids[one].text(), rank(one)); };
    return key(left) < key(right);
  }
  bool earlier(const edge& left, const edge& right) const {
    if (left.seen_at != right.seen_at) return left.seen_at < right.seen_at;
    auto key = [this](const edge& one) {
      return std::tuple(rank(one.left), rank(one.right), text(one.left), text(one.right));
    };
    return key(left) < key(right);
  }
  /// The weaker end to the left.
  edge oriented(edge one) const {
    auto key = [this](node end) { return std::tuple(rank(end), text(end)); };
    if (one.right != no_node && key(one.right) > key(one.left)) std::swap(one.left, one.right);
    return one;
  }
};

/// Takes the edges in their order; returns those that would break a limit.
std::pmr::vector<refused_edge> join_in_order(const alias_graph& graph, const ordering& order,
                                             disjoint_sets& sets, std::pmr::memory_resource* memory) {
  const id_pool& ids = graph.ids();
  std::pmr::vector<edge> edges = graph.edges();
  for (edge& one : edges) {
    check_interrupts();
    one = order.oriented(one);
  }
  sort(edges, [&order](const edge& left, const edge& right) { return order.earlier(left, right); });

  // How many ids of each limited kind a set has, by its root.
  std::pmr::vector<kind> limited(memory);
  for (std::size_t i = 0; i < order.kinds.size(); ++i)
    if (order.kinds[i].most != graph_rules::no_limit) limited.push_back(static_cast<kind>(i));
  std::pmr::vector<std::uint32_t> counts(ids.size() * limited.size(), 0, memory);
  auto counts_of = [&](node root) { return counts.data() + std::size_t{root} * limited.size(); };
  for (node number = 0; number < ids.size(); ++number) {
    check_interrupts();
    for (std::size_t i = 0; i < limited.size(); ++i)
      if (ids[number].kind == limited[i]) ++counts_of(sets.find(number))[i];
  }

  std::pmr::vector<refused_edge> refused(memory);
  for (const edge& one : edges) {
    check_interrupts();
    if (graph.blocked(one)) {
      refused.push_back({one, refusal::blocked});
      continue;
    }
    node left = sets.find(one.left);
    node right = sets.find(one.right);
    if (left == right) continue;
    bool too_many_of_kind = false;
    for (std::size_t i = 0; i < limited.size(); ++i)
      too_many_of_kind |=
          std::uint64_t{counts_of(left)[i]} + counts_of(right)[i] > order.kinds[limited[i]].most;
    if (too_many_of_kind) {
      refused.push_back({one, refusal::max_of_kind});
    } else if (std::uint64_t{sets.size(left)} + sets.size(right) > graph.rules().max_members) {
      refused.push_back({one, refusal::max_members});
    } else {
      node root = sets.join(left, right);
      node other = root == left ? right : left;
      for (std::size_t i = 0; i < limited.size(); ++i) counts_of(root)[i] += counts_of(other)[i];
    }
  }
  return refused;
}

}  // namespace

visitors::visitors(std::pmr::memory_resource* memory, const alias_graph& graph,
                   std::span<const kind_rule> kinds)
    : refused_(memory), heads_(memory), members_(memory), ends_(memory) {
  const id_pool& ids = graph.ids();
  ordering order{ids, kinds};
  disjoint_sets sets(graph.united(), memory);
  sets.grow(ids.size());
  if (graph.rules().in_order) {
    refused_ = join_in_order(graph, order, sets, memory);
  } else {
    for (const edge& one : graph.edges()) {
      check_interrupts();
      sets.unite(one.left, one.right);
    }
  }

  // The member of each set that names it, at the set's root.
  std::pmr::vector<node> names(ids.size(), no_node, memory);
  for (node number = 0; number < ids.size(); ++number) {
    check_interrupts();
    if (ids[number].blocked) continue;
    node& name = names[sets.find(number)];
    if (name == no_node || order.stronger(number, name)) name = number;
  }
  for (node name : names) {
    check_interrupts();
    if (name != no_node) heads_.push_back({ids[name].first_seen, prefix_of(ids[name].text()), name});
  }
  sort(heads_, [&order](const head& left, const head& right) {
    auto outer = [](const head& one) { return std::tuple(one.first_seen, one.prefix); };
    if (outer(left) != outer(right)) return outer(left) < outer(right);
    auto inner = [&order](const head& one) { return std::tuple(order.text(one.id), order.rank(one.id)); };
    return inner(left) < inner(right);
  });

  // Members into their visitors' places: ends_ begins as each visitor's start and moves as it fills.
  std::pmr::vector<node>& position = names;  // of the visitor among heads_, at the set's root
  node start = 0;
  for (std::size_t i = 0; i < heads_.size(); ++i) {
    check_interrupts();
    node root = sets.find(heads_[i].id);
    position[root] = static_cast<node>(i);
    ends_.push_back(start);
    start += sets.size(root);
  }
  members_.resize(start);
  for (node number = 0; number < ids.size(); ++number) {
    check_interrupts();
    if (!ids[number].blocked) members_[ends_[position[sets.find(number)]]++] = number;
  }
  assert(ends_.empty() || ends_.back() == start);  // no set has blocked and other ids
  for (std::size_t i = 0; i < heads_.size(); ++i) {
    check_interrupts();
    node begin = i == 0 ? 0 : ends_[i - 1];
    sort(std::span(members_).subspan(begin, ends_[i] - begin),
         [&order](node left, node right) { return order.earlier(left, right); });
  }
}

visitor visitors::operator[](std::size_t position) const {
  assert(position < heads_.size());
  node start = position == 0 ? 0 : ends_[position - 1];
  return {heads_[position].id, std::span(members_).subspan(start, ends_[position] - start)};
}

}  // namespace journey::identity
