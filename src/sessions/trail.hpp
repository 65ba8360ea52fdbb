// A trail: the sessions of one visitor as one compact value.
//
// The stored form, after the varlena header. A varint is LEB128; a number of a text, touch or session counts
// from 1, and 0 means none.
//
//   byte     version (low 4 bits, now 1), unit of the timeout (2 bits), inclusive, day_boundary
//   byte     unit of times (2 bits), then whether any session has more than one event, a touch, a page, a
//            conversion; the two highest bits are 0
//   varint   the timeout, in its unit
//   text     the time zone of the day boundary, where there is one (a text is its length and its bytes)
//   varint   number of sessions
//   then, where any session has a touch or a page,
//     varint   bytes of the dictionary, which is
//       varint   number of texts, and the texts
//       varint   number of touches, and each touch: varint, bit i set where text i of channels::touch is not
//                NULL, and for each bit set a varint, the number of the text (absent where no session has
//                one)
//   then each session
//     varint   its start since the end of the session before; of the first, signed, since 2000-01-01 UTC
//     varint   its end since its start
//     varint   its events - 1, where any session has more than one
//     varint   its first touch, where any session has one: 0; or 1 + 6 (n - 1) + 2 kind + later for touch n,
//              where kind is 0 for one that is not direct, 1 for a direct one, 2 for a direct one before one
//              that is not, and later is 1 where it is not at the start
//     varint   where it is later, its time since the start
//     varint,  where the kind is 2, the touch that is not direct: its number, and its time since the first
//     varint
//     varint   its events with a page, where any session has one, and for one or more
//       varint   its landing page: 6 (n - 1) + 2 class + away for text n, where class is that of its event,
//                and away is 1 where that is not at the start
//       varint   where it is away, its time since the start
//       varint   for two or more events with a page, its exit page likewise, away where it is not at the end
//       varint   where it is away, its time before the end
//     varint   its conversions, and for one or more a varint, the first since the start; where any has one
//
// A unit is 0 for 1 us, 1 for 1 ms, 2 for 1 s, 3 for 1 min: the largest in which all is a whole number. Texts
// and touches are numbered in the order in which the sessions first use them: touches, landing page, exit
// page. So the same sessions under the same rule always have the same bytes. A session with one event takes
// about 4 bytes, one with several 6 to 8, and one with a touch and pages 10 to 12, beside its distinct texts.
#pragma once

#include <array>
#include <cstdint>
#include <iterator>
#include <limits>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "channels/touch.hpp"
#include "base/interrupts.hpp"
#include "sessions/session_list.hpp"

namespace journey::sessions {

/// The finite times of the server's clock, in microseconds since 2000-01-01 UTC.
inline constexpr std::int64_t earliest_time = -211813488000000000;
inline constexpr std::int64_t latest_time = 9223371331200000000 - 1;

/// How an event came, by its touch: the order of events at one instant.
enum class event_class : std::uint8_t { non_direct, direct, untouched };

/// A page, as of the event that has it.
struct page_visit {
  std::int64_t at;
  event_class by;
  std::string_view page;
};

/// One session, its texts views into the trail.
struct session {
  std::int64_t number = 0;  // from 1
  std::int64_t started_at = 0;
  std::int64_t ended_at = 0;
  std::int64_t events = 0;
  std::int64_t pages = 0;  // events with a page
  std::int64_t conversions = 0;
  std::optional<std::int64_t> converted_at{};   // the first of the conversions
  std::optional<page_visit> landing{};          // of the earliest event with a page
  std::optional<page_visit> exit{};             // of the latest
  std::optional<channels::touch> direct{};      // its earliest direct touch, where no other is as early
  std::optional<channels::touch> non_direct{};  // its earliest touch that is not direct

  /// Its touch as of a time: the one that is not direct, if that lies no later, else the earliest.
  const channels::touch* touch(std::int64_t before = std::numeric_limits<std::int64_t>::max()) const {
    for (const auto* each : {&non_direct, &direct})
      if (*each && (*each)->touched_at <= before) return &**each;
    return nullptr;
  }
};

/// The times of one session, or of a piece of one.
struct session_span {
  std::int64_t started_at = 0;
  std::int64_t ended_at = 0;
  std::int64_t events = 0;
};

/// A page, by its number in a dictionary; 0: none.
struct page_mark {
  std::int64_t at = 0;
  std::uint32_t page = 0;
  event_class by = event_class::non_direct;

