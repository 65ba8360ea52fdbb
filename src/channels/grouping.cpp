#include "channels/grouping.hpp"

#include "base/pattern.hpp"
#include "channels/site.hpp"

namespace journey::channels {
namespace {

constexpr std::string_view excluded = "excluded";  // the category of steps on the way, which are no contacts
constexpr std::string_view ad = "ad";              // and of ad servers

/// Media, and sources, that name a way of contact of its own: a click id on such a link was copied, or tells
/// nothing new. Other media are formats (video, social) or words of one's own (pmax), which an ad's may be,
/// too.
bool is_a_way_of_its_own(std::string_view name) {
  static constexpr std::string_view ways[] = {"*email*",      "*e-mail*",       "*e_mail*",   "*e mail*",
                                              "*newsletter*", "mail",           "affiliate*", "sms",
                                              "*push",        "*notification*", "organic",    "referral",
                                              "app",          "link",           "audio",      "ai-assistant"};
  return std::ranges::any_of(ways, [name](auto way) { return matches(way, name); });
}

/// A medium that a click id adds where campaign and network differ: ads, mails and affiliates are what they
/// are; what comes with every link (social, organic) says less.
bool is_telling(std::string_view medium) { return medium != "social" && medium != "organic"; }

bool is_an_ads(std::string_view medium) { return is_paid_medium(medium) || medium == "display"; }

/// The medium of a touch that a source of this category sent, named as Google Analytics 4 names it.
std::string_view medium_of(std::string_view category) {
  if (category.empty()) return "referral";
  if (category == "search") return "organic";
  if (category == "ai") return "ai-assistant";
  if (category == "local") return "referral";
  return category;
}

/// In lower case, as hosts of the web are; empty where there is none.
std::string_view host_of(const std::optional<url>& parsed, const url_reader& reader) {
  return parsed && parsed->host ? ascii_lowered(*parsed->host, reader.memory()) : std::string_view();
}

/// A URL as a source may have been escaped once more than it should.
std::string_view unescaped(std::string_view source, const url_reader& reader) {
  bool escaped = source.find("%3A") != source.npos || source.find("%3a") != source.npos;
  return escaped ? reader.form_decoded(source) : source;
}

std::string_view click_name(std::string_view click_id) { return click_id.substr(0, click_id.find('=')); }

}  // namespace

/// What the parameters of a page's URL say of where its reader came from.
struct grouping::campaign {
  std::array<std::string_view, param_fields> texts;  // decoded; empty where absent
  const touch_param* click = nullptr;

