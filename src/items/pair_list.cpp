#include "items/pair_list.hpp"

#include <algorithm>

#include "base/sort.hpp"

namespace journey::items {

namespace {

constexpr std::uint8_t version = 1;

[[noreturn]] void no_room() {
  throw error(sqlstate::numeric_value_out_of_range, "items are together more often than can be counted");
}

std::int64_t sum(std::int64_t left, std::int64_t right) {
  std::int64_t result;
  if (__builtin_add_overflow(left, right, &result)) no_room();
  return result;
}

std::int64_t product(std::int64_t left, std::int64_t right) {
  std::int64_t result;
  if (__builtin_mul_overflow(left, right, &result)) no_room();
  return result;
}

class pair_writer {
 public:
  pair_writer(wire::writer& out, std::size_t room) : out_(out) {
    out_.reserve(out_.size() + 1 + room);
    out_.fixed(version);
  }
  void put(const listed_pair& pair) {
    check_interrupts();
    out_.varint(pair.with - last_);
    out_.signed_varint(pair.together);
    last_ = pair.with;
  }
  /// Pairs as they are stored behind the last one.
  void put(std::string_view pairs, std::uint32_t last) {
    out_.raw(pairs);
    last_ = last;
  }

 private:
  wire::writer& out_;
  std::uint32_t last_ = 0;
};

}  // namespace

void add_up(pair_list& pairs) {
  sort_by(pairs, &listed_pair::with);
  auto kept = pairs.begin();
  for (auto next = pairs.begin(); next != pairs.end();) {
    listed_pair all = *next++;
    for (; next != pairs.end() && next->with == all.with; ++next)
      all.together = sum(all.together, next->together);
    if (all.together != 0) *kept++ = all;
  }
  pairs.erase(kept, pairs.end());
}

void write_pairs(wire::writer& out, std::span<const listed_pair> pairs) {
  pair_writer list(out, 3 * pairs.size());
  for (const listed_pair& pair : pairs) list.put(pair);
}

pair_reader::pair_reader(std::string_view bytes) : in_(bytes, "list of pairs") {
  if (in_.fixed<std::uint8_t>() != version) in_.fail("its version is unknown");
}

bool pair_reader::next() {
  check_interrupts();
  if (in_.left() == 0) return false;
  std::uint64_t gap = in_.varint();
  if (gap == 0 && !first_) in_.fail("an item is there twice");
  if (gap > UINT32_MAX - pair_.with) in_.fail("the number of an item is too large");
  first_ = false;
  pair_.with += static_cast<std::uint32_t>(gap);
  pair_.together = in_.signed_varint();
  if (pair_.together == 0) in_.fail("items that are never together");
  return true;
}

void read_pairs(std::string_view bytes, pair_list& pairs) {
  for (pair_reader in(bytes); in.next();) pairs.push_back(in.pair());
}

void change_pairs(wire::writer& out, std::string_view bytes, std::span<const listed_pair> changes) {
  pair_writer list(out, bytes.size() + 15 * changes.size());
  pair_reader in(bytes);
  auto behind = [&] { return bytes.substr(bytes.size() - in.left()); };
  bool more = in.next();
  for (const listed_pair& change : changes) {
    if (more && in.pair().with < change.with) {
      // The gap before the first may be another now.
      list.put(in.pair());
      std::string_view rest = behind();
      std::size_t same = 0;
      std::uint32_t last = in.pair().with;
      while ((more = in.next()) && in.pair().with < change.with) {
        last = in.pair().with;
        same = rest.size() - in.left();
      }
      list.put(rest.substr(0, same), last);
    }
    listed_pair now = change;
    if (more && in.pair().with == change.with) {
      now.together = sum(now.together, in.pair().together);
      more = in.next();
    }
    if (now.together != 0) list.put(now);
  }
  if (more) {
    list.put(in.pair());
    list.put(behind(), 0);
  }
}

void pair_sums::add(std::string_view pairs, std::int64_t weight) {
  for (pair_reader in(pairs); in.next();) {
    std::int64_t& all = sums_[in.pair().with];
    all = sum(all, product(in.pair().together, weight));
  }
}

pair_list pair_sums::best(std::size_t most) const {
  pair_list found(sums_.get_allocator().resource());
  for (const auto& [item, all] : sums_)
    if (all > 0) found.push_back({item, all});
  if (most < found.size()) {
    auto greater = [](const listed_pair& left, const listed_pair& right) {
      check_interrupts();
      return left.together > right.together;
    };
    auto last = found.begin() + static_cast<std::ptrdiff_t>(most);
    std::nth_element(found.begin(), last - 1, found.end(), greater);
    std::int64_t least = (last - 1)->together;
    found.erase(
        std::remove_if(last, found.end(), [least](const auto& pair) { return pair.together < least; }),
        found.end());
  }
  sort(found, [](const listed_pair& left, const listed_pair& right) {
    return left.together != right.together ? left.together > right.together : left.with < right.with;
  });
  return found;
}

}  // namespace journey::items
