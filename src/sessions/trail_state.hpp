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
  explicit word_list(std::pmr::memory_resource* memory)
      : texts_(memory), touches_(memory), open_text_(memory) {}
  word_list(const word_list&) = delete;
  word_list& operator=(const word_list&) = delete;
  ~word_list();

  std::uint32_t text(std::string_view text);
  std::uint32_t touch(const channels::touch& touch);
  dictionary view() const { return {texts_.items, touches_.items}; }

  /// A text that is not numbered, and may be replaced at any time: cheap to set for each event.
  static constexpr std::uint32_t open = UINT32_MAX;
  void set_open_text(std::string_view text) { open_text_ = text; }
  /// The text of a number, or the open one.
  std::string_view operator[](std::uint32_t number) const {
    return number == open ? std::string_view(open_text_) : texts_.items[number - 1];
  }
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
  std::pmr::string open_text_;
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

/// An event with what it has beside its time. Its touch and its page are only looked at where the state says
/// that they can matter.
struct trail_event {
  std::int64_t ts;
  event_class by = event_class::untouched;
  const channels::touch* touch = nullptr;  // counts as of `ts`
  std::optional<std::string_view> page{};
  bool converted = false;
};

/// The trail in the making of events with touches, pages and conversions.
class trail_state {
 public:
  trail_state(std::pmr::memory_resource* memory, const trail_rule& rule)
      : memory_(memory), list_(rule), words_(nullptr, {memory}) {}

  const trail_rule& rule() const { return list_.rule(); }

  /// Whether any touch of an event at `ts` can matter: most don't, and need not be read.
  bool needs_touches(std::int64_t ts) const {
    const session_record& last = list_.last();
    return !list_.continues(ts) || last.non_direct.touch == 0 || ts <= last.non_direct.at;
  }
  /// Whether one of this class can.
  bool needs_touch(std::int64_t ts, event_class by) const {
    const touch_mark& known = list_.last().direct;
    return needs_touches(ts) &&
           (by == event_class::non_direct || !list_.continues(ts) || known.touch == 0 || ts <= known.at);
  }
  /// Whether the page of an event at `ts` can matter.
  bool needs_page(std::int64_t ts) const {
    const session_record& last = list_.last();
    return !list_.continues(ts) || last.landing.page == 0 || ts <= last.landing.at || ts >= last.exit.at;
  }

  void add(const trail_event& event);
  /// Adds the sessions of a trail of the same rule.
  void merge(const trail_view& trail);
  /// Writes the trail; events and trails may follow.
  void write(std::pmr::memory_resource* scratch, wire::writer& out);

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
  /// Numbers the latest exit page.
  void settle();
  dictionary dictionary_view() const { return words_ == nullptr ? dictionary{} : words_->view(); }
  void put(const session_record& piece);
  /// Renumbers what `list` refers to in `foreign`.
  void adopt(session_record& piece, const dictionary& foreign);
  /// Frees the texts that earlier events have made obsolete.
  void drop_unused_words();

  std::pmr::memory_resource* memory_;
  session_list<session_record> list_;            // the exit page of the latest session may be the open text
  std::unique_ptr<word_list, destroyer> words_;  // made when first needed
  std::size_t many_words_ = 64;                  // so many, and it is time to look for unused ones
};

}  // namespace journey::sessions