  std::string_view operator[](param_field field) const { return texts[static_cast<std::size_t>(field)]; }
  bool is_given() const {
    return std::any_of(texts.begin(), texts.begin() + static_cast<std::size_t>(param_field::referrer),
                       [](std::string_view text) { return !text.empty(); });
  }
};

void grouping::add_param(const touch_param& param) {
  if (put(param_numbers_, param.name, static_cast<std::uint32_t>(params_.size())).second)
    params_.push_back(param);
}

void own_sites::add(std::string_view host) {
  sites_.emplace(std::pmr::string(site(host).value_or(host), sites_.get_allocator()));
}

grouping::known_host grouping::look_up(std::string_view host) {
  if (host.size() > longest_remembered) {
    std::string_view own = site(host).value_or(host);
    return {nullptr, static_cast<std::uint32_t>(own.data() - host.data()),
            static_cast<std::uint32_t>(own.size()), 0, 0};
  }
  auto known = looked_up_.find(host);
  if (known != looked_up_.end()) return known->second;
  if (looked_up_.size() >= most_remembered) {
    looked_up_.clear();
    paths_.clear();
  }
  std::optional<std::string_view> its_site = site(host);
  std::string_view own = its_site.value_or(host);
  auto paths_at = static_cast<std::uint32_t>(paths_.size());
  known_host found{
      sources.find(host, its_site.value_or(""), paths_), static_cast<std::uint32_t>(own.data() - host.data()),
      static_cast<std::uint32_t>(own.size()), paths_at, static_cast<std::uint32_t>(paths_.size()) - paths_at};
  put(looked_up_, host, found);
  return found;
}

/// The source of a page of a host.
const source* grouping::known_at(std::string_view host, std::string_view path) {
  known_host found = look_up(host);
  for (std::uint32_t i = 0; i < found.paths; ++i)
    if (const path_source& below = paths_[found.paths_at + i]; is_below(path, below.path)) return below.known;
  return found.known;
}

std::string_view grouping::site_or_host(std::string_view host) {
  known_host known = look_up(host);
  return host.substr(known.site_at, known.site_size);
}

bool grouping::is_own(std::string_view host, std::string_view page_host, const own_sites& own) {
  std::string_view its_site = site_or_host(host);
  return (!page_host.empty() && its_site == site_or_host(page_host)) || own.contains(its_site);
}

grouping::known_name grouping::find_name(std::string_view name, const url_reader& reader) {
  if (const source* known = sources.named(name)) return {known, known->category == ad, false};
  if (name.find('.') != name.npos) {
    std::optional<url> parsed = reader.parse_site(name);
    std::string_view host = host_of(parsed, reader);
    bool is_url = !host.empty();
    const source* known = known_at(is_url ? host : name, is_url ? parsed->path.value_or("") : "");
    return {known, known != nullptr && known->category == ad, is_url};
  }
  for (std::string_view end : {"ads", "ad"}) {
    if (!name.ends_with(end)) continue;
    std::string_view brand = name.substr(0, name.size() - end.size());
    while (brand.ends_with(' ') || brand.ends_with('-') || brand.ends_with('_')) brand.remove_suffix(1);
    const source* known = sources.named(brand);
    if (known != nullptr && !known->category.empty() && known->category != excluded)
      return {known, true, false};
  }
  return {nullptr, false, false};
}

grouping::known_name grouping::look_up_name(std::string_view source, const url_reader& reader) {
  std::string_view name = normal(unescaped(source, reader), reader.memory());
  if (name.size() > longest_remembered) return find_name(name.substr(0, name.find_first_of("?#")), reader);
  auto known = named_.find(name);
  if (known != named_.end()) return known->second;
  known_name found = find_name(name, reader);
  if (named_.size() >= most_remembered) named_.clear();
  put(named_, name, found);
  return found;
}

/// How a touch names a source: known ones by their name, URLs by their host, others as given.
std::string_view grouping::written_name(std::string_view source, const known_name& name,
                                        const url_reader& reader) {
  if (name.known != nullptr) return name.known->name;
  if (!name.url) return source;
  std::string_view host = host_of(reader.parse_site(trimmed(unescaped(source, reader))), reader);
  if (host.starts_with("www.")) host.remove_prefix(4);
  return host.empty() ? source : host;
}

std::string_view grouping::source_name(std::string_view source, const url_reader& reader) {
  return normal(written_name(source, look_up_name(source, reader), reader), reader.memory());
}

/// The category of a source; of an ad server, that of the brand whose ads it serves.
std::string_view grouping::category(const source* known) const {
  if (known == nullptr) return {};
  if (known->category != ad) return known->category;
  const source* brand = sources.named(known->name);
  return brand == nullptr ? known->category : brand->category;
}

/// The medium of an ad server's contact.
std::string_view grouping::ad_medium(const source* known) const {
  return category(known) == ad ? "display" : "cpc";
}

grouping::referral grouping::sent_by(const source* known, std::string_view name) const {
  if (known == nullptr) {
    if (name.starts_with("www.")) name.remove_prefix(4);
    return {name, "referral", {}, {}};
  }
  return {known->name,
          known->category == ad ? ad_medium(known) : medium_of(known->category),
          known->category,
          {}};
}

std::optional<grouping::referral> grouping::refer(const std::optional<url>& referrer,
                                                  const url_reader& reader) {
  std::string_view host = host_of(referrer, reader);
  if (host.empty()) return {};
  const source* known = known_at(host, referrer->path.value_or(""));
  referral result = sent_by(known, host);
  if (known == nullptr) return result;
  for (std::string_view name : known->term_params) {
    std::string_view term = reader.param(referrer->query, name).value_or("");
    if (is_absent(term)) continue;
    result.term = term;
    break;
  }
  return result;
}

std::optional<grouping::referral> grouping::refer(std::string_view referrer, const url_reader& reader) {
  return refer(reader.parse_site(referrer), reader);
}

grouping::campaign grouping::campaign_of(const url& page, const url_reader& reader) const {
  campaign result;
  std::array<std::uint32_t, param_fields> chosen;
  chosen.fill(static_cast<std::uint32_t>(params_.size()));
  auto take = [&](std::string_view query, const std::array<bool, param_fields>& wanted) {
    each_param(query, [&](std::string_view raw_name, std::string_view raw_value) {
      if (raw_name.size() > longest_remembered) return false;
      auto found = param_numbers_.find(normal(reader.form_decoded(raw_name), reader.memory()));
      if (found == param_numbers_.end()) return false;
      const touch_param& param = params_[found->second];
      auto field = static_cast<std::size_t>(param.field);
      if (!wanted[field] || found->second >= chosen[field]) return false;
      std::string_view value = reader.form_decoded(raw_value);
      if (is_absent(value)) return false;
      chosen[field] = found->second;
      result.texts[field] = value;
      if (param.field == param_field::click_id) result.click = &param;
      return false;
    });
  };
  std::array<bool, param_fields> wanted;
  wanted.fill(true);
  take(page.query, wanted);
  if (page.fragment.find('=') == page.fragment.npos) return result;
  // Pages with a router of their own keep their parameters in the fragment: it fills in what the query leaves
  // open, but is not asked for a mere sender.
  for (std::size_t field = 0; field < param_fields; ++field) wanted[field] = result.texts[field].empty();
  wanted[static_cast<std::size_t>(param_field::referrer)] = false;
  std::size_t question = page.fragment.find('?');
  take(question == page.fragment.npos ? page.fragment : page.fragment.substr(question + 1), wanted);
  return result;
}

const touch_param* grouping::click_param(std::string_view click_id, const url_reader& reader) const {
  std::string_view name = click_name(click_id);
  if (name.size() > longest_remembered) return nullptr;
  auto found = param_numbers_.find(normal(name, reader.memory()));
  if (found == param_numbers_.end()) return nullptr;
  const touch_param& param = params_[found->second];
  return param.field == param_field::click_id ? &param : nullptr;
}

/// Gives the source its name, and fills in the source and medium that the campaign leaves open. Returns
/// whether the referrer spoke.
bool grouping::fill_origin(touch& contact, const touch_param* click, const std::optional<referral>& from,
                           const url_reader& reader) {
  auto& source = contact[touch_text::source];
  auto& medium = contact[touch_text::medium];
  std::string_view given_medium = medium ? normal(*medium, reader.memory()) : std::string_view();
  bool on_its_own_way = medium && is_a_way_of_its_own(given_medium);
  if (source) {
    known_name name = look_up_name(*source, reader);
    bool own =
        click != nullptr && (name.known != nullptr ? name.known->name == click->source
                                                   : same_ignoring_case(trimmed(*source), click->source));
    bool other_way = (name.known != nullptr && name.known->category == "email") ||
                     is_a_way_of_its_own(normal(*source, reader.memory()));
    // A name of ads keeps its writing where the medium does not say so, since the ad is told by it alone.
    bool named = !name.ad || !medium || is_an_ads(given_medium) || on_its_own_way;
    if (named) source = written_name(*source, name, reader);
    if (medium) return false;
    if (click != nullptr && !click->medium.empty() && (own || (is_telling(click->medium) && !other_way)))
      medium = click->medium;
    else if (name.ad)
      medium = ad_medium(name.known);
    return false;
  }
  if (click != nullptr && !click->source.empty() && (!on_its_own_way || given_medium == click->medium)) {
    source = click->source;
    if (!medium && !click->medium.empty()) medium = click->medium;
    return false;
  }
  if (from) {
    source = from->source;
    if (!medium) medium = from->medium;
    return true;
  }
  if (medium) return false;
  bool nothing = true;
  for (auto text : {touch_text::campaign, touch_text::term, touch_text::content, touch_text::click_id})
    nothing = nothing && !contact[text];
  if (nothing) {
    source = "(direct)";
    medium = "(none)";
  }
  return false;
}

std::optional<touch> grouping::read(std::string_view page_url, std::string_view referrer,
                                    const own_sites& own, const url_reader& reader) {
  std::optional<url> page = reader.parse_site(page_url), origin = reader.parse_site(referrer);
  std::string_view origin_host = host_of(origin, reader);
  campaign given = page ? campaign_of(*page, reader) : campaign();

  std::optional<referral> from;
  if (!origin_host.empty()) {
    from = refer(origin, reader);
    if (from->category == excluded || is_own(origin_host, host_of(page, reader), own)) {
      if (!given.is_given()) return {};
      from.reset();
    }
  }
  std::string_view sender = given[param_field::referrer];
  if (!from && !given.is_given() && !sender.empty()) {
    from = refer(sender, reader);
    if (!from) {
      std::string_view name = normal(sender, reader.memory());
      from = sent_by(look_up_name(name, reader).known, name);
    }
  }

  touch result;
  auto set = [&result](touch_text text, std::string_view value) {
    if (!value.empty()) result[text] = value;
  };
  set(touch_text::source, given[param_field::source]);
  set(touch_text::medium, given[param_field::medium]);
  set(touch_text::campaign, given[param_field::campaign]);
  set(touch_text::term, given[param_field::term]);
  set(touch_text::content, given[param_field::content]);
  if (!is_absent(referrer)) result[touch_text::referrer] = referrer;
  result[touch_text::landing_page] = page_url;
  if (given.click != nullptr) {
    std::string_view id = given[param_field::click_id], name = given.click->name;
    auto* text = static_cast<char*>(reader.memory()->allocate(name.size() + 1 + id.size(), 1));
    name.copy(text, name.size());
    text[name.size()] = '=';
    id.copy(text + name.size() + 1, id.size());
    result[touch_text::click_id] = {text, name.size() + 1 + id.size()};
  }
  bool referred = fill_origin(result, given.click, from, reader);
  if (referred && !result[touch_text::term]) set(touch_text::term, from->term);
  result[touch_text::channel] = channel_of(result, given.click, origin, page, reader);
  return result;
}

std::string_view grouping::channel(const touch& contact, const url_reader& reader) {
  touch whole = contact;
  for (auto& text : whole.texts)
    if (text && is_absent(*text)) text.reset();
  std::optional<url> origin = reader.parse_site(whole[touch_text::referrer].value_or(""));
  std::optional<url> page = reader.parse_site(whole[touch_text::landing_page].value_or(""));
  std::optional<referral> from = refer(origin, reader);
  if (from && from->category == excluded) from.reset();
  const auto& click_id = whole[touch_text::click_id];
  const touch_param* click = click_id ? click_param(*click_id, reader) : nullptr;
  fill_origin(whole, click, from, reader);
  return channel_of(whole, click, origin, page, reader);
}

std::string_view grouping::channel_of(const touch& contact, const touch_param* click,
                                      const std::optional<url>& origin, const std::optional<url>& page,
                                      const url_reader& reader) {
  auto value = [&](touch_text text) { return normal(contact[text].value_or(""), reader.memory()); };
  std::string_view source = value(touch_text::source), medium = value(touch_text::medium);
  std::string_view origin_host = host_of(origin, reader), sender = origin_host;
  if (sender.starts_with("www.")) sender.remove_prefix(4);
  known_name name{};
  if (!source.empty() && source == sender)  // a host, even where some source has it for a name
    name.known = known_at(origin_host, origin->path.value_or(""));
  else if (!source.empty())
    name = look_up_name(source, reader);
  std::string_view its_category = category(name.known);
  // An ad is one whatever its medium is called, unless that names a way of its own.
  bool by_click = click != nullptr && is_an_ads(click->medium);
  if (by_click && is_a_way_of_its_own(medium)) {
    its_category = {};                                    // it alone decides
  } else if ((by_click || name.ad) && !medium.empty()) {  // without one, the source is of a way of its own
    if (!is_an_ads(medium) && medium != "banner" && medium != "expandable" && medium != "interstitial")
      medium = by_click ? click->medium : ad_medium(name.known);
    if (its_category.empty() && by_click) its_category = category(sources.named(click->source));
  }
  auto lowered_path = [&](const std::optional<url>& parsed) {
    return parsed ? ascii_lowered(parsed->path.value_or(""), reader.memory()) : std::string_view();
  };
  std::string_view referrer_path, landing_page;
  if (rules.look_at(rule_field::referrer_path)) referrer_path = lowered_path(origin);
  if (rules.look_at(rule_field::landing_page)) {
    std::string_view host = host_of(page, reader), path = lowered_path(page);
    auto* text = static_cast<char*>(reader.memory()->allocate(host.size() + path.size() + 1, 1));
    host.copy(text, host.size());
    path.copy(text + host.size(), path.size());
    landing_page = {text, host.size() + path.size()};
  }
  return rules.channel({source, its_category, medium, value(touch_text::campaign),
                        click_name(value(touch_text::click_id)), origin_host, referrer_path, landing_page});
}

}  // namespace journey::channels
