#include "attribution/markov.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <numeric>
#include <optional>
#include <string>
#include <tuple>

#include "attribution/removal.hpp"
#include "base/error.hpp"
#include "base/interrupts.hpp"
#include "base/sort.hpp"

namespace journey::attribution {
namespace {

constexpr std::uint8_t version = 1;

}  // namespace

transition_counts::transition_counts(std::pmr::memory_resource* memory)
    : memory_(memory),
      channels_(memory),
      states_(memory),
      journeys_(memory),
      values_(memory),
      untouched_(memory) {}

void transition_counts::set_order(int order) {
  if (order < 1 || order > highest_order)
    throw error(sqlstate::invalid_parameter_value,
                "k must be from 1 to " + std::to_string(highest_order) + ": " + std::to_string(order));
  if (order_ != 0 && order != order_)
    throw error(
        sqlstate::invalid_parameter_value,
        "k must be the same for all paths: " + std::to_string(order_) + " and " + std::to_string(order));
  order_ = order;
}

std::span<const name_table::id> transition_counts::channels_of(id state,
                                                               std::array<id, highest_order>& room) const {
  if (order_ == 1) {
    room[0] = state;
    return {room.data(), 1};
  }
  std::string_view bytes = states_[state];
  std::memcpy(room.data(), bytes.data(), bytes.size());
  return {room.data(), bytes.size() / sizeof(id)};
}

name_table::id transition_counts::state_of(std::span<const id> channels) {
  if (order_ == 1) return channels.back();
  return states_.number({reinterpret_cast<const char*>(channels.data()), channels.size_bytes()});
}

exact_sum& transition_counts::value_of(id state) {
  while (values_.size() <= state) values_.emplace_back(memory_);
  return values_[state];
}

void transition_counts::add(path path, const results& results, int order) {
  results.check();
  set_order(order);
  if (path.empty()) return untouched_.add(results);
  bool taken = results.conversions > 0 || results.nulls > 0;
  if (!taken && results.value == 0) return;

  std::array<id, highest_order> recent;
  std::size_t known = 0;
  id from = flow::start;
  for (std::string_view name : path) {
    check_interrupts();
    if (known == static_cast<std::size_t>(order)) {
      std::shift_left(recent.begin(), recent.begin() + known, 1);
      --known;
    }
    recent[known++] = channels_.number(name);
    id to = state_of({recent.data(), known});
    if (taken) {
      exact_sum& journeys = journeys_.of(from, to);
      journeys.add(results.conversions);
      journeys.add(results.nulls);
    }
    from = to;
  }
  if (results.conversions > 0) journeys_.of(from, flow::conversion).add(results.conversions);
  if (results.nulls > 0) journeys_.of(from, flow::null).add(results.nulls);
  if (results.value != 0) value_of(from).add(results.value);
}

void transition_counts::combine(const transition_counts& other) {
  if (other.order_ == 0) return;
  set_order(other.order_);
  std::pmr::vector<id> channel = channels_.numbers_of(other.channels_);
  std::pmr::vector<id> state(memory_);
  std::array<id, highest_order> room;
  for (id i = 0; i < other.states(); ++i) {
    check_interrupts();
    std::span<const id> theirs = other.channels_of(i, room);
    for (std::size_t j = 0; j < theirs.size(); ++j) room[j] = channel[theirs[j]];
    state.push_back(state_of(theirs));
  }
  auto mine = [&](id place) { return place < state.size() ? state[place] : place; };
  for (const auto& [from, to, journeys] : other.journeys_.entries()) {
    check_interrupts();
    journeys_.of(mine(from), mine(to)).add(journeys);
  }
  for (id i = 0; i < other.values_.size(); ++i) {
    check_interrupts();
    value_of(state[i]).add(other.values_[i]);
  }
  untouched_.add(other.untouched_);
}

void transition_counts::serialize(wire::writer& out) const {
  out.fixed(version);
  out.varint(static_cast<std::uint64_t>(order_));
  channels_.serialize(out);
  std::array<id, highest_order> room;
  out.varint(states_.size());
  for (id i = 0; i < states_.size(); ++i) {
    check_interrupts();
    std::span<const id> channels = channels_of(i, room);
    out.varint(channels.size());
    for (id channel : channels) out.varint(channel);
  }
  out.varint(journeys_.entries().size());
  for (const auto& [from, to, journeys] : journeys_.entries()) {
    check_interrupts();
    out.fixed(from);
    out.fixed(to);
    journeys.serialize(out);
  }
  out.varint(values_.size());
  for (const exact_sum& value : values_) {
    check_interrupts();
    value.serialize(out);
  }
  untouched_.serialize(out);
}

void transition_counts::deserialize(wire::reader& in) {
  check_version(in, version);
  std::uint64_t order = in.varint();
  if (order > highest_order) in.fail("the order is too high");
  order_ = static_cast<int>(order);
  channels_.deserialize(in);
  if (order == 0 && channels_.size() > 0) in.fail("it has channels but no order");
  std::array<id, highest_order> room;
  std::size_t count_of_states = in.count(2);
  for (std::size_t i = 0; i < count_of_states; ++i) {
    check_interrupts();
    std::size_t length = in.count(1);
    if (length == 0 || length > order || order == 1) in.fail("a state is not of this order");
    for (std::size_t j = 0; j < length; ++j) {
      std::uint64_t channel = in.varint();
      if (channel >= channels_.size()) in.fail("a state has an unknown channel");
      room[j] = static_cast<id>(channel);
    }
    if (state_of({room.data(), length}) != i) in.fail("a state comes twice");
  }
  std::size_t edges = in.count(sizeof(std::uint64_t));
  for (std::size_t i = 0; i < edges; ++i) {
    check_interrupts();
    auto from = in.fixed<id>(), to = in.fixed<id>();
    if ((from >= states() && from != flow::start) ||
        (to >= states() && to != flow::conversion && to != flow::null))
      in.fail("a transition has an unknown state");
    exact_sum& sum = journeys_.of(from, to);
    sum.deserialize(in);
    if (!(sum.value() >= 0)) in.fail("a count is negative");
  }
  std::size_t values = in.count(sizeof(double));
  if (values > states()) in.fail("a value has an unknown state");
  for (id i = 0; i < values; ++i) {
    check_interrupts();
    value_of(i).deserialize(in);
  }
  untouched_.deserialize(in);
}

channel_credits transition_counts::credits(std::pmr::memory_resource* memory) const {
  if (states() > most_states)
    throw error(sqlstate::program_limit_exceeded,
                "the paths have " + std::to_string(states()) + " states, more than markov's " +
                    std::to_string(most_states),
                order_ == 1 ? "Put rare channels together under one name."
                            : "Lower k, or put rare channels together under one name.");

  // Channels and states in the order of their names, so that all rounding is the same however they came.
  std::pmr::vector<id> names = channels_.sorted(memory);
  std::pmr::vector<std::uint32_t> rank(names.size(), memory);
  for (std::uint32_t i = 0; i < names.size(); ++i) rank[names[i]] = i;
  auto order = static_cast<std::size_t>(order_);
  std::pmr::vector<std::uint32_t> unsorted(states() * order, chain::no_channel, memory);
  std::array<id, highest_order> room;
  for (id state = 0; state < states(); ++state) {
    std::span<const id> channels = channels_of(state, room);
    for (std::size_t j = 0; j < channels.size(); ++j) unsorted[state * order + j] = rank[channels[j]];
  }
  auto members_of = [&](id state) { return std::span(unsorted).subspan(state * order, order); };
  std::pmr::vector<id> sorted(states(), memory);
  std::iota(sorted.begin(), sorted.end(), 0);
  sort(sorted,
       [&](id a, id b) { return std::ranges::lexicographical_compare(members_of(a), members_of(b)); });
  std::pmr::vector<std::uint32_t> place(states(), memory), members(memory);
  for (std::uint32_t i = 0; i < sorted.size(); ++i) {
    place[sorted[i]] = i;
    members.insert(members.end(), members_of(sorted[i]).begin(), members_of(sorted[i]).end());
  }

  std::pmr::vector<flow> flows(memory);
  std::pmr::vector<bool> converts(states(), false, memory);
  exact_sum conversions(memory);
  auto sorted_place = [&](id state) { return state < place.size() ? place[state] : state; };
  for (const auto& [from, to, journeys] : journeys_.entries()) {
    check_interrupts();
    flows.push_back({sorted_place(from), sorted_place(to), journeys.value()});
    if (to != flow::conversion || from == flow::start) continue;
    conversions.add(journeys);
    converts[place[from]] = flows.back().weight > 0;
  }

  exact_results rest(memory);
  rest.add(untouched_);
  std::pmr::vector<double> values(states(), 0.0, memory);
  for (id state = 0; state < values_.size(); ++state)
    if (converts[place[state]])
      values[place[state]] = values_[state].value();
    else
      rest.value.add(values_[state]);

  std::pmr::vector<removal_effect> effects =
      removal_effects({names.size(), order, members, flows, values}, memory);
  assert(effects.size() == names.size());
  double all = conversions.value(), gains = 0, losses = 0;
  for (double value : values) (value < 0 ? losses : gains) += value;
  removal_effect sum;
  for (const removal_effect& effect : effects) {
    sum.conversions += effect.conversions;
    sum.gains += effect.gains;
    sum.losses += effect.losses;
  }
  auto part = [](double whole, double effect, double sum) { return sum > 0 ? whole * (effect / sum) : 0; };

  channel_credits credits(memory);
  for (std::size_t i = 0; i < names.size(); ++i) {
    check_interrupts();
    const removal_effect& effect = effects[i];
    assert(effect.conversions >= 0 && effect.conversions <= 1 + 1e-9);
    credits.push_back({channels_[names[i]], all > 0 ? std::optional(effect.conversions) : std::nullopt,
                       part(all, effect.conversions, sum.conversions),
                       part(gains, effect.gains, sum.gains) + part(losses, effect.losses, sum.losses)});
  }
  add_unattributed(credits, rest);
  return credits;
}

std::pmr::vector<transition> transition_counts::transitions(std::pmr::memory_resource* memory) const {
  auto name = [this](id state) {
    if (state == flow::conversion) return std::string_view("(conversion)");
    return state == flow::null ? std::string_view("(null)") : channels_[state];
  };
  using entry = pair_table<exact_sum>::entry;
  auto by_name = [&](const entry* at) {
    bool starts = at->first == flow::start;
    return std::tuple(!starts, starts ? "" : name(at->first), at->second >= flow::null, name(at->second));
  };
  std::pmr::vector<const entry*> sorted(memory);
  for (const entry& at : journeys_.entries()) {
    check_interrupts();
    sorted.push_back(&at);
  }
  sort_by(sorted, by_name);

  std::pmr::vector<transition> result(memory);
  for (std::size_t first = 0, end = 0; first < sorted.size(); first = end) {
    id from = sorted[first]->first;
    exact_sum total(memory);
    for (; end < sorted.size() && sorted[end]->first == from; ++end) {
      check_interrupts();
      total.add(sorted[end]->value);
    }
    double all = total.value();
    for (std::size_t i = first; i < end; ++i) {
      check_interrupts();
      double count = sorted[i]->value.value();
      result.push_back(
          {from == flow::start ? "(start)" : name(from), name(sorted[i]->second), count, count / all});
    }
  }
  return result;
}

}  // namespace journey::attribution
