// The sessions of one visitor while their events arrive, in any order.
#pragma once

#include <algorithm>
#include <bit>
#include <memory_resource>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "base/sort.hpp"
#include "sessions/trail_rule.hpp"

namespace journey::sessions {

/// A vector in two words, for items that need no destructor: whoever changes its length says where its memory
/// is. It gives its memory back only when told to.
template <class Item>
class compact_vector {
  static_assert(std::is_trivially_copyable_v<Item>);

 public:
  std::span<Item> items() const { return {items_, size_}; }
  std::size_t size() const { return size_; }
  Item& operator[](std::size_t i) const { return items_[i]; }
  Item& back() const { return items_[size_ - 1]; }

  void push_back(const Item& item, std::pmr::memory_resource* memory) {
    if (size_ == capacity_) grow(memory);
    items_[size_++] = item;
  }
  void pop_back() { --size_; }
  /// `size` items that are all zero, where there were none.
  void resize(std::size_t size, std::pmr::memory_resource* memory) {
    while (capacity_ < size) grow(memory);
    std::uninitialized_value_construct_n(items_, size);
    size_ = static_cast<std::uint32_t>(size);
  }

  void release(std::pmr::memory_resource* memory) {
    if (items_ != nullptr) memory->deallocate(items_, capacity_ * sizeof(Item), alignof(Item));
    *this = {};
  }

 private:
  /// Fills the powers of two that the server's allocator rounds up to.
  void grow(std::pmr::memory_resource* memory) {
    std::size_t bytes =
        std::bit_ceil(std::max({std::size_t{64}, sizeof(Item), 2 * capacity_ * sizeof(Item)}));
    std::size_t capacity = bytes / sizeof(Item);
    if (capacity > UINT32_MAX) throw std::length_error("more than 4 billion pieces of sessions");
    auto* items = static_cast<Item*>(memory->allocate(capacity * sizeof(Item), alignof(Item)));
    std::uninitialized_copy_n(items_, size_, items);
    auto size = size_;
    release(memory);
    items_ = items;
    size_ = size;
    capacity_ = static_cast<std::uint32_t>(capacity);
  }

  Item* items_ = nullptr;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;
};

/// Sessions in order of time, in one or two parts.
template <class Session>
struct session_sequence {
  std::span<const Session> head;
  std::span<const Session> tail{};

  std::size_t size() const { return head.size() + tail.size(); }
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::span<const Session> part : {head, tail}) {
      for (const Session& session : part) {
        check_interrupts();
        visit(session);
      }
    }
  }
};

/// Sessions apart from each other. They grow from pieces of one event or more, which may come in any order: a
/// piece no earlier than all others costs O(1), any other O(log n) over time. What two pieces become is up to
/// the `join(Session& whole, const Session& piece)` handed in; it must not matter who joins whom, and when.
/// 64 bytes for the times of one session, and no memory resource of its own, since a query may keep millions.
template <class Session>
class session_list {
 public:
  explicit session_list(const trail_rule& rule) : rule_(rule) {}

  const trail_rule& rule() const { return rule_; }
  bool empty() const { return last_.events == 0; }
  /// The latest session, while not `empty()`.
  const Session& last() const { return last_; }
  Session& last() { return last_; }
  /// Whether an event at `ts` would only move the end of the latest session.
  bool continues(std::int64_t ts) const {
    return !empty() && ts > last_.started_at && rule_.joined(last_.ended_at, ts);
  }

  template <class Join>
  void put(const Session& piece, Join join, std::pmr::memory_resource* memory) {
    if (piece.started_at < last_.started_at && !empty()) return put_late(piece, join, memory);
    if (!empty() && rule_.joined(last_.ended_at, piece.started_at)) return join(last_, piece);
    if (!empty()) close(memory);
    last_ = piece;
  }

  /// Hands all sessions in order of time to `visit(const session_sequence<Session>&)`; the list stays as it
  /// is.
  template <class Join, class Visit>
  void in_order(Join join, std::pmr::memory_resource* memory, Visit visit) const {
    if (closed_ == pieces_.size())
      return visit(session_sequence<Session>{pieces_.items(), {&last_, empty() ? 0U : 1U}});
    std::pmr::vector<Session> late(pieces_.items().begin() + closed_, pieces_.items().end(), memory);
    compact_vector<Session> all = merged(late, join, memory);
    visit(session_sequence<Session>{all.items()});
    all.release(memory);
  }

  /// Hands over everything kept, whole or in pieces, in no particular order. Times must stay as they are.
  template <class Visit>
  void for_each_piece(Visit visit) {
    for (Session& piece : pieces_.items()) {
      check_interrupts();
      visit(piece);
    }
    if (!empty()) visit(last_);
  }

 private:
  static constexpr std::size_t few = 8;

  static constexpr auto starts_before = [](const Session& a, const Session& b) {
    return a.started_at < b.started_at;
  };

  void close(std::pmr::memory_resource* memory) {
    pieces_.push_back(last_, memory);
    std::swap(pieces_[closed_++], pieces_.back());
  }

  /// A piece that stretches just one session is joined to it in place. One that opens a session, or bridges
  /// two, waits until there are as many of these as sessions: moving the others for each would be quadratic.
  template <class Join>
  void put_late(const Session& piece, Join join, std::pmr::memory_resource* memory) {
    auto closed = pieces_.items().first(closed_);
    auto next = std::upper_bound(closed.begin(), closed.end(), piece, starts_before);
    Session& right = next == closed.end() ? last_ : *next;
    Session* left = next == closed.begin() ? nullptr : &*std::prev(next);
    bool joins_left = left != nullptr && rule_.joined(left->ended_at, piece.started_at);
    bool joins_right = rule_.joined(piece.ended_at, right.started_at);
    if (joins_left && !joins_right) return join(*left, piece);
    if (joins_right && !joins_left && piece.ended_at <= right.ended_at) return join(right, piece);
    pieces_.push_back(piece, memory);
    if (pieces_.size() < few + 2 * closed_) return;
    compact_vector<Session> all = merged(pieces_.items().subspan(closed_), join, memory);
    last_ = all.back();
    all.pop_back();
    pieces_.release(memory);
    pieces_ = all;
    closed_ = static_cast<std::uint32_t>(all.size());
  }

  /// Sorts `late` and merges it with the rest.
  template <class Join>
  compact_vector<Session> merged(std::span<Session> late, Join join,
                                 std::pmr::memory_resource* memory) const {
    sort(late, starts_before);
    compact_vector<Session> all;
    auto add = [&](const Session& piece) {
      check_interrupts();
      if (all.size() != 0 && rule_.joined(all.back().ended_at, piece.started_at))
        join(all.back(), piece);
      else
        all.push_back(piece, memory);
    };
    auto waiting = late.begin();
    auto add_until = [&](const Session& session) {
      for (; waiting != late.end() && starts_before(*waiting, session); ++waiting) add(*waiting);
      add(session);
    };
    for (const Session& session : pieces_.items().first(closed_)) add_until(session);
    if (!empty()) add_until(last_);
    for (; waiting != late.end(); ++waiting) add(*waiting);
    return all;
  }

  trail_rule rule_;
  Session last_;
  compact_vector<Session> pieces_;  // the sessions before last_, in order of time; then late pieces, unmerged
  std::uint32_t closed_ = 0;        // so many of pieces_ are sessions
};

}  // namespace journey::sessions
