// A made-up shop for tandem bicycles and the people who visit it. The world is simulated visit by visit in
// the order of time and handed to a sink as it happens; memory holds the people who may come again, never the
// events.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <queue>
#include <vector>

#include "dice.hpp"

namespace generate {

using microseconds = std::int64_t;  // since 1970-01-01 00:00:00 UTC
inline constexpr microseconds millisecond = 1000;
inline constexpr microseconds second = 1000 * millisecond;
inline constexpr microseconds minute = 60 * second;
inline constexpr microseconds hour = 60 * minute;
inline constexpr microseconds day = 24 * hour;

inline constexpr microseconds first_day = 20089 * day;  // 2025-01-01
inline constexpr microseconds timeout = 30 * minute;    // of the true sessions

/// How somebody came to the shop.
enum class arrival {
  none,  // a move within the shop
  google_ads,
  google_ads_autotagged,
  bing_ads,
  facebook_ads,
  facebook,
  newsletter,
  affiliate,
  google,
  duckduckgo,
  blog,
  chatgpt,
  perplexity,
  direct,
};

enum class page { home, bikes, duet, trio, guide, cart, checkout, signup, account };

/// A row of the shop's log. A page that is absent stands for a message from the shop's own server.
struct event {
  std::uint64_t number = 0;
  const char* name = nullptr;
  std::optional<microseconds> ts = {};
  microseconds received_at = 0;
  std::optional<std::uint64_t> device = {};
  std::optional<std::int64_t> user = {};
  std::optional<page> shown = {};
  std::optional<page> from = {};
  arrival came_by = arrival::none;
};

struct payment {
  std::uint64_t order;
  std::int64_t user;
  microseconds paid_at;
  std::int64_t cents;
  bool refunded;
};

struct session {
  microseconds started_at = 0;
  microseconds ended_at = 0;
  std::int64_t events = 0;
};

/// What happens in the world. Events and payments are what the shop sees; the rest is the truth behind them.
struct sink {
  virtual ~sink() = default;
  virtual void time_is(microseconds now) = 0;  // whatever is still to come happens later
  virtual void seen(const event& row) = 0;
  virtual void paid(const payment& row) = 0;
  virtual void device_of(std::int64_t person, std::uint64_t device) = 0;
  virtual void user_of(std::int64_t person, std::int64_t user) = 0;
  virtual void session_of(std::int64_t person, const session& row) = 0;
};

class world {
 public:
  world(std::uint64_t seed, std::int64_t events, sink& out);

  /// Lets time pass until the shop has its events.
  void run();

 private:
  static constexpr std::size_t most_devices = 3;  // phone, laptop, tablet; households share the tablet

  struct person {
    std::int64_t number;
    dice luck;
    microseconds next_visit;
    session open = {};
    std::array<std::uint8_t, most_devices> cookie = {};  // how often each device's cookies were deleted
    std::array<bool, most_devices> known = {};           // the truth has been told of each device's cookie
    bool user_known = false;                             // and of the user id
    bool member = false;                                 // has an account
    std::size_t device = 0;

    bool operator>(const person& other) const {
      return next_visit != other.next_visit ? next_visit > other.next_visit : number > other.number;
    }
  };

  struct visit;

  void meet_newcomer();
  void come(person& who, arrival came_by);
  void plan_next_visit(visit& now);
  void forget_cookies(person& who);

  void view(visit& now, page shown, arrival came_by);
  void log_in(visit& now, page shown, const char* name);
  void order(visit& now);
  void log(visit& now, event row);

  void tell_truth(person& who, const event& row);
  void close_session(person& who);

  std::uint64_t device_id(const person& who) const;
  bool shares_tablet(const person& who) const;

  std::uint64_t seed_;
  std::int64_t wanted_;
  sink& out_;
  microseconds newcomer_every_;
  microseconds next_newcomer_ = first_day;
  dice newcomers_;
  std::int64_t people_ = 0;
  std::int64_t events_ = 0;
  std::uint64_t orders_ = 0;
  std::priority_queue<person, std::vector<person>, std::greater<>> coming_back_;
};

}  // namespace generate
