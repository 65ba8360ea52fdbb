#include "channels/url.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "channels/site.hpp"

namespace {

using journey::channels::site;
using journey::channels::url;
using journey::channels::url_reader;

struct reading : testing::Test {
  std::pmr::monotonic_buffer_resource memory;
  url_reader reader{&memory};
  url_reader latin{&memory, false};

  std::string host(std::string_view text) {
    std::optional<url> parsed = reader.parse(text);
    return !parsed ? "no url" : !parsed->host ? "no host" : std::string(*parsed->host);
  }
  std::string param(std::string_view text, std::string_view name) {
    std::optional<url> parsed = reader.parse(text);
    return std::string(parsed ? reader.param(parsed->query, name).value_or("absent") : "no url");
  }
};

using url_test = reading;

TEST_F(url_test, hosts) {
  EXPECT_EQ(host("https://www.example.com/path?query#fragment"), "www.example.com");
  EXPECT_EQ(host("HTTPS://WWW.Example.COM"), "www.example.com");
  EXPECT_EQ(host("http://user:pass@example.com:8080/"), "example.com");
  EXPECT_EQ(host("http://user@host@example.com/"), "example.com") << "the last @ ends the user";
  EXPECT_EQ(host("  \thttp://exa\nmple.com\r\n"), "example.com");
  EXPECT_EQ(host("http:\\\\example.com\\path"), "example.com");
  EXPECT_EQ(host("https:example.com"), "example.com");
  EXPECT_EQ(host("http://ex%61mple.com"), "example.com");
  EXPECT_EQ(host("//example.com/path"), "example.com");
  EXPECT_EQ(host("android-app://com.google.android.gm/"), "com.google.android.gm");
  EXPECT_EQ(host("http://b\xc3\xbc"
                 "cher.example"),
            "b\xc3\xbc"
            "cher.example");
  EXPECT_EQ(host("http://example.com."), "example.com.");
}

TEST_F(url_test, addresses) {
  EXPECT_EQ(host("http://192.168.0.1:80/"), "192.168.0.1");
  EXPECT_EQ(host("http://0x7f.1"), "127.0.0.1");
  EXPECT_EQ(host("http://2130706433"), "127.0.0.1");
  EXPECT_EQ(host("http://256.1.1.1"), "no url");
  EXPECT_EQ(host("http://1.2.3.4.5"), "no url");
  EXPECT_EQ(host("http://99999999999999999999"), "no url");
  EXPECT_EQ(host("http://[2001:DB8:0:0:0:0:0:1]:8080/"), "[2001:db8::1]");
  EXPECT_EQ(host("http://[::]"), "[::]");
  EXPECT_EQ(host("http://[1:0:0:2:0:0:0:3]"), "[1:0:0:2::3]") << "the longest run of zeros is left out";
  EXPECT_EQ(host("http://[::ffff:1.2.3.4]"), "[::ffff:102:304]");
  EXPECT_EQ(host("http://[1::2"), "no url");
  EXPECT_EQ(host("http://[::1]x"), "no url");
  EXPECT_EQ(host("http://[12345::]"), "no url");
}

TEST_F(url_test, what_is_no_url) {
  for (const char* text :
       {"http://", "http://:80", "http://a b", "http://a:b", "http://a:65536", "http://a:-1", "http://%00",
        "http://%", "http://%ff", "http://a<b", "sc://a:1:2", "http://user@", "sc://@/x", "https://?x"})
    EXPECT_EQ(host(text), "no url") << text;
  for (const char* text :
       {"", "/path", "?a=b", "#", "text", "www.example.com/x", "mailto:a@example.com", "about:blank",
        "DIRECT", "file:///etc", "file://localhost/x", "file:c:/x", "1http://x"})
    EXPECT_EQ(host(text), "no host") << text;
}

TEST_F(url_test, paths) {
  EXPECT_EQ(reader.parse("https://example.com/a/b%20c?d#e")->path, "/a/b%20c");
  EXPECT_EQ(reader.parse("https://example.com?d")->path, "/");
  EXPECT_EQ(reader.parse("/a?d")->path, "/a");
  EXPECT_EQ(reader.parse("example.com/a?d")->path, std::nullopt);
}

TEST_F(url_test, params) {
  EXPECT_EQ(param("https://x/?a=1&b=2&a=3", "a"), "1") << "the first counts";
  EXPECT_EQ(param("https://x/?xutm_source=1&utm_source=2", "utm_source"), "2");
  EXPECT_EQ(param("https://x/?a=b=c", "a"), "b=c");
  EXPECT_EQ(param("https://x/?a", "a"), "");
  EXPECT_EQ(param("https://x/?a=", "a"), "");
  EXPECT_EQ(param("https://x/?b=1", "a"), "absent");
  EXPECT_EQ(param("https://x/?a=1#a=2&b=3", "b"), "absent") << "a fragment has no parameters";
  EXPECT_EQ(param("https://x/?a=1;b=2", "b"), "absent") << "; separates nothing";
  EXPECT_EQ(param("https://x/?a=1?b=2", "a"), "1?b=2");
  EXPECT_EQ(param("https://x/?&&a=1", "a"), "1");
  EXPECT_EQ(param("https://x/?%61+b=1", "a b"), "1") << "names are decoded, too";
  EXPECT_EQ(param("www.example.com/?a=1", "a"), "1");
  EXPECT_EQ(param("/path?a=1", "a"), "1");
}

TEST_F(url_test, escapes) {
  EXPECT_EQ(reader.form_decoded("a+b%20c%2B"), "a b c+");
  EXPECT_EQ(reader.form_decoded("%C3%A9%e2%82%ac%F0%9F%98%80"), "\u00e9\u20ac\U0001F600");
  EXPECT_EQ(reader.form_decoded("100%"), "100%");
  EXPECT_EQ(reader.form_decoded("%zz%4"), "%zz%4");
  EXPECT_EQ(reader.form_decoded("a%00b"), "a%00b") << "no text holds NUL";
  EXPECT_EQ(reader.form_decoded("f%FCr"), "f%FCr") << "Latin-1 is no UTF-8";
  std::string_view broken = "%C0%AF%ED%A0%80%F4%90%80%80%E2%82%FF";
  EXPECT_EQ(reader.form_decoded(broken), broken) << "overlong, a surrogate, too high, cut short";
  EXPECT_EQ(reader.form_decoded("%C3%C3%A9"), "%C3\u00e9");
  EXPECT_EQ(latin.form_decoded("%C3%A9+%41"), "%C3%A9 A") << "only ASCII where texts are not UTF-8";
}

int escape_at(std::string_view text, std::size_t i) {
  if (i + 3 > text.size() || text[i] != '%' || !isxdigit(text[i + 1]) || !isxdigit(text[i + 2])) return -1;
  return std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16);
}

