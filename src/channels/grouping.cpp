#include "channels/grouping.hpp"

#include "channels/site.hpp"

namespace journey::channels {
namespace {

constexpr std::string_view excluded = "excluded";  // the category of hosts that are steps, not contacts

std::string_view medium_of(std::string_view category) {
  if (category.empty()) return "referral";
  if (category == "search") return "organic";
  if (category == "ai") return "ai-assistant";
  return category;
}

std::string_view present(const std::optional<std::string_view>& text) {
  return !text || is_absent(*text) ? std::string_view() : *text;
}

}  // namespace

/// What the parameters of a page's URL say of where its reader came from.
struct grouping::campaign {
  std::array<std::string_view, param_fields> texts;  // decoded; empty where absent
  const touch_param* click = nullptr;

  std::string_view operator[](param_field field) const { return texts[static_cast<std::size_t>(field)]; }
  bool is_given() const {
    return click != nullptr || std::any_of(texts.begin(), texts.begin() + 5, [](auto text) { return !text.empty(); });
  }
};

void grouping::add_param(const touch_param& param) {
  if (put(param_numbers_, param.name, static_cast<std::uint32_t>(params_.size())).second)
    params_.push_back(param);
}

void grouping::set_own_hosts(std::span<const std::string_view> hosts) {
  own_.clear();
  for (std::string_view host : hosts) put(own_, own_part(host), true);
}

grouping::known_host grouping::look_up(std::string_view host) {
  auto known = looked_up_.find(host);
  if (known != looked_up_.end()) return known->second;
  std::string_view own = site(host).value_or(host);
  known_host found{sources.find(host), static_cast<std::uint32_t>(own.data() - host.data()),
                   static_cast<std::uint32_t>(own.size())};
  if (host.size() <= longest_remembered) {
    if (looked_up_.size() >= most_remembered) looked_up_.clear();
    put(looked_up_, host, found);
  }
  return found;
}

std::string_view grouping::own_part(std::string_view host) {
  known_host known = look_up(host);
  return host.substr(known.site_at, known.site_size);
}

bool grouping::is_own(std::string_view host, std::string_view page_host) {
  std::string_view part = own_part(host);
  return (!page_host.empty() && part == own_part(page_host)) || (!own_.empty() && own_.contains(part));
}

grouping::referral grouping::refer(const url& referrer, const url_reader& reader) {
  std::string_view host = normal(*referrer.host, reader.memory());
  const source* known = look_up(host).known;
  if (known == nullptr) {
    if (host.starts_with("www.")) host.remove_prefix(4);
    return {host, medium_of({}), {}, {}};
  }
  referral result{known->name, medium_of(known->category), known->category, {}};
  for (std::string_view name : known->term_params) {
    auto term = reader.param(referrer.query, name);
    if (!term || is_absent(*term)) continue;
    result.term = *term;
    break;
  }
  return result;
}

std::optional<grouping::referral> grouping::refer(std::string_view referrer, const url_reader& reader) {
  std::optional<url> from = reader.parse(referrer);
  if (!from || !from->host) return {};
  return refer(*from, reader);
}

grouping::campaign grouping::campaign_of(std::string_view query, const url_reader& reader) const {
  campaign result;
  std::array<std::uint32_t, param_fields> chosen;
  chosen.fill(static_cast<std::uint32_t>(params_.size()));
  each_param(query, [&](std::string_view raw_name, std::string_view raw_value) {
    if (raw_name.size() > longest_remembered) return false;
    auto found = param_numbers_.find(normal(reader.form_decoded(raw_name), reader.memory()));
    if (found == param_numbers_.end()) return false;
    const touch_param& param = params_[found->second];
    auto field = static_cast<std::size_t>(param.field);
    if (found->second >= chosen[field]) return false;
    std::string_view value = reader.form_decoded(raw_value);
    if (is_absent(value)) return false;
    chosen[field] = found->second;
    result.texts[field] = value;
    if (param.field == param_field::click_id) result.click = &param;
    return false;
  });
  return result;
}

const touch_param* grouping::click_param(std::string_view click_id, const url_reader& reader) const {
  auto found = param_numbers_.find(normal(click_id.substr(0, click_id.find('=')), reader.memory()));
  if (found == param_numbers_.end()) return nullptr;
  const touch_param& param = params_[found->second];
  return param.field == param_field::click_id ? &param : nullptr;
}

/// Fills in what the campaign leaves open. A click id speaks for its own network, a referrer only where
/// nothing else does.
void grouping::fill_origin(touch& contact, const touch_param* click, const std::optional<referral>& from) {
  auto& source = contact[touch_text::source];
  auto& medium = contact[touch_text::medium];
  if (medium) return;
  if (click != nullptr && !click->source.empty() &&
      (!source || same_ignoring_case(trimmed(*source), click->source))) {
    if (!source) source = click->source;
    if (!click->medium.empty()) medium = click->medium;
  } else if (!source && from) {
    source = from->source;
    medium = from->medium;
  } else if (!source && !contact[touch_text::campaign] && !contact[touch_text::term] && !contact[touch_text::content] &&
             !contact[touch_text::click_id]) {
    source = "(direct)";
    medium = "(none)";
  }
}

std::optional<touch> grouping::read(std::string_view page_url, std::string_view referrer, const url_reader& reader) {
  std::optional<url> page = reader.parse(page_url);
  std::optional<url> origin = reader.parse(referrer);
  campaign given = page ? campaign_of(page->query, reader) : campaign();

  std::optional<referral> from;
  bool moved = false;
  if (origin && origin->host) {
    std::string_view host = normal(*origin->host, reader.memory());
    moved = is_own(host, page && page->host ? *page->host : std::string_view());
    if (!moved) {
      from = refer(*origin, reader);
      moved = from->category == excluded;
    }
  }
  if (moved) {
    if (!given.is_given()) return {};
    from.reset();
  }

  touch result;
  auto set = [&](touch_text text, std::string_view value) {
    if (!value.empty()) result[text] = value;
  };
  set(touch_text::source, given[param_field::source]);
  set(touch_text::medium, given[param_field::medium]);
  set(touch_text::campaign, given[param_field::campaign]);
  set(touch_text::term, given[param_field::term]);
  set(touch_text::content, given[param_field::content]);
  set(touch_text::landing_page, page_url);
  if (!is_absent(referrer)) result[touch_text::referrer] = referrer;
  if (given.click != nullptr) {
    std::string_view id = given[param_field::click_id], name = given.click->name;
    auto* text = static_cast<char*>(reader.memory()->allocate(name.size() + 1 + id.size(), 1));
    name.copy(text, name.size());
    text[name.size()] = '=';
    id.copy(text + name.size() + 1, id.size());
    result[touch_text::click_id] = {text, name.size() + 1 + id.size()};
  }
  std::string_view told = given[param_field::referrer];  // who sent the reader, in the page's own words
  if (!from && !given.is_given() && !told.empty()) {
    const source* known = look_up(normal(told, reader.memory())).known;
    if (known == nullptr) from = referral{told, medium_of({}), {}, {}};
    else from = referral{known->name, medium_of(known->category), known->category, {}};
  }
  bool by_referrer = !result[touch_text::source] && !result[touch_text::medium] && given.click == nullptr && from;
  fill_origin(result, given.click, from);
  if (by_referrer && !result[touch_text::term]) set(touch_text::term, from->term);
  result[touch_text::channel] = channel_of(result, origin, reader);
  return result;
}

std::string_view grouping::channel(const touch& contact, const url_reader& reader) {
  touch whole = contact;
  for (auto& text : whole.texts)
    if (present(text).empty()) text.reset();
  std::string_view click_id = present(whole[touch_text::click_id]), referrer = present(whole[touch_text::referrer]);
  std::optional<url> origin = reader.parse(referrer);
  std::optional<referral> from;
  if (origin && origin->host) from = refer(*origin, reader);
  if (from && from->category == excluded) from.reset();
  fill_origin(whole, click_id.empty() ? nullptr : click_param(click_id, reader), from);
  return channel_of(whole, origin, reader);
}

std::string_view grouping::channel_of(const touch& contact, const std::optional<url>& origin, const url_reader& reader) {
  auto value = [&](touch_text text) { return normal(contact[text].value_or(""), reader.memory()); };
  std::string_view name = value(touch_text::source);
  const source* known = name.empty() ? nullptr : look_up(name).known;
  std::string_view click_id = value(touch_text::click_id);
  std::string_view host = origin && origin->host ? normal(*origin->host, reader.memory()) : std::string_view();
  return rules.channel({name, known == nullptr ? std::string_view() : known->category, value(touch_text::medium),
                        value(touch_text::campaign), click_id.substr(0, click_id.find('=')), host});
}

}  // namespace journey::channels