  bool operator==(const page_mark&) const = default;
};

/// A touch, by its number in a dictionary; 0: none.
struct touch_mark {
  std::int64_t at = 0;
  std::uint32_t touch = 0;
};

/// One session with its texts and touches as numbers in a dictionary.
struct session_record : session_span {
  std::int64_t pages = 0;
  std::int64_t conversions = 0;
  std::int64_t converted_at = 0;  // where there are conversions
  page_mark landing;
  page_mark exit;
  touch_mark direct;  // only where earlier than `non_direct`
  touch_mark non_direct;

  /// As session::touch.
  const touch_mark* touch(std::int64_t before = std::numeric_limits<std::int64_t>::max()) const {
    for (const touch_mark* each : {&non_direct, &direct})
      if (each->touch != 0 && each->at <= before) return each;
    return nullptr;
  }
};

/// The texts of a touch, each as a number in a dictionary.
using touch_numbers = std::array<std::uint32_t, channels::touch_texts>;

/// The texts and touches that session records number. A number that is not there is an error.
struct dictionary {
  std::span<const std::string_view> texts;
  std::span<const touch_numbers> touches;

  std::string_view text(std::uint32_t number) const;
  channels::touch touch(const touch_mark& mark) const;
};

/// Reads the stored bytes of a trail, which must outlive it. Each read is checked against the bytes' end, so
/// damaged bytes give an error at worst; `check_trail` tells whether bytes are a trail at all.
class trail_view {
 public:
  trail_view(std::string_view bytes, std::pmr::memory_resource* memory);
  trail_view(const trail_view&) = delete;
  trail_view& operator=(const trail_view&) = delete;

  std::string_view bytes() const { return bytes_; }
  const session_rule& rule() const { return rule_; }
  std::size_t session_count() const { return session_count_; }
  bool has_touches() const;

  /// The texts and touches, read at first use.
  const dictionary& words() const;

  /// Runs over the records of the sessions in order of time.
  class cursor {
   public:
    explicit cursor(const trail_view& trail)
        : trail_(&trail), rest_(trail.rest_), left_(trail.session_count_) {}
    /// The next session, or null after the last.
    const session_record* next();

   private:
    std::int64_t after(std::int64_t time);
    std::int64_t count(std::int64_t least);
    std::uint32_t number(std::uint64_t from_zero, const char* missing) const;
    void read_touches();
    void read_pages();

    const trail_view* trail_;
    wire::reader rest_;
    std::size_t left_;
    bool first_ = true;
    session_record record_;
  };

  /// The session of a record, with its texts.
  session resolve(const session_record& record, std::int64_t number) const;

  class iterator {
   public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = session;
    using difference_type = std::ptrdiff_t;

    explicit iterator(const trail_view& trail) : trail_(&trail), cursor_(trail) { ++*this; }
    const session& operator*() const { return session_; }
    const session* operator->() const { return &session_; }
    iterator& operator++() {
      const session_record* record = cursor_.next();
      done_ = record == nullptr;
      if (!done_) session_ = trail_->resolve(*record, session_.number + 1);
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return done_; }

   private:
    const trail_view* trail_;
    cursor cursor_;
    session session_;
    bool done_ = false;
  };

  /// The sessions in order of time.
  iterator begin() const { return iterator(*this); }
  std::default_sentinel_t end() const { return {}; }

 private:
  std::string_view bytes_;
  session_rule rule_;
  unsigned unit_ = 0;  // of times
  unsigned has_ = 0;   // what the sessions have, beside their times
  std::size_t session_count_ = 0;
  wire::reader rest_;  // the sessions
  wire::reader words_bytes_;
  mutable bool words_read_ = false;
  mutable dictionary words_;
  mutable std::pmr::vector<std::string_view> texts_;
  mutable std::pmr::vector<touch_numbers> touches_;
};

/// Throws an error: no trail holds more than 2^63 - 1 events.
[[noreturn]] void too_many_events();

/// Writes the trail of `sessions`, which are numbered by `words`, whose texts and touches are distinct; those
/// that no session uses are left out. `Session` is a session_record, or a session_span where there is no
/// more.
template <class Session>
void write_trail(const session_rule& rule, const session_sequence<Session>& sessions, const dictionary& words,
                 std::pmr::memory_resource* memory, wire::writer& out);

/// Throws, with the given SQLSTATE, unless events can have made these sessions under this rule.
void check_sessions(const session_rule& rule, std::span<const session_record> sessions,
                    const dictionary& words, const char* sqlstate);

/// Throws unless `bytes` are exactly what `write_trail` makes of possible sessions. For bytes from outside.
void check_trail(std::string_view bytes, std::pmr::memory_resource* memory);

}  // namespace journey::sessions