std::string utf8(unsigned code) {
  auto tail = [&](int shift) { return static_cast<char>(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xC0 | code >> 6), tail(0)};
  if (code < 0x10000) return {static_cast<char>(0xE0 | code >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | code >> 18), tail(12), tail(6), tail(0)};
}

/// Whether the bytes are one character: the one that encodes to them.
bool is_character(const std::string& bytes) {
  unsigned lead = static_cast<unsigned char>(bytes[0]);
  unsigned code = bytes.size() == 1 ? lead : lead & (0xFF >> (bytes.size() + 1));
  for (std::size_t i = 1; i < bytes.size(); ++i) code = code << 6 | (bytes[i] & 0x3F);
  return code != 0 && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF) && utf8(code) == bytes;
}

std::string slowly_decoded(std::string_view raw) {
  std::string result;
  for (std::size_t i = 0; i < raw.size();) {
    std::string bytes;
    for (std::size_t length = 1; length <= 4 && escape_at(raw, i + 3 * (length - 1)) >= 0; ++length) {
      bytes += static_cast<char>(escape_at(raw, i + 3 * (length - 1)));
      if (is_character(bytes)) break;
    }
    if (!bytes.empty() && is_character(bytes)) {
      result += bytes;
      i += 3 * bytes.size();
    } else {
      result += raw[i] == '+' ? ' ' : raw[i];
      ++i;
    }
  }
  return result;
}

TEST_F(url_test, decoding_equals_the_slow_reference) {
  std::mt19937 random(1);
  const char* pieces[] = {"%",   "%C3", "%A9", "%E2", "%82", "%AC",    "%F0%9F", "%98%80",
                          "%00", "%41", "+",   "a",   "%4",  "%ED%A0", "\u00e9"};
  for (int round = 0; round < 20000; ++round) {
    std::string raw;
    for (int i = random() % 8; i >= 0; --i) raw += pieces[random() % std::size(pieces)];
    if (round % 3 == 0)
      for (int i = 0; i < 4; ++i)
        raw += "%" + std::string(1, "0189ABCDEFcd"[random() % 12]) + "0189ABCDEFcd"[random() % 12];
    EXPECT_EQ(reader.form_decoded(raw), slowly_decoded(raw)) << raw;
  }
}

TEST_F(url_test, params_equal_the_slow_reference) {
  std::mt19937 random(2);
  const char alphabet[] = "ab=&+%41#?;";
  for (int round = 0; round < 20000; ++round) {
    std::string query;
    for (int i = random() % 20; i > 0; --i) query += alphabet[random() % (sizeof alphabet - 1)];
    std::string expected = "absent";
    std::string rest = query.substr(0, query.find('#')) + '&';
    for (std::size_t end; (end = rest.find('&')) != rest.npos && expected == "absent";
         rest.erase(0, end + 1)) {
      std::string pair = rest.substr(0, end);
      if (!pair.empty() && slowly_decoded(pair.substr(0, pair.find('='))) == "a")
        expected = pair.find('=') == pair.npos ? "" : slowly_decoded(pair.substr(pair.find('=') + 1));
    }
    EXPECT_EQ(param("https://x/?" + query, "a"), expected) << query;
  }
}

