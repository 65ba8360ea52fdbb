// The sessions of one visitor while their events arrive, in any order.
#pragma once

#include <algorithm>
#include <bit>
#include <boost/container/vector.hpp>
#include <memory>

#include "base/hash_map.hpp"
#include "base/sort.hpp"
#include "sessions/trail.hpp"

namespace journey::sessions {

/// A session rule with the calendar of its day boundary, if it has one.
struct session_bounds {
  session_rule rule;
  std::int64_t (*day)(void* calendar, std::int64_t ts) = nullptr;
  void* calendar = nullptr;

  /// Whether a session that lasts until `earlier` still goes on at `later`.
  bool joined(std::int64_t earlier, std::int64_t later) const {
    if (later <= earlier) return true;
    if (rule.times_out(earlier, later)) return false;
    return day == nullptr || day(calendar, earlier) == day(calendar, later);
  }
};

/// Sessions apart from each other. They grow from pieces of one event or more, which may come in any order: a
/// piece no earlier than all others costs O(1), any other O(log n) over time. What two pieces become is up to
/// the `join(Session& whole, const Session& piece)` handed in; it must not matter who joins whom, and when.
/// Small, since a query may keep millions.
template <class Session>
class session_list {
 public:
  explicit session_list(std::pmr::memory_resource* memory) : pieces_(memory) {}

  bool empty() const { return last_.events == 0; }
  /// The latest session, while not `empty()`.
  const Session& last() const { return last_; }
  /// Whether an event at `ts` would only move the end of the latest session.
  bool continues(std::int64_t ts, const session_bounds& bounds) const {
    return !empty() && ts > last_.started_at && bounds.joined(last_.ended_at, ts);
  }

  template <class Join>
  void put(const Session& piece, const session_bounds& bounds, Join join) {
    if (piece.started_at < last_.started_at && !empty()) return put_late(piece, bounds, join);
    if (!empty() && bounds.joined(last_.ended_at, piece.started_at)) return join(last_, piece);
    if (!empty()) close();
    last_ = piece;
  }

  /// Hands all sessions in order of time to `visit(const session_sequence<Session>&)`; the list stays as it
  /// is.
  template <class Join, class Visit>
  void in_order(const session_bounds& bounds, Join join, std::pmr::memory_resource* memory,
                Visit visit) const {
    std::span<const Session> pieces(pieces_.data(), pieces_.size());
    if (closed_ == pieces.size()) return visit({pieces, {&last_, empty() ? 0U : 1U}});
    session_vector late(pieces.begin() + closed_, pieces.end(), memory);
    session_vector all = merged(late, bounds, join, memory);
    visit({all});
  }

  /// Hands over everything kept, whole or in pieces, in no particular order. Times must stay as they are.
  template <class Visit>
  void for_each_piece(Visit visit) {
    for (Session& piece : pieces_) {
      check_interrupts();
      visit(piece);
    }
    if (!empty()) visit(last_);
  }

 private:
  using session_vector = boost::container::vector<
      Session, std::pmr::polymorphic_allocator<Session>,
      boost::container::vector_options_t<boost::container::stored_size<std::uint32_t>>>;

  static constexpr std::size_t few = 8;

  static constexpr auto starts_before = [](const Session& a, const Session& b) {
    return a.started_at < b.started_at;
  };

  /// Fills the powers of two that the server's allocator rounds up to.
  void append(const Session& piece) {
    if (pieces_.size() == pieces_.capacity())
      pieces_.reserve(std::max<std::size_t>(64, 2 * std::bit_ceil(pieces_.capacity() * sizeof(Session))) /
                      sizeof(Session));
    pieces_.push_back(piece);
  }

  void close() {
    append(last_);
    std::swap(pieces_[closed_++], pieces_.back());
  }

  /// A piece that stretches just one session is joined to it in place. One that opens a session, or bridges
  /// two, waits until there are as many of these as sessions: moving the others for each would be quadratic.
  template <class Join>
  void put_late(const Session& piece, const session_bounds& bounds, Join join) {
    auto late = pieces_.begin() + closed_;
    auto next = std::upper_bound(pieces_.begin(), late, piece, starts_before);
    Session& right = next == late ? last_ : *next;
    Session* left = next == pieces_.begin() ? nullptr : &*std::prev(next);
    bool joins_left = left != nullptr && bounds.joined(left->ended_at, piece.started_at);
    bool joins_right = bounds.joined(piece.ended_at, right.started_at);
    if (joins_left && !joins_right) return join(*left, piece);
    if (joins_right && !joins_left && piece.ended_at <= right.ended_at) return join(right, piece);
    append(piece);
    if (pieces_.size() < few + 2 * closed_) return;
    session_vector all =
        merged({pieces_.begin() + closed_, pieces_.end()}, bounds, join, pieces_.get_allocator().resource());
    last_ = all.back();
    all.pop_back();
    pieces_.swap(all);
    closed_ = pieces_.size();
  }

