// The sessions of one visitor while their events arrive, in any order.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "sessions/session_list.hpp"
#include "sessions/trail.hpp"

namespace journey::sessions {

/// Items numbered from 1 in the order in which they come, each once. Small, and found by few looks at memory,
/// since a query may keep millions; whoever owns it says where its memory is.
template <class Item>
class numbered_set {
 public:
  std::span<const Item> items() const { return items_.items(); }

  /// The number of an item; a new one is kept as `keep(item)`.
  template <class Keep>
  std::uint32_t number(const Item& item, Keep keep, std::pmr::memory_resource* memory) {
    if (4 * items_.size() >= 3 * slots_.size()) grow(memory);
    auto* bytes = reinterpret_cast<const char*>(std::data(item));
    std::size_t long_hash =
        std::hash<std::string_view>{}({bytes, std::size(item) * sizeof(*std::data(item))});
    auto hash = static_cast<std::uint32_t>(long_hash);
    slot& found = find(hash, [&](std::uint32_t number) { return items_[number - 1] == item; });
    if (found.number == 0) {
      items_.push_back(keep(item), memory);
      found = {hash, static_cast<std::uint32_t>(items_.size())};
    }
    return found.number;
  }

  void release(std::pmr::memory_resource* memory) {
    items_.release(memory);
    slots_.release(memory);
  }

 private:
  struct slot {
    std::uint32_t hash;
    std::uint32_t number;  // 0: free
  };

  /// The slot with this hash whose number is `wanted`, or else the one where it belongs.
  template <class Wanted>
  slot& find(std::uint32_t hash, Wanted wanted) {
    std::size_t at = hash;
    for (;; ++at) {
      slot& each = slots_[at & (slots_.size() - 1)];
      if (each.number == 0 || (each.hash == hash && wanted(each.number))) return each;
    }
  }

  void grow(std::pmr::memory_resource* memory) {
    auto old = slots_;
    slots_ = {};
    slots_.resize(std::max(std::size_t{8}, 2 * old.size()), memory);
    for (const slot& each : old.items())
      if (each.number != 0) find(each.hash, [](std::uint32_t) { return false; }) = each;
    old.release(memory);
  }

  compact_vector<Item> items_;
  compact_vector<slot> slots_;  // a power of two, a quarter of which is free
};

/// Bytes one after another, behind this.
struct chunk {
  chunk* before;
  std::size_t size;  // with this

  char* bytes() { return reinterpret_cast<char*>(this + 1); }
};

/// A new chunk of `size`, before which come those of `chunks`.
inline void add_chunk(chunk*& chunks, std::size_t size, std::pmr::memory_resource* memory) {
  chunks = new (memory->allocate(size, alignof(chunk))) chunk{chunks, size};
}

inline void release_chunks(chunk*& chunks, std::pmr::memory_resource* memory) {
  while (chunks != nullptr) {
    chunk* latest = std::exchange(chunks, chunks->before);
    memory->deallocate(latest, latest->size, alignof(chunk));
  }
}

/// Texts and touches, each kept once and numbered from 1.
class word_list {
 public:
  explicit word_list(std::pmr::memory_resource* memory) : open_text_(memory) {}
  word_list(const word_list&) = delete;
  word_list& operator=(const word_list&) = delete;
  ~word_list();

  std::uint32_t text(std::string_view text);
  std::uint32_t touch(const channels::touch& touch);
  dictionary view() const { return {texts_.items(), touches_.items()}; }

  /// A text that is not numbered, and may be replaced at any time: cheap to set for each event.
  static constexpr std::uint32_t open = UINT32_MAX;
  void set_open_text(std::string_view text) { open_text_ = text; }
  /// The text of a number, or the open one.
  std::string_view operator[](std::uint32_t number) const {
    return number == open ? std::string_view(open_text_) : texts_.items()[number - 1];
  }
  std::size_t size() const { return texts_.items().size() + touches_.items().size(); }

 private:
  std::pmr::memory_resource* memory() const { return open_text_.get_allocator().resource(); }
  std::string_view copy(std::string_view text);

  numbered_set<std::string_view> texts_;
  numbered_set<touch_numbers> touches_;
  chunk* chunks_ = nullptr;  // of texts
  std::size_t room_ = 0;     // at the end of the latest chunk
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
  /// As `merge`, but trails that are few and small stay as they are until the whole is written, in a fraction
  /// of the memory that their sessions take in a state.
  void keep(const trail_view& trail);
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
  chunk* kept_ = nullptr;                        // trails, each in a chunk of its own
  std::size_t kept_bytes_ = 0;
  std::size_t many_words_ = 64;  // so many, and it is time to look for unused ones
};

}  // namespace journey::sessions
