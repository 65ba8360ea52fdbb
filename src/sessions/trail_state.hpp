// The sessions of one visitor while their events arrive, in any order.
#pragma once

#include <memory>

#include "base/hash_map.hpp"
#include "sessions/session_list.hpp"
#include "sessions/trail.hpp"

namespace journey::sessions {

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
  explicit plain_trail_state(const trail_rule& rule) : list_(rule) {}

  const trail_rule& rule() const { return list_.rule(); }
  /// `memory` must be the same at each call.
  void add(std::int64_t ts, std::pmr::memory_resource* memory) { list_.put({ts, ts, 1}, join_spans, memory); }
  /// Adds the times of a trail of the same rule.
  void merge(const trail_view& trail, std::pmr::memory_resource* memory);
  void write(std::pmr::memory_resource* scratch, wire::writer& out) const;

 private:
  session_list<session_span> list_;
};

/// The trail in the making of events with touches, pages and conversions.
class trail_state {
 public:
  trail_state(std::pmr::memory_resource* memory, const trail_rule& rule)
      : list_(rule), words_(nullptr, {memory}) {}

  const trail_rule& rule() const { return list_.rule(); }
  /// Whether the touch, or the page, of an event at `ts` can matter: most don't, and need not be read.
  bool needs_touch(std::int64_t ts) const {
    return !list_.continues(ts) || list_.last().touch == 0 || ts <= list_.last().touched_at;
  }
  bool needs_page(std::int64_t ts) const { return !list_.continues(ts); }

  /// Adds an event; its `touch`, if any, counts as of `ts`.
  void add(std::int64_t ts, const channels::touch* touch, std::optional<std::string_view> page,
           bool converted);
  /// Adds the sessions of a trail of the same rule.
  void merge(const trail_view& trail);
  void write(std::pmr::memory_resource* scratch, wire::writer& out) const;

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