  /// Sorts `late` and merges it with the rest.
  template <class Join>
  session_vector merged(std::span<Session> late, const session_bounds& bounds, Join join,
                        std::pmr::memory_resource* memory) const {
    sort(late, starts_before);
    session_vector all(memory);
    all.reserve(closed_ + late.size() + 1);
    auto add = [&](const Session& piece) {
      check_interrupts();
      if (!all.empty() && bounds.joined(all.back().ended_at, piece.started_at))
        join(all.back(), piece);
      else
        all.push_back(piece);
    };
    auto waiting = late.begin();
    auto add_until = [&](const Session& session) {
      for (; waiting != late.end() && starts_before(*waiting, session); ++waiting) add(*waiting);
      add(session);
    };
    for (const Session& session : std::span(pieces_).first(closed_)) add_until(session);
    if (!empty()) add_until(last_);
    for (; waiting != late.end(); ++waiting) add(*waiting);
    return all;
  }

  Session last_;
  session_vector pieces_;     // the sessions before last_, in order of time; then late pieces, not yet merged
  std::uint32_t closed_ = 0;  // so many of pieces_ are sessions
};

/// Texts and touches, each kept once and numbered from 1.
class word_list {
 public:
  explicit word_list(std::pmr::memory_resource* memory) : texts_(memory), touches_(memory) {}
  word_list(const word_list&) = delete;
  word_list& operator=(const word_list&) = delete;
  ~word_list();

  std::uint32_t text(std::string_view text);
  std::uint32_t touch(const channels::touch& touch);
  dictionary view() const { return {texts_.items, touches_.items}; }
  std::size_t size() const { return texts_.items.size() + touches_.items.size(); }

 private:
  /// Few items are searched one by one; more get an index.
  template <class Item>
  struct numbered_set {
    using index_type = hash_map<Item, std::uint32_t>;

    explicit numbered_set(std::pmr::memory_resource* memory) : items(memory), index(memory) {}
    /// Its number, or 0.
    std::uint32_t find(const Item& item) const;
    /// The number of an item that is not yet there.
    std::uint32_t add(const Item& item);

    std::pmr::vector<Item> items;
    index_type index;
  };

  numbered_set<std::string_view> texts_;
  numbered_set<touch_numbers> touches_;
};

inline void join_spans(session_span& whole, const session_span& piece) {
  whole.started_at = std::min(whole.started_at, piece.started_at);
  whole.ended_at = std::max(whole.ended_at, piece.ended_at);
  if (__builtin_add_overflow(whole.events, piece.events, &whole.events)) too_many_events();
}

/// The trail in the making of events that carry nothing but their time: as small and fast as it gets.
class plain_trail_state {
 public:
  explicit plain_trail_state(std::pmr::memory_resource* memory) : list_(memory) {}

  /// The rule, which must be set before anything else is done, and outlive the state.
  const session_bounds* bounds = nullptr;

  void add(std::int64_t ts) { list_.put({ts, ts, 1}, *bounds, join_spans); }
  /// Adds the times of a trail of the same rule.
  void merge(const trail_view& trail);
  void write(std::pmr::memory_resource* memory, wire::writer& out) const;

 private:
  session_list<session_span> list_;
};

/// The trail in the making of events with touches, pages and conversions.
class trail_state {
 public:
  explicit trail_state(std::pmr::memory_resource* memory) : list_(memory), words_(nullptr, {memory}) {}

  /// The rule, which must be set before anything else is done, and outlive the state.
  const session_bounds* bounds = nullptr;

  /// Whether the touch, or the page, of an event at `ts` can matter: most don't, and need not be read.
  bool needs_touch(std::int64_t ts) const {
    return !list_.continues(ts, *bounds) || list_.last().touch == 0 || ts <= list_.last().touched_at;
  }
  bool needs_page(std::int64_t ts) const { return !list_.continues(ts, *bounds); }

  /// Adds an event; its `touch`, if any, counts as of `ts`.
  void add(std::int64_t ts, const channels::touch* touch, std::optional<std::string_view> page,
           bool converted);
  /// Adds the sessions of a trail of the same rule.
  void merge(const trail_view& trail);
  void write(std::pmr::memory_resource* memory, wire::writer& out) const;

 private:
  /// Joins sessions that refer to `words_`.
  struct joiner {
    const word_list* words;
    void operator()(session_record& whole, const session_record& piece) const;
  };

  struct destroyer {
    std::pmr::memory_resource* memory;
    void operator()(word_list* words) const {
      std::pmr::polymorphic_allocator<>(memory).delete_object(words);
    }
  };

  word_list& words();
  dictionary dictionary_view() const { return words_ == nullptr ? dictionary{} : words_->view(); }
  /// Adds a session whose numbers are those of `foreign`.
  void put(session_record piece, const dictionary& foreign);
  void put(const session_record& piece);
  /// Renumbers what `list` refers to in `foreign`.
  void adopt(session_record& piece, const dictionary& foreign);
  /// Frees the texts that earlier events have made obsolete.
  void drop_unused_words();

  session_list<session_record> list_;
  std::unique_ptr<word_list, destroyer> words_;  // made when first needed
  std::size_t many_words_ = 64;                  // so many, and it is time to look for unused ones
};

}  // namespace journey::sessions