TEST_F(url_test, hostile_bytes_give_a_stable_host_or_none) {
  std::mt19937 random(3);
  const std::string seeds[] = {"https://user:pass@www.example.com:8080/a/b?c=d&e=f#g",
                               "http://[2001:db8::1]/x",
                               "http://192.168.0.1?",
                               "android-app://com.google.android.gm",
                               "file://host/c:/x",
                               "//x/y?z"};
  int hosts = 0;
  for (int round = 0; round < 50000; ++round) {
    std::string text = seeds[random() % std::size(seeds)];
    for (int i = random() % 5; i >= 0; --i) {
      std::size_t at = random() % text.size();
      if (random() % 2)
        text[at] = static_cast<char>(random());
      else
        text.insert(at, 1, "/\\:@%[]?#.x0\t "[random() % 15]);
    }
    std::optional<url> parsed = reader.parse(text);
    if (!parsed || !parsed->host) continue;
    ++hosts;
    EXPECT_FALSE(parsed->host->empty()) << text;
    EXPECT_EQ(parsed->host->find_first_of("/?#@ \t\n"), std::string::npos) << text;
    std::string again = host("https://" + std::string(*parsed->host) + "/");
    if (again != "no url") {
      EXPECT_EQ(host("https://" + again), again) << text;
    }
  }
  EXPECT_GT(hosts, 10000);
}

TEST_F(url_test, large_urls) {
  std::string query;
  for (int i = 0; i < 100000; ++i) query += "name" + std::to_string(i) + "=%20&";
  EXPECT_EQ(param("https://example.com/?" + query, "name99999"), " ");
  std::string million(1 << 20, 'x');
  EXPECT_EQ(param("https://example.com/?a=" + million, "a"), million);
  EXPECT_EQ(host("https://" + std::string(journey::channels::longest_host, 'x') + "/"),
            std::string(journey::channels::longest_host, 'x'));
  EXPECT_EQ(host("https://" + std::string(journey::channels::longest_host + 1, 'x') + "/"), "no url");
  EXPECT_EQ(host("sc://" + std::string(journey::channels::longest_host + 1, 'x') + "/"), "no url");
  EXPECT_EQ(host("https://" + million + "/"), "no url");
  EXPECT_EQ(host("https://" + million + "@example.com/"), "example.com");
  EXPECT_EQ(host("https://x/" + std::string(journey::channels::longest_url - 10, 'x')), "x");
  EXPECT_EQ(host("https://x/" + std::string(journey::channels::longest_url - 9, 'x')), "no url");
  EXPECT_EQ(host("https://" + std::string(1 << 20, '@') + "/"), "no url");
  EXPECT_EQ(reader.form_decoded(std::string(1 << 20, '%')).size(), 1u << 20);
}

TEST_F(url_test, no_memory_unless_the_text_changes) {
  url_reader poor(std::pmr::null_memory_resource());
  std::optional<url> parsed = poor.parse("https://user@www.example.com:80/path?a=b&c=d%20#e");
  EXPECT_EQ(parsed->host, "www.example.com");
  EXPECT_EQ(poor.param(parsed->query, "a"), "b");
  EXPECT_THROW(poor.param(parsed->query, "c"), std::bad_alloc);
}

TEST(site, of_hosts) {
  EXPECT_EQ(site("www.example.co.uk"), "example.co.uk");
  EXPECT_EQ(site("example.com"), "example.com");
  EXPECT_EQ(site("example.com."), "example.com");
  EXPECT_EQ(site("someone.github.io"), "someone.github.io")
      << "a hosting company's customers are sites of their own";
  EXPECT_EQ(site("b\xc3\xbc"
                 "cher.example"),
            "b\xc3\xbc"
            "cher.example");
  for (const char* none : {"", ".", "com", "co.uk", "localhost", "192.168.0.1", "[::1]", ".example.com",
                           "a b.com", "example.com:80", "https://example.com"})
    EXPECT_EQ(site(none), std::nullopt) << none;
  EXPECT_EQ(site(std::string(5000, 'a') + ".com"), std::nullopt);
}

TEST(site, registries_and_hosting_companies) {
  using journey::channels::is_registry_suffix;
  EXPECT_TRUE(is_registry_suffix("co.uk"));
  EXPECT_TRUE(is_registry_suffix("com"));
  EXPECT_FALSE(is_registry_suffix("github.io")) << "anyone can have a name there";
  EXPECT_FALSE(is_registry_suffix("unheard-of"));
  EXPECT_FALSE(is_registry_suffix("example.com"));
  EXPECT_FALSE(is_registry_suffix(""));
}

}  // namespace
