#include "identity/alias_graph.hpp"

#include <algorithm>
#include <tuple>

#include "base/sort.hpp"

namespace journey::identity {

alias_graph::alias_graph(std::pmr::memory_resource* memory, const graph_rules& rules)
    : memory_(memory),
      rules_(rules),
      kinds_(memory),
      ids_(memory),
      sets_(memory),
      edges_(memory),
      latest_(memory),
      refused_(memory),
      heads_(memory),
      members_(memory),
      ends_(memory) {}

void alias_graph::add(node weak, node strong, instant seen_at) {
  if (weak != no_node) ids_.see(weak, seen_at);
  if (strong != no_node) ids_.see(strong, seen_at);

  if (blocked(weak) || blocked(strong)) {
    if (!rules_.in_order) return;
  } else if (weak == no_node || strong == no_node || weak == strong) {
    return;
  } else if (rules_.mode == alias_mode::latest_user) {
    if (weak >= latest_.size()) latest_.resize(ids_.size());
    latest& last = latest_[weak];
    bool same_time = seen_at == last.seen_at;
    if (last.user == no_node || (same_time && ids_[strong].text() > ids_[last.user].text()) ||
        (!same_time && seen_at != unknown_time && (last.seen_at == unknown_time || seen_at > last.seen_at)))
      last = {seen_at, strong};
    if (!rules_.in_order) return;
  } else if (!rules_.in_order) {
    unite(weak, strong);
    return;
  }
  auto [kept, fresh] =
      edges_.try_emplace(std::uint64_t{std::min(weak, strong)} << 32 | std::max(weak, strong), seen_at);
  if (!fresh && seen_at < kept->second) kept->second = seen_at;
}

void alias_graph::unite(node left, node right) {
  sets_.grow(ids_.size());
  left = sets_.find(left);
  right = sets_.find(right);
  if (left != right) sets_.join(left, right);
}

edge alias_graph::oriented(node left, node right, instant seen_at) const {
  bool right_is_weaker = std::tuple(rank(right), text(right)) > std::tuple(rank(left), text(left));
  if (right != no_node && right_is_weaker) std::swap(left, right);
  return {seen_at, left, right};
}

bool alias_graph::before(const edge& left, const edge& right) const {
  if (left.seen_at != right.seen_at) return left.seen_at < right.seen_at;
  auto key = [this](const edge& one) {
    return std::tuple(rank(one.weak), rank(one.strong), text(one.weak), text(one.strong));
  };
  return key(left) < key(right);
}

bool alias_graph::stronger(node left, node right) const {
  auto key = [this](node one) { return std::tuple(rank(one), ids_[one].first_seen, ids_[one].text()); };
  return key(left) < key(right);
}

std::pmr::vector<edge> alias_graph::edges() const {
  std::pmr::vector<edge> edges(memory_);
  edges.reserve(edges_.size() + latest_.size());
  bool latest_alone = rules_.mode == alias_mode::latest_user;
  for (const auto& [ends, seen_at] : edges_) {
    check_interrupts();
    edge one = oriented(static_cast<node>(ends >> 32), static_cast<node>(ends), seen_at);
    if (!latest_alone || blocked(one) || latest_[one.weak].user == one.strong) edges.push_back(one);
  }
  if (rules_.in_order) return edges;  // with the latest users' among them, by their first times
  for (node alias = 0; alias < latest_.size(); ++alias) {
    check_interrupts();
    if (latest_[alias].user != no_node) edges.push_back({latest_[alias].seen_at, alias, latest_[alias].user});
  }
  return edges;
}

void alias_graph::join_in_order(std::pmr::vector<edge>& edges) {
  sort(edges, [this](const edge& left, const edge& right) { return before(left, right); });

  // How many ids of each limited kind a set has, by its root.
  std::pmr::vector<kind> limited(memory_);
  for (std::size_t i = 0; i < kinds_.size(); ++i)
    if (kinds_[i].most != graph_rules::no_limit) limited.push_back(static_cast<kind>(i));
  std::pmr::vector<std::uint32_t> counts(ids_.size() * limited.size(), 0, memory_);
  auto counts_of = [&](node root) { return counts.data() + std::size_t{root} * limited.size(); };
  for (node number = 0; number < ids_.size(); ++number)
    for (std::size_t i = 0; i < limited.size(); ++i)
      if (ids_[number].kind == limited[i]) ++counts_of(sets_.find(number))[i];

  for (const edge& one : edges) {
    check_interrupts();
    if (blocked(one)) {
      refused_.push_back({one, refusal::blocked});
      continue;
    }
    node left = sets_.find(one.weak);
    node right = sets_.find(one.strong);
    if (left == right) continue;
    bool too_many_of_kind = false;
    for (std::size_t i = 0; i < limited.size(); ++i)
      too_many_of_kind |= std::uint64_t{counts_of(left)[i]} + counts_of(right)[i] > kinds_[limited[i]].most;
    if (too_many_of_kind) {
      refused_.push_back({one, refusal::max_of_kind});
    } else if (std::uint64_t{sets_.size(left)} + sets_.size(right) > rules_.max_members) {
      refused_.push_back({one, refusal::max_members});
    } else {
      node root = sets_.join(left, right);
      node other = root == left ? right : left;
      for (std::size_t i = 0; i < limited.size(); ++i) counts_of(root)[i] += counts_of(other)[i];
    }
  }
}

void alias_graph::form_visitors() {
  // The member of each set that names it, at the set's root.
  std::pmr::vector<node> names(ids_.size(), no_node, memory_);
  for (node number = 0; number < ids_.size(); ++number) {
    check_interrupts();
    if (ids_[number].blocked) continue;
    node& name = names[sets_.find(number)];
    if (name == no_node || stronger(number, name)) name = number;
  }
  for (node name : names) {
    check_interrupts();
    if (name != no_node) heads_.push_back({ids_[name].first_seen, prefix_of(ids_[name].text()), name});
  }
  sort(heads_, [this](const head& left, const head& right) {
    auto outer = [](const head& one) { return std::tuple(one.first_seen, one.prefix); };
    if (outer(left) != outer(right)) return outer(left) < outer(right);
    auto inner = [this](const head& one) { return std::tuple(text(one.id), rank(one.id)); };
    return inner(left) < inner(right);
  });

  // Members into their visitors' places: ends_ begins as each visitor's start and moves as it fills.
  std::pmr::vector<node>& position = names;  // of the visitor among heads_, at the set's root
  node start = 0;
  for (std::size_t i = 0; i < heads_.size(); ++i) {
    node root = sets_.find(heads_[i].id);
    position[root] = static_cast<node>(i);
    ends_.push_back(start);
    start += sets_.size(root);
  }
  members_.resize(start);
  for (node number = 0; number < ids_.size(); ++number) {
    check_interrupts();
    if (!ids_[number].blocked) members_[ends_[position[sets_.find(number)]]++] = number;
  }
  for (std::size_t i = 0; i < heads_.size(); ++i) {
    auto of = std::span(members_).subspan(i == 0 ? 0 : ends_[i - 1], ends_[i] - (i == 0 ? 0 : ends_[i - 1]));
    if (of.size() > 1)
      sort(of, [this](node left, node right) {
        auto key = [this](node one) { return std::tuple(ids_[one].first_seen, ids_[one].text(), rank(one)); };
        return key(left) < key(right);
      });
  }
}

void alias_graph::resolve() {
  sets_.grow(ids_.size());
  std::pmr::vector<edge> edges = this->edges();
  if (rules_.in_order) {
    join_in_order(edges);
  } else {
    for (const edge& one : edges) {
      check_interrupts();
      unite(one.weak, one.strong);
    }
  }
  form_visitors();
}

alias_graph::visitor alias_graph::operator[](std::size_t position) const {
  node start = position == 0 ? 0 : ends_[position - 1];
  return {heads_[position].id, std::span(members_).subspan(start, ends_[position] - start)};
}

}  // namespace journey::identity
