#include "attribution/leave_one_out.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "base/hash_map.hpp"
#include "base/interrupts.hpp"

namespace journey::attribution {
namespace {

constexpr std::uint8_t version = 1;

using id = name_table::id;

std::string_view bytes(std::span<const id> channels) {
  return {reinterpret_cast<const char*>(channels.data()), channels.size_bytes()};
}

/// Finds known paths that lack one channel of another, each in constant time and a comparison of what is
/// found: paths are looked up by a polynomial hash, which for a path with a gap follows from those of its
/// beginnings.
class shorter_paths {
 public:
  shorter_paths(const name_table& paths, std::pmr::memory_resource* memory)
      : paths_(paths), powers_(memory), beginnings_(memory), first_(memory), next_(memory) {
    powers_.push_back(1);
    next_.reserve(paths.size());
    for (id path = 0; path < paths.size(); ++path) {
      std::uint64_t hash = 0;
      for (std::size_t i = 0; i < paths[path].size(); i += sizeof(id)) {
        check_interrupts();
        id channel;
        std::memcpy(&channel, paths[path].data() + i, sizeof channel);
        hash = followed_by(hash, channel);
      }
      auto [first, is_new] = first_.try_emplace(hash, path);
      next_.push_back(is_new ? name_table::none : std::exchange(first->second, path));
    }
  }

  /// The path that `without` is asked about from now on.
  void start(std::span<const id> path) {
    path_ = path;
    beginnings_.assign(1, 0);
    for (id channel : path) {
      check_interrupts();
      beginnings_.push_back(followed_by(beginnings_.back(), channel));
      if (powers_.size() < beginnings_.size()) powers_.push_back(product(powers_.back(), base));
    }
  }

  /// The known path that lacks its channel at `gap`, or `none`.
  id without(std::size_t gap) const {
    std::size_t left = path_.size() - gap - 1;
    std::uint64_t hash = product(beginnings_[gap], powers_[left]) + beginnings_.back() +
                         (prime - product(beginnings_[gap + 1], powers_[left]));
    auto found = first_.find(hash % prime);
    id candidate = found == first_.end() ? name_table::none : found->second;
    while (candidate != name_table::none && !lacks(candidate, gap)) {
      check_interrupts();
      candidate = next_[candidate];
    }
    return candidate;
  }

 private:
  static constexpr std::uint64_t prime = (std::uint64_t{1} << 61) - 1;
  static constexpr std::uint64_t base = 0x0F3C'92D6'5B1E'8A47;

  static std::uint64_t product(std::uint64_t a, std::uint64_t b) {
    return static_cast<std::uint64_t>(static_cast<unsigned __int128>(a) * b % prime);
  }
  static std::uint64_t followed_by(std::uint64_t beginning, id channel) {
    return (product(beginning, base) + channel + 1) % prime;
  }
  bool lacks(id candidate, std::size_t gap) const {
    std::string_view known = paths_[candidate], whole = bytes(path_);
    std::size_t before = gap * sizeof(id);
    return known.size() + sizeof(id) == whole.size() && known.substr(0, before) == whole.substr(0, before) &&
           known.substr(before) == whole.substr(before + sizeof(id));
  }

