#include "channels/grouping.hpp"

#include <gtest/gtest.h>

#include <random>
#include <regex>
#include <string>
#include <vector>

#include "channels/site.hpp"

namespace {

using namespace journey::channels;
using journey::matches;
using texts = std::vector<std::string_view>;

/// Counts what is allocated and refuses nothing.
struct counting : std::pmr::memory_resource {
  std::size_t taken = 0, given_back = 0;
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    taken += bytes;
    return std::pmr::new_delete_resource()->allocate(bytes, alignment);
  }
  void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override {
    given_back += bytes;
    std::pmr::new_delete_resource()->deallocate(memory, bytes, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

/// Fails every allocation that does not go through the resource it should.
struct all_memory_is_counted : testing::Test {
  all_memory_is_counted() { std::pmr::set_default_resource(std::pmr::null_memory_resource()); }
  ~all_memory_is_counted() override { std::pmr::set_default_resource(nullptr); }
  counting memory;
};

using rules_test = all_memory_is_counted;

TEST_F(rules_test, equal_trying_each_rule) {
  std::mt19937 random(5);
  const texts words{
      "", "a", "b", "ab", "ba", "abc", "a long value that no small string holds without memory of its own"};
  const texts patterns[] = {{"a"}, {"*b*"}, {"", "a*"}, {"[!a]*"}, {"b", "ba"}, {"*"}};
  for (int round = 0; round < 30; ++round) {
    channel_rules rules(&memory);
    std::vector<std::array<channel_rules::patterns, rule_fields>> all;
    std::vector<std::string> names;
    std::size_t count = random() % 150;
    names.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      std::array<channel_rules::patterns, rule_fields> conditions;
      for (auto& condition : conditions)
        if (random() % 3) condition = patterns[random() % std::size(patterns)];
      names.push_back("channel " + std::to_string(i));
      rules.add(names.back(), conditions);
      all.push_back(conditions);
    }
    for (int i = 0; i < 300; ++i) {
      rule_values values;
      for (auto& value : values) value = words[random() % words.size()];
      std::string expected = "Unassigned";
      for (std::size_t rule = 0; rule < count && expected == "Unassigned"; ++rule) {
        bool holds = true;
        for (std::size_t field = 0; field < rule_fields; ++field) {
          bool any = !all[rule][field];
          if (all[rule][field])
            for (auto pattern : *all[rule][field]) any = any || matches(pattern, values[field]);
          holds = holds && any;
        }
        if (holds) expected = names[rule];
      }
      EXPECT_EQ(rules.channel(values), expected);
    }
  }
}

TEST_F(rules_test, memory_stays_bounded) {
  channel_rules rules(&memory);
  std::vector<std::string_view> any{"*x*"};
  rules.add("X", {channel_rules::patterns(any)});
  auto fill = [&](int from) {
    for (int i = from; i < from + 20000; ++i)
      rules.channel({"a campaign of its own, number " + std::to_string(i)});
    return memory.taken - memory.given_back;
  };
  std::size_t before = fill(0);
  EXPECT_LE(fill(20000), before + before / 4);
  EXPECT_EQ(rules.channel({std::string(1 << 20, 'x')}), "X") << "a value too long to remember";
}

struct sources_test : all_memory_is_counted {
  source_list list{&memory};
  std::string find(std::string_view name) {
    std::pmr::vector<path_source> paths(&memory);
    const source* found = list.find(name, site(name).value_or(""), paths);
    if (found == nullptr) found = list.named(name);
    return found == nullptr ? "none" : std::string(found->name);
  }
};

TEST_F(sources_test, longest_match_wins) {
  texts google{"google.*"}, mail{"mail.google.*"}, plus{"plus.google.com"}, nothing;
  list.add({"google", "search", {}}, google);
  list.add({"gmail", "email", {}}, mail);
  list.add({"google+", "social", {}}, plus);
  list.add({"facebook", "social", {}}, nothing);
  EXPECT_EQ(find("google.com"), "google");
  EXPECT_EQ(find("www.google.co.uk"), "google");
  EXPECT_EQ(find("google"), "google");
  EXPECT_EQ(find("mail.google.com"), "gmail");
  EXPECT_EQ(find("x.mail.google.co.jp"), "gmail");
  EXPECT_EQ(find("plus.google.com"), "google+");
  EXPECT_EQ(find("plus.google.de"), "google");
  EXPECT_EQ(find("google.github.io"), "none");
  EXPECT_EQ(find("notgoogle.com"), "none");
  EXPECT_EQ(find("google.com.evil.example"), "none");
  EXPECT_EQ(find("google.com."), "google");
  EXPECT_EQ(find("agoogle.co.uk"), "none");
  EXPECT_EQ(find("mail.google.com."), "gmail");
  EXPECT_EQ(find(std::string(300, 'a') + ".google.com"), "none") << "longer than any host";
  EXPECT_EQ(find("facebook"), "facebook");
  EXPECT_EQ(find("facebook.com"), "none");
  EXPECT_EQ(find(""), "none");
  EXPECT_EQ(find("."), "none");
  EXPECT_EQ(find("com"), "none");
}

TEST_F(sources_test, hosts_names_paths_and_patterns) {
  texts portal{"go.portal.example"}, maps{"google.*/maps", "google.*/"}, google{"google.*"},
      login{"*.okta.com"}, mail{"deref-*", "webmail.*.*"}, video{"primevideo.com"};
  list.add({"portal.example", "search", {}}, portal);
  list.add({"google maps", "local", {}}, maps);
  list.add({"google", "search", {}}, google);
  list.add({"okta", "excluded", {}}, login);
  list.add({"webmail", "email", {}}, mail);
  list.add({"prime video", "video", {}}, video);
  std::pmr::vector<path_source> paths(&memory);
  EXPECT_EQ(list.find("cloud.portal.example", {}, paths), nullptr) << "a name is no host";
  EXPECT_NE(list.named("portal.example"), nullptr);
  EXPECT_EQ(find("a.go.portal.example"), "portal.example");
  EXPECT_EQ(find("x.okta.com"), "okta");
  EXPECT_EQ(find("okta.com"), "none");
  EXPECT_EQ(find("deref-gmx.net"), "webmail");
  EXPECT_EQ(find("webmail.example.com"), "webmail");
  for (const char* name : {"prime video", "prime-video", "prime_video", "primevideo"})
    EXPECT_EQ(find(name), "prime video");
  std::string_view host = "www.google.co.uk";
  EXPECT_EQ(list.find(host, host.substr(4), paths)->name, "google");
  ASSERT_EQ(paths.size(), 2u);
  EXPECT_EQ(paths[0].path, "/maps") << "the longest first";
  EXPECT_TRUE(is_below("/Maps/place", "/maps"));
  EXPECT_FALSE(is_below("/mapsx", "/maps"));
  EXPECT_TRUE(is_below("/", "/"));
  EXPECT_FALSE(is_below("/a", "/"));
}

TEST_F(sources_test, first_added_wins) {
  texts names{"example.com"};
  list.add({"mine", "partner", {}}, names);
  list.add({"theirs", "search", {}}, names);
  EXPECT_EQ(find("www.example.com"), "mine");
}

struct grouping_test : all_memory_is_counted {
  grouping_test() {
    groups.sources.add({"google", "search", term}, google);
    groups.sources.add({"paypal", "excluded", {}}, paypal);
    groups.sources.add({"chatgpt", "ai", {}}, chatgpt);
    groups.add_param({"utm_source", param_field::source, {}, {}});
    groups.add_param({"utm_medium", param_field::medium, {}, {}});
    groups.add_param({"utm_campaign", param_field::campaign, {}, {}});
    groups.add_param({"utm_id", param_field::campaign, {}, {}});
    groups.add_param({"ref", param_field::referrer, {}, {}});
    groups.add_param({"gclid", param_field::click_id, "google", "cpc"});
    groups.add_param({"fbclid", param_field::click_id, "facebook", "social"});
    std::array<channel_rules::patterns, rule_fields> paid, search;
    paid[static_cast<int>(rule_field::medium)] = cpc;
    search[static_cast<int>(rule_field::category)] = searching;
    groups.rules.add("Paid", paid);
    groups.rules.add("Search", search);
  }
  /// source|medium|campaign|term|click id|channel of the touch, or "none".
  std::string read(std::string_view page, std::string_view referrer = "") {
    std::optional<touch> made = groups.read(page, referrer, own, reader);
    if (!made) return "none";
    EXPECT_EQ((*made)[touch_text::landing_page], page);
    std::string all;
    for (auto text : {touch_text::source, touch_text::medium, touch_text::campaign, touch_text::term,
                      touch_text::click_id, touch_text::channel}) {
      if (!all.empty() || text != touch_text::source) all += "|";
      all += (*made)[text].value_or("");
    }
    return all;
  }

  texts google{"google.*"}, paypal{"paypal.com"}, chatgpt{"chatgpt.com"}, term{"q"}, cpc{"*cp*"},
      searching{"search"};
  std::pmr::monotonic_buffer_resource scratch{std::pmr::new_delete_resource()};
  url_reader reader{&scratch};
  own_sites own{&memory};
  grouping groups{&memory};
};

TEST_F(grouping_test, campaigns) {
  EXPECT_EQ(read("https://a.com/?utm_source=News&utm_medium=email&utm_campaign=May+1"),
            "News|email|May 1|||Unassigned");
  EXPECT_EQ(read("https://a.com/?UTM_Source=News"), "News|||||Unassigned");
  EXPECT_EQ(read("https://a.com/?utm_source=&utm_source=null&utm_source=b&utm_source=c"), "b|||||Unassigned");
  EXPECT_EQ(read("https://a.com/?utm_id=7&utm_campaign=x&utm_source=s"), "s||x|||Unassigned");
  EXPECT_EQ(read("https://a.com/?utm_id=7&utm_source=s"), "s||7|||Unassigned");
  EXPECT_EQ(read("https://a.com/?utm_source=s", "https://www.google.com/"), "s|||||Unassigned")
      << "a campaign before the referrer";
  EXPECT_EQ(read("https://a.com/?utm_campaign=x", "https://www.google.com/"), "google|organic|x|||Search");
  EXPECT_EQ(read("https://a.com/?utm_campaign=x"), "||x|||Unassigned");
  EXPECT_EQ(read("https://a.com/?utm_source=s", "https://www.a.com/"), "s|||||Unassigned")
      << "even from the own site";
  EXPECT_EQ(read("a.com/?utm_source=s"), "s|||||Unassigned") << "no scheme";
}

TEST_F(grouping_test, click_ids) {
  EXPECT_EQ(read("https://a.com/?gclid=Ab1"), "google|cpc|||gclid=Ab1|Paid");
  EXPECT_EQ(read("https://a.com/?fbclid=2&gclid=1"), "google|cpc|||gclid=1|Paid");
  EXPECT_EQ(read("https://a.com/?fbclid=2"), "facebook|social|||fbclid=2|Unassigned");
  EXPECT_EQ(read("https://a.com/?gclid=1&utm_source=google"), "google|cpc|||gclid=1|Paid");
  EXPECT_EQ(read("https://a.com/?fbclid=1&utm_source=news"), "news||||fbclid=1|Unassigned")
      << "speaks for its own network only";
  EXPECT_EQ(read("https://a.com/?gclid=1", "https://www.google.com/search?q=x"), "google|cpc|||gclid=1|Paid");
  EXPECT_EQ(read("https://a.com/?gclid=1", "https://a.com/"), "google|cpc|||gclid=1|Paid");
}

TEST_F(grouping_test, referrers) {
  EXPECT_EQ(read("https://a.com/", "https://www.google.co.uk/search?q=x+y"), "google|organic||x y||Search");
  EXPECT_EQ(read("https://a.com/", "https://www.b.com/x"), "b.com|referral||||Unassigned");
  EXPECT_EQ(read("https://a.com/", "https://chatgpt.com/"), "chatgpt|ai-assistant||||Unassigned");
  EXPECT_EQ(read("https://a.com/", ""), "(direct)|(none)||||Unassigned");
  EXPECT_EQ(read("https://a.com/", "null"), "(direct)|(none)||||Unassigned");
  EXPECT_EQ(read("https://a.com/", "no url"), "(direct)|(none)||||Unassigned");
  EXPECT_EQ(read("no url", "https://b.com/"), "b.com|referral||||Unassigned");
  EXPECT_EQ(read("https://a.com/?ref=b"), "b|referral||||Unassigned");
  EXPECT_EQ(read("https://a.com/?ref=https://www.google.com/search?q=x"), "google|organic||x||Search");
  EXPECT_EQ(read("https://a.com/?ref=b", "https://c.com/"), "c.com|referral||||Unassigned");
}

TEST_F(grouping_test, how_sources_are_written) {
  EXPECT_EQ(read("https://a.com/?utm_source=GOOGLE"), "google|||||Search");
  EXPECT_EQ(read("https://a.com/?utm_source=https%3A%2F%2Fwww.google.de%2F"), "google|||||Search");
  EXPECT_EQ(read("https://a.com/?utm_source=//www.b.com/x"), "b.com|||||Unassigned");
  EXPECT_EQ(read("https://a.com/?utm_source=google_ads"), "google|cpc||||Paid");
  EXPECT_EQ(groups.source_name(" News ", reader), "news");
  EXPECT_EQ(groups.source_name("www.google.com/search", reader), "google");
}

TEST_F(grouping_test, ads_whatever_their_medium_is_called) {
  for (const char* medium : {"pmax", "search", "ads", "video", "social", "cpc"})
    EXPECT_TRUE(
        read(std::string("https://a.com/?utm_source=google&gclid=1&utm_medium=") + medium).ends_with("|Paid"))
        << medium;
  for (const char* medium : {"email", "affiliate", "sms", "web-push", "organic", "referral"})
    EXPECT_FALSE(
        read(std::string("https://a.com/?utm_source=google&gclid=1&utm_medium=") + medium).ends_with("|Paid"))
        << medium;
  EXPECT_EQ(read("https://a.com/?utm_source=brand&gclid=1"), "brand|cpc|||gclid=1|Paid");
  EXPECT_EQ(read("https://a.com/?utm_source=newsletter&gclid=1"), "newsletter||||gclid=1|Unassigned");
  EXPECT_EQ(read("https://a.com/?utm_medium=pmax&gclid=1"), "google|pmax|||gclid=1|Paid");
  EXPECT_EQ(read("https://a.com/?utm_medium=cpc", "https://www.google.com/"), "google|cpc||||Paid");
}

TEST_F(grouping_test, urls_that_trackers_and_editors_changed) {
  for (const char* ampersand : {"&", "&amp;", "&#38;", "&#038;", "&#x26;", "&amp;amp;"})
    EXPECT_EQ(read("https://a.com/?utm_source=s" + std::string(ampersand) + "utm_medium=email" + ampersand +
                   "utm_campaign=c"),
              "s|email|c|||Unassigned");
  EXPECT_EQ(read("https://a.com/", "www.google.com/search?q=x"), "google|organic||x||Search");
  EXPECT_EQ(read("https://a.com/", "www.b.com:443/x"), "b.com|referral||||Unassigned");
  EXPECT_EQ(read("https://a.com/", "shop.a.com/x"), "none");
  EXPECT_EQ(read("https://a.com/", "index.html"), "(direct)|(none)||||Unassigned");
  EXPECT_EQ(read("https://a.com/#utm_source=s&utm_medium=m"), "s|m||||Unassigned");
  EXPECT_EQ(read("https://a.com/#!/b?utm_source=s"), "s|||||Unassigned");
  EXPECT_EQ(read("https://a.com/?utm_source=q#utm_source=s&utm_campaign=c"), "q||c|||Unassigned");
  EXPECT_EQ(read("https://a.com/#/list?ref=menu"), "(direct)|(none)||||Unassigned");
}

TEST(touch_kinds, direct) {
  auto made = [](std::initializer_list<std::pair<touch_text, std::string_view>> texts) {
    touch contact;
    for (auto [text, value] : texts) contact[text] = value;
    return contact;
  };
  EXPECT_TRUE(is_direct(made({})));
  EXPECT_TRUE(is_direct(made({{touch_text::source, "(direct)"}, {touch_text::medium, "(none)"}})));
  EXPECT_FALSE(is_direct(made({{touch_text::source, "(direct)"}, {touch_text::click_id, "gclid=1"}})));
  EXPECT_FALSE(is_direct(made({{touch_text::campaign, "x"}})));
  EXPECT_FALSE(is_direct(made({{touch_text::medium, "email"}})));
  EXPECT_FALSE(is_direct(made({{touch_text::source, "google"}})));
  EXPECT_FALSE(is_direct(made({{touch_text::channel, "Email"}})));
  EXPECT_TRUE(is_direct(made({{touch_text::channel, "Direct"}})));
  for (const char* medium : {"cpc", "CPC", "x-cp-y", "ppc", "Retargeting", "paid_social", " paid "})
    EXPECT_TRUE(is_paid(made({{touch_text::medium, medium}}))) << medium;
  for (const char* medium : {"", "organic", "unpaid", "pp", "email", "pai"})
    EXPECT_FALSE(is_paid(made({{touch_text::medium, medium}}))) << medium;
  for (const char* channel : {"Paid Search", "Paid Other", "Display", "Cross-network"})
    EXPECT_TRUE(is_paid(made({{touch_text::channel, channel}}))) << channel;
  EXPECT_FALSE(is_paid(made({{touch_text::channel, "Organic Search"}})));
  EXPECT_TRUE(is_paid(made({{touch_text::click_id, "gclid=1"}})));
  EXPECT_FALSE(is_paid(made({{touch_text::click_id, "fbclid=1"}})));
  EXPECT_FALSE(is_paid(made({{touch_text::click_id, "gclid2=1"}})));
  EXPECT_FALSE(is_paid(made({{touch_text::click_id, "gclid=1"}, {touch_text::channel, "Email"}})))
      << "what its channel is not, it is not";
}

TEST_F(grouping_test, moves_within_the_own_sites) {
  EXPECT_EQ(read("https://shop.a.com/", "https://www.a.com/"), "none");
  EXPECT_EQ(read("https://a.com/?ref=footer", "https://www.a.com/"), "none");
  EXPECT_EQ(read("http://localhost/", "http://localhost:3000/x"), "none");
  EXPECT_EQ(read("http://192.168.0.1/", "http://192.168.0.2/"), "192.168.0.2|referral||||Unassigned");
  EXPECT_EQ(read("https://x.github.io/", "https://y.github.io/"), "y.github.io|referral||||Unassigned");
  EXPECT_EQ(read("https://a.com/", "https://www.paypal.com/checkout"), "none") << "a step on the way";
  EXPECT_EQ(read("https://a.com/", "https://b.com/"), "b.com|referral||||Unassigned");
  for (auto host : {"www.b.com", "localhost"}) own.add(host);
  EXPECT_EQ(read("https://a.com/", "https://b.com/"), "none");
  EXPECT_EQ(read("https://a.com/", "http://localhost/"), "none");
  EXPECT_EQ(read("/path", "https://shop.b.com/"), "none");
  own.clear();
  EXPECT_EQ(read("https://a.com/", "https://b.com/"), "b.com|referral||||Unassigned");
}

TEST_F(grouping_test, channel_of_texts_equals_the_touch_s) {
  std::mt19937 random(6);
  const char* params[] = {"utm_source=google", "utm_source=News", "utm_medium=cpc",
                          "utm_medium=%20",    "utm_campaign=x",  "gclid=1",
                          "fbclid=2",          "utm_source=null", "page=2"};
  const char* referrers[] = {"", "https://www.google.com/search?q=x", "https://b.com/", "DIRECT",
                             "https://chatgpt.com"};
  for (int round = 0; round < 2000; ++round) {
    std::string page = "https://a.com/?";
    for (int i = random() % 4; i > 0; --i) page += std::string(params[random() % std::size(params)]) + "&";
    std::string referrer = referrers[random() % std::size(referrers)];
    std::optional<touch> made = groups.read(page, referrer, own, reader);
    touch bare = *made;
    bare[touch_text::channel].reset();
    EXPECT_EQ(groups.channel(bare, reader), (*made)[touch_text::channel]) << page << " " << referrer;
  }
}

TEST_F(grouping_test, memory_stays_bounded) {
  auto fill = [&](int from) {
    for (int i = from; i < from + 20000; ++i) {
      std::string host = "https://a-rather-long-host-name-" + std::to_string(i) + ".example.com/";
      read("https://a.com/?utm_source=source+number+" + std::to_string(i));
      read("https://a.com/", host);
    }
    return memory.taken - memory.given_back;
  };
  std::size_t before = fill(0);
  EXPECT_LE(fill(20000), before + before / 4);
}

}  // namespace
