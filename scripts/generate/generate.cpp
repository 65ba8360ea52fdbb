// generate TABLE [--events N] [--seed S]
//
// Writes one table of the made-up shop as COPY text: `tracks` (its log, in the order of arrival), `payments`,
// and the truth behind them: `aliases` (whose each id is) and `sessions` (of each person). The same N and S
// always give the same world, so each table can be had in a run of its own.

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>
#include <queue>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "world.hpp"

namespace generate {
namespace {

constexpr std::array<std::string_view, 9> page_paths = {
    "/",     "/bikes",    "/bikes/duet-7", "/bikes/trio-9", "/guides/choosing-a-tandem",
    "/cart", "/checkout", "/signup",       "/account"};
constexpr std::string_view shop = "https://www.tandem.example";

struct way_in {
  std::string_view referrer;
  std::string_view source;
  std::string_view medium;
  std::string_view click_id;
};
// In the order of `arrival`.
constexpr std::array<way_in, 14> ways_in = {{
    {"", "", "", ""},
    {"https://www.google.com/", "google", "cpc", "gclid"},
    {"https://www.google.com/", "", "", "gclid"},
    {"https://www.bing.com/", "bing", "cpc", "msclkid"},
    {"https://l.facebook.com/", "facebook", "paid_social", "fbclid"},
    {"https://m.facebook.com/", "", "", "fbclid"},
    {"", "newsletter", "email", ""},
    {"https://www.wheels-of-fortune.example/deals", "wheels-of-fortune", "affiliate", ""},
    {"https://www.google.com/", "", "", ""},
    {"https://duckduckgo.com/", "", "", ""},
    {"https://twowheels.example/blog/ten-tandems", "", "", ""},
    {"https://chatgpt.com/", "chatgpt.com", "", ""},
    {"https://www.perplexity.ai/", "", "", ""},
    {"", "", "", ""},
}};

/// A line of COPY text under construction.
class line {
 public:
  line& null() { return put("\\N\t"); }
  line& text(std::string_view value) { return put(value).put("\t"); }
  line& number(std::int64_t value) { return digits(value).put("\t"); }
  line& boolean(bool value) { return put(value ? "t\t" : "f\t"); }

  line& time(microseconds value) {
    const std::chrono::sys_days midnight{std::chrono::days{value / day}};
    const std::chrono::year_month_day date{midnight};
    const microseconds rest = value % day;
    digits(int{date.year()})
        .put("-")
        .digits(unsigned{date.month()}, 2)
        .put("-")
        .digits(unsigned{date.day()}, 2);
    put(" ")
        .digits(rest / hour, 2)
        .put(":")
        .digits(rest / minute % 60, 2)
        .put(":")
        .digits(rest / second % 60, 2);
    return put(".").digits(rest % second, 6).put("+00\t");
  }

  line& uuid(std::uint64_t high, std::uint64_t low) {
    hex(high >> 32, 8).put("-").hex(high >> 16, 4).put("-").hex(high, 4).put("-").hex(low >> 48, 4).put("-");
    return hex(low, 12).put("\t");
  }

  line& user(std::int64_t number) { return put("user-").digits(number + 1).put("\t"); }
  line& device(std::uint64_t id) { return uuid(id, mix(id)); }
  line& money(std::int64_t cents) { return digits(cents / 100).put(".").digits(cents % 100, 2).put("\t"); }

  line& put(std::string_view value) {
    text_.append(value);
    return *this;
  }
  line& digits(std::int64_t value, std::size_t width = 1) {
    std::array<char, 20> buffer;
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    const auto length = static_cast<std::size_t>(end - buffer.data());
    if (length < width) text_.append(width - length, '0');
    text_.append(buffer.data(), length);
    return *this;
  }
  line& hex(std::uint64_t value, int width) {
    for (int shift = 4 * (width - 1); shift >= 0; shift -= 4)
      text_ += "0123456789abcdef"[(value >> shift) & 15];
    return *this;
  }

  /// The whole line; the last tab becomes its end.
  std::string_view finish() {
    text_.back() = '\n';
    return text_;
  }

