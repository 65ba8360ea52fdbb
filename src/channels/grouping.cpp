#include "channels/grouping.hpp"

#include "channels/site.hpp"

namespace journey::channels {
namespace {

constexpr std::string_view excluded = "excluded";  // the category of steps on the way, which are no contacts

std::string_view category_of(const source* known) {
  return known == nullptr ? std::string_view() : known->category;
}

/// The medium of a touch that a source of this category sent, named as Google Analytics 4 names it.
std::string_view medium_of(std::string_view category) {
  if (category.empty()) return "referral";
  if (category == "search") return "organic";
  if (category == "ai") return "ai-assistant";
  return category;
}

/// In lower case, as hosts of the web are; empty where there is none.
std::string_view host_of(const std::optional<url>& parsed, const url_reader& reader) {
  return parsed && parsed->host ? ascii_lowered(*parsed->host, reader.memory()) : std::string_view();
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
  if (host.size() > longest_host) return {nullptr, 0, static_cast<std::uint32_t>(host.size())};
  auto known = looked_up_.find(host);
  if (known != looked_up_.end()) return known->second;
  std::optional<std::string_view> its_site = site(host);
  std::string_view own = its_site.value_or(host);
  known_host found{sources.find(host, its_site.value_or("")),
                   static_cast<std::uint32_t>(own.data() - host.data()),
                   static_cast<std::uint32_t>(own.size())};
  if (host.size() <= longest_remembered) {
    if (looked_up_.size() >= most_remembered) looked_up_.clear();
    put(looked_up_, host, found);
  }
  return found;
}

std::string_view grouping::site_or_host(std::string_view host) {
  known_host known = look_up(host);
  return host.substr(known.site_at, known.site_size);
}

bool grouping::is_own(std::string_view host, std::string_view page_host, const own_sites& own) {
  std::string_view its_site = site_or_host(host);
  return (!page_host.empty() && its_site == site_or_host(page_host)) || own.contains(its_site);
}

grouping::referral grouping::sent_by(std::string_view name) {
  const source* known = look_up(name).known;
  if (known == nullptr && name.starts_with("www.")) name.remove_prefix(4);
  return {known == nullptr ? name : known->name, medium_of(category_of(known)), category_of(known), {}};
}

std::optional<grouping::referral> grouping::refer(const std::optional<url>& referrer,
                                                  const url_reader& reader) {
  std::string_view host = host_of(referrer, reader);
  if (host.empty()) return {};
  referral result = sent_by(host);
  const source* known = look_up(host).known;
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
  return refer(reader.parse(referrer), reader);
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
  std::string_view name = click_name(click_id);
  if (name.size() > longest_remembered) return nullptr;
  auto found = param_numbers_.find(normal(name, reader.memory()));
  if (found == param_numbers_.end()) return nullptr;
  const touch_param& param = params_[found->second];
  return param.field == param_field::click_id ? &param : nullptr;
}

/// Fills in the source and medium that the campaign leaves open. A click id speaks for its own network, the
/// referrer only where neither campaign nor click id names a source. Returns whether the referrer spoke.
bool grouping::fill_origin(touch& contact, const touch_param* click, const std::optional<referral>& from) {
  auto& source = contact[touch_text::source];
  auto& medium = contact[touch_text::medium];
  if (medium) return false;
  auto says = [&](std::string_view its_source, std::string_view its_medium) {
    if (!source) source = its_source;
    if (!its_medium.empty()) medium = its_medium;
  };
  if (click != nullptr && !click->source.empty()) {
    if (!source || same_ignoring_case(trimmed(*source), click->source)) says(click->source, click->medium);
    return false;
  }
  if (source) return false;
  if (from) {
    says(from->source, from->medium);
    return true;
  }
  bool nothing = true;
  for (auto text : {touch_text::campaign, touch_text::term, touch_text::content, touch_text::click_id})
    nothing = nothing && !contact[text];
  if (nothing) says("(direct)", "(none)");
  return false;
}

std::optional<touch> grouping::read(std::string_view page_url, std::string_view referrer,
                                    const own_sites& own, const url_reader& reader) {
  std::optional<url> page = reader.parse(page_url), origin = reader.parse(referrer);
  std::string_view origin_host = host_of(origin, reader);
  campaign given = page ? campaign_of(page->query, reader) : campaign();

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
    if (!from) from = sent_by(normal(sender, reader.memory()));
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
  bool referred = fill_origin(result, given.click, from);
  if (referred && !result[touch_text::term]) set(touch_text::term, from->term);
  result[touch_text::channel] = channel_of(result, origin_host, reader);
  return result;
}

std::string_view grouping::channel(const touch& contact, const url_reader& reader) {
  touch whole = contact;
  for (auto& text : whole.texts)
    if (text && is_absent(*text)) text.reset();
  std::optional<url> origin = reader.parse(whole[touch_text::referrer].value_or(""));
  std::optional<referral> from = refer(origin, reader);
  if (from && from->category == excluded) from.reset();
  const auto& click_id = whole[touch_text::click_id];
  fill_origin(whole, click_id ? click_param(*click_id, reader) : nullptr, from);
  return channel_of(whole, host_of(origin, reader), reader);
}

std::string_view grouping::channel_of(const touch& contact, std::string_view origin_host,
                                      const url_reader& reader) {
  auto value = [&](touch_text text) { return normal(contact[text].value_or(""), reader.memory()); };
  std::string_view source = value(touch_text::source);
  return rules.channel({source, source.empty() ? source : category_of(look_up(source).known),
                        value(touch_text::medium), value(touch_text::campaign),
                        click_name(value(touch_text::click_id)), origin_host});
}

}  // namespace journey::channels
