#include "world.hpp"

namespace generate {
namespace {

constexpr microseconds year = 365 * day;

// Measured over a simulated year; so that the year is about over when the shop has its events.
constexpr std::int64_t events_per_newcomer = 16;

// In the order of `arrival`, from google_ads on.
constexpr std::array newcomers_by = {16, 12, 5, 13, 7, 1, 4, 21, 3, 6, 5, 2, 5};
constexpr std::array regulars_by = {5, 3, 1, 4, 4, 22, 2, 15, 2, 1, 3, 1, 37};
constexpr std::array sign_ups_per_mille = {95, 80, 70, 35, 30, 150, 110, 90, 80, 120, 160, 150, 100};

constexpr std::array places = {page::home, page::bikes, page::bikes, page::duet, page::trio, page::guide};

constexpr std::size_t tablet = 2;
constexpr std::array visits_by_device = {60, 30, 10};

template <std::size_t N>
arrival pick_arrival(dice& luck, const std::array<int, N>& weights) {
  return static_cast<arrival>(luck.pick_weighted(weights) + 1);
}

/// Between two clicks: now and then a session's timeout to the microsecond, or a coffee longer than that.
microseconds pause(dice& luck) {
  if (luck.chance(5)) return timeout;
  if (luck.chance(15)) return luck.between(timeout + 1, 2 * hour);
  return luck.skewed(3 * second, 15 * minute);
}

}  // namespace

struct world::visit {
  person& who;
  microseconds at;
  bool logged_in;
  std::optional<page> last = {};
};

world::world(std::uint64_t seed, std::int64_t events, sink& out)
    : seed_(mix(seed)), wanted_(events), out_(out), newcomers_(mix(seed_)) {
  newcomer_every_ =
      year * events_per_newcomer / (wanted_ < events_per_newcomer ? events_per_newcomer : wanted_);
}

void world::run() {
  while (events_ < wanted_) {
    if (coming_back_.empty() || next_newcomer_ <= coming_back_.top().next_visit) {
      out_.time_is(next_newcomer_);
      meet_newcomer();
    } else {
      person who = coming_back_.top();
      coming_back_.pop();
      out_.time_is(who.next_visit);
      come(who, pick_arrival(who.luck, regulars_by));
    }
  }
  for (; !coming_back_.empty(); coming_back_.pop()) {
    person who = coming_back_.top();
    close_session(who);
  }
}

void world::meet_newcomer() {
  person who{people_, dice(mix(seed_, static_cast<std::uint64_t>(people_))), next_newcomer_};
  ++people_;
  if (shares_tablet(who) && who.luck.chance(500)) who.device = tablet;
  next_newcomer_ += newcomers_.between(0, 2 * newcomer_every_);
  come(who, pick_arrival(who.luck, newcomers_by));
}

void world::come(person& who, arrival came_by) {
  dice& luck = who.luck;
  if (luck.chance(30)) forget_cookies(who);
  visit now{who, who.next_visit, who.member && luck.chance(600)};
  view(now, came_by == arrival::blog ? page::guide : luck.pick(places), came_by);

  const std::int64_t clicks = luck.skewed(0, 22);
  for (std::int64_t click = 0; click < clicks && events_ < wanted_; ++click) {
    now.at += pause(luck);
    const page shown = luck.pick(places);
    view(now, shown, luck.chance(8) ? pick_arrival(luck, newcomers_by) : arrival::none);  // a click on an ad
    if (who.member && !now.logged_in && luck.chance(120)) log_in(now, page::account, "Logged In");
  }
  const int persuasion =
      sign_ups_per_mille[static_cast<std::size_t>(came_by) - 1] * (shares_tablet(who) ? 2 : 1);
  if (!who.member && clicks > 0 && luck.chance(persuasion)) {
    who.member = true;
    log_in(now, page::signup, "Signed Up");
  }
  if (now.logged_in && luck.chance(350)) order(now);

  if (luck.chance(who.member ? 850 : 520)) {
    plan_next_visit(now);
    coming_back_.push(who);
  } else {
    close_session(who);
  }
}

void world::plan_next_visit(visit& now) {
  dice& luck = now.who.luck;
  if (luck.chance(100)) {  // from one device to the other in the same half hour or so
    now.who.device = (now.who.device + 1) % most_devices;
    now.who.next_visit = now.at + luck.between(minute, hour);
  } else {
    if (luck.chance(350)) now.who.device = luck.pick_weighted(visits_by_device);
    now.who.next_visit = now.at + luck.skewed(2 * hour, 60 * day);
  }
}

void world::forget_cookies(person& who) {
  if (shares_tablet(who) && who.device == tablet) return;
  ++who.cookie[who.device];
  who.known[who.device] = false;
}

void world::view(visit& now, page shown, arrival came_by) {
  log(now, {.name = "Page Viewed",
            .device = device_id(now.who),
            .shown = shown,
            .from = came_by == arrival::none ? now.last : std::nullopt,
            .came_by = came_by});
  now.last = shown;
}

void world::log_in(visit& now, page shown, const char* name) {
  now.at += now.who.luck.skewed(5 * second, 3 * minute);
  view(now, shown, arrival::none);
  now.at += now.who.luck.skewed(5 * second, 3 * minute);
  now.logged_in = true;
  log(now, {.name = name, .device = device_id(now.who), .shown = shown, .from = now.last});
}

void world::order(visit& now) {
  dice& luck = now.who.luck;
  now.at += luck.skewed(20 * second, 10 * minute);
  view(now, page::cart, arrival::none);
  now.at += luck.skewed(20 * second, 10 * minute);
  view(now, page::checkout, arrival::none);
  log(now, {.name = "Order Completed"});  // the shop's own server says so: no device, no page

  const payment row{++orders_, now.who.number, now.at, luck.skewed(1500, 240000), luck.chance(50)};
  out_.paid(row);
  if (luck.chance(10)) out_.paid(row);  // the payment provider repeats itself
}

void world::log(visit& now, event row) {
  dice& luck = now.who.luck;
  row.number = static_cast<std::uint64_t>(events_);
  row.ts = now.at;
  if (now.logged_in) row.user = now.who.number;
  row.received_at = now.at + luck.skewed(20 * millisecond, 4 * second);

  // What goes wrong in every log: no time, no ids, a phone without a network, and what arrives twice.
  if (luck.chance(2)) row.ts.reset();
  if (luck.chance(1)) {
    row.device.reset();
    row.user.reset();
  }
  if (luck.chance(10)) row.received_at += luck.skewed(10 * minute, 3 * day);
  const bool twice = luck.chance(15);

  ++events_;
  out_.seen(row);
  tell_truth(now.who, row);
  if (twice) {
    ++events_;
    row.received_at += luck.skewed(second, 2 * hour);
    out_.seen(row);
  }
}

/// An event that has a time and an id belongs to a session, and shows that the id is this person's.
void world::tell_truth(person& who, const event& row) {
  if (!row.ts || (!row.device && !row.user)) return;
  if (row.device && !who.known[who.device]) {
    who.known[who.device] = true;
    out_.device_of(who.number, *row.device);
  }
  if (row.user && !who.user_known) {
    who.user_known = true;
    out_.user_of(who.number, *row.user);
  }
  if (who.open.events > 0 && *row.ts - who.open.ended_at > timeout) close_session(who);
  if (who.open.events == 0) who.open.started_at = *row.ts;
  who.open.ended_at = *row.ts;
  ++who.open.events;
}

void world::close_session(person& who) {
  if (who.open.events > 0) out_.session_of(who.number, who.open);
  who.open = {};
}

std::uint64_t world::device_id(const person& who) const {
  const bool shared = who.device == tablet && shares_tablet(who);
  const auto owner = static_cast<std::uint64_t>(shared ? -1 - who.number / 2 : who.number);
  return mix(mix(seed_, owner), who.device * 256 + who.cookie[who.device]);
}

/// Neighbours in number make a household; some households have one tablet between them.
bool world::shares_tablet(const person& who) const {
  return mix(~seed_, static_cast<std::uint64_t>(who.number / 2)) % 100 < 20;
}

}  // namespace generate