 private:
  std::string text_;
};

/// The address that an event shows: where somebody comes from outside, with the marks that the way in leaves.
void put_url(line& to, const event& row) {
  if (!row.shown) {
    to.null();
    return;
  }
  to.put(shop).put(page_paths[static_cast<std::size_t>(*row.shown)]);
  const way_in& way = ways_in[static_cast<std::size_t>(row.came_by)];
  const char* joint = "?";
  const auto mark = [&](std::string_view name) -> line& {
    to.put(joint).put(name).put("=");
    joint = "&";
    return to;
  };
  if (!way.source.empty()) mark("utm_source").put(way.source);
  if (!way.medium.empty()) {
    constexpr std::array<std::string_view, 4> campaigns = {"winter_warmers", "spring_sale", "summer_tour",
                                                           "autumn_fair"};
    mark("utm_medium").put(way.medium);
    mark("utm_campaign")
        .put(campaigns[static_cast<std::size_t>((row.received_at - first_day) / (92 * day) % 4)]);
  }
  if (!way.click_id.empty()) mark(way.click_id).hex(mix(row.number), 16);
  to.put("\t");
}

void put_referrer(line& to, const event& row) {
  const way_in& way = ways_in[static_cast<std::size_t>(row.came_by)];
  if (!way.referrer.empty()) {
    to.text(way.referrer);
  } else if (row.from) {
    to.put(shop).text(page_paths[static_cast<std::size_t>(*row.from)]);
  } else {
    to.null();
  }
}

void write(line& row) {
  const std::string_view text = row.finish();
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) {
    std::perror("generate");
    std::exit(1);
  }
}

/// The tables by default leave out whatever they are not about.
struct table : sink {
  void time_is(microseconds) override {}
  void seen(const event&) override {}
  void paid(const payment&) override {}
  void device_of(std::int64_t, std::uint64_t) override {}
  void user_of(std::int64_t, std::int64_t) override {}
  void session_of(std::int64_t, const session&) override {}
  virtual void finish() {}
};

/// In the order of arrival: an event under way waits until nothing can arrive before it any more.
struct tracks final : table {
  void time_is(microseconds now) override {
    for (; !under_way_.empty() && under_way_.top().received_at < now; under_way_.pop())
      write_out(under_way_.top());
  }
  void seen(const event& row) override { under_way_.push(row); }
  void finish() override { time_is(std::numeric_limits<microseconds>::max()); }

 private:
  static void write_out(const event& row) {
    line to;
    to.uuid(mix(row.number), mix(~row.number));
    row.device ? to.device(*row.device) : to.null();
    row.user ? to.user(*row.user) : to.null();
    to.text(row.name);
    row.ts ? to.time(*row.ts) : to.null();
    to.time(row.received_at);
    put_url(to, row);
    put_referrer(to, row);
    write(to);
  }

  struct later {
    bool operator()(const event& left, const event& right) const {
      return std::pair(left.received_at, left.number) > std::pair(right.received_at, right.number);
    }
  };
  std::priority_queue<event, std::vector<event>, later> under_way_;
};

struct payments final : table {
  void paid(const payment& row) override {
    line to;
    to.put("order-").number(static_cast<std::int64_t>(row.order)).user(row.user).time(row.paid_at);
    to.money(row.cents).boolean(row.refunded);
    write(to);
  }
};

struct aliases final : table {
  void device_of(std::int64_t person, std::uint64_t device) override {
    line to;
    to.device(device).boolean(false).number(person + 1);
    write(to);
  }
  void user_of(std::int64_t person, std::int64_t user) override {
    line to;
    to.user(user).boolean(true).number(person + 1);
    write(to);
  }
};

struct sessions final : table {
  void session_of(std::int64_t person, const session& row) override {
    line to;
    to.number(person + 1).time(row.started_at).time(row.ended_at).number(row.events);
    write(to);
  }
};

[[noreturn]] void explain() {
  std::fputs("usage: generate tracks|payments|aliases|sessions [--events N] [--seed S]\n", stderr);
  std::exit(2);
}

template <class Number>
Number read_number(std::string_view text) {
  Number value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) explain();
  return value;
}

std::unique_ptr<table> choose(std::string_view name) {
  if (name == "tracks") return std::make_unique<tracks>();
  if (name == "payments") return std::make_unique<payments>();
  if (name == "aliases") return std::make_unique<aliases>();
  if (name == "sessions") return std::make_unique<sessions>();
  explain();
}

}  // namespace
}  // namespace generate

int main(int count, char** arguments) {
  using namespace generate;
  std::uint64_t seed = 1;
  std::int64_t events = 200000;
  if (count % 2 != 0) explain();
  for (int at = 2; at < count; at += 2) {
    const std::string_view option = arguments[at];
    if (option == "--events") {
      events = read_number<std::int64_t>(arguments[at + 1]);
    } else if (option == "--seed") {
      seed = read_number<std::uint64_t>(arguments[at + 1]);
    } else {
      explain();
    }
  }
  const std::unique_ptr<table> out = choose(arguments[1]);
  world(seed, events, *out).run();
  out->finish();
  return std::fflush(stdout) == 0 ? 0 : 1;
}