  const name_table& paths_;
  std::span<const id> path_;
  std::pmr::vector<std::uint64_t> powers_;      // of the base
  std::pmr::vector<std::uint64_t> beginnings_;  // the hash of the first 0, 1, ... channels of the path
  hash_map<std::uint64_t, id> first_;           // of the known paths with a hash,
  std::pmr::vector<id> next_;                   // and for each known path the next one with the same hash
};

}  // namespace

path_counts::exact_counts& path_counts::count(std::span<const id> channels) {
  id path = paths_.number(bytes(channels));
  if (path == counts_.size()) counts_.emplace_back(memory_);
  return counts_[path];
}

void path_counts::channels_of(id path, std::pmr::vector<id>& channels) const {
  std::string_view key = paths_[path];
  channels.resize(key.size() / sizeof(id));
  std::memcpy(channels.data(), key.data(), key.size());
}

void path_counts::add(path path, const results& results) {
  results.check();
  if (path.empty()) return untouched_.add(results);
  key_.clear();
  for (std::string_view channel : path) {
    check_interrupts();
    key_.push_back(channels_.number(channel));
  }
  exact_counts& counts = count(key_);
  counts.add(results);
  counts.nulls.add(results.nulls);
}

void path_counts::combine(const path_counts& other) {
  auto channel = channels_.numbers_of(other.channels_);
  for (id path = 0; path < other.paths_.size(); ++path) {
    check_interrupts();
    other.channels_of(path, key_);
    for (id& number : key_) number = channel[number];
    exact_counts& counts = count(key_);
    counts.add(other.counts_[path]);
    counts.nulls.add(other.counts_[path].nulls);
  }
  untouched_.add(other.untouched_);
}

void path_counts::serialize(wire::writer& out) const {
  out.fixed(version);
  channels_.serialize(out);
  out.varint(paths_.size());
  std::pmr::vector<id> channels(memory_);
  for (id path = 0; path < paths_.size(); ++path) {
    check_interrupts();
    channels_of(path, channels);
    out.varint(channels.size());
    for (id channel : channels) out.varint(channel);
    counts_[path].serialize(out);
    counts_[path].nulls.serialize(out);
  }
  untouched_.serialize(out);
}

void path_counts::deserialize(wire::reader& in) {
  check_version(in, version);
  channels_.deserialize(in);
  for (std::size_t left = in.count(2); left > 0; --left) {
    key_.clear();
    for (std::size_t length = in.count(1); length > 0; --length) {
      check_interrupts();
      std::uint64_t channel = in.varint();
      if (channel >= channels_.size()) in.fail("a path has an unknown channel");
      key_.push_back(static_cast<id>(channel));
    }
    if (key_.empty()) in.fail("a path is empty");
    exact_counts& counts = count(key_);
    counts.deserialize(in);
    counts.nulls.deserialize(in);
  }
  untouched_.deserialize(in);
}

double path_counts::conversion_rate(id path) const {
  if (path == name_table::none) return 0;
  double conversions = counts_[path].conversions.value(), nulls = counts_[path].nulls.value();
  return conversions == 0 ? 0 : conversions / (conversions + nulls);
}

channel_credits path_counts::credits(std::pmr::memory_resource* memory) const {
  std::pmr::vector<exact_results> parts = empty_results(channels_.size(), memory);
  std::pmr::vector<id> channels(memory);
  std::pmr::vector<double> contributions(memory);
  shorter_paths shorter(paths_, memory);
  for (id path = 0; path < paths_.size(); ++path) {
    check_interrupts();
    channels_of(path, channels);
    shorter.start(channels);
    double rate = conversion_rate(path), sum = 0;
    contributions.assign(channels.size(), 0.0);
    if (channels.size() > 1)
      for (std::size_t i = 0; i < channels.size(); ++i) {
        check_interrupts();
        bool repeated = i > 0 && channels[i] == channels[i - 1];  // the same path without either
        contributions[i] =
            repeated ? contributions[i - 1] : std::max(0.0, rate - conversion_rate(shorter.without(i)));
        sum += contributions[i];
      }
    if (sum == 0) contributions.back() = sum = 1;
    assert(!channels.empty() && sum > 0);
    double conversions = counts_[path].conversions.value(), value = counts_[path].value.value();
    for (std::size_t i = 0; i < channels.size(); ++i) {
      check_interrupts();
      parts[channels[i]].conversions.add(conversions * (contributions[i] / sum));
      parts[channels[i]].value.add(value * (contributions[i] / sum));
    }
  }
  return by_name(channels_, parts, untouched_, memory);
}

}  // namespace journey::attribution
