// From a page's URL and its referrer to a touch, and from a touch to its channel, by parameters, sources and
// rules that are data.
#pragma once

#include "channels/rules.hpp"
#include "channels/sources.hpp"
#include "channels/touch.hpp"
#include "channels/url.hpp"

namespace journey::channels {

/// What a parameter of a page's URL tells.
enum class param_field { source, medium, campaign, term, content, click_id, referrer };
inline constexpr std::size_t param_fields = 7;

struct touch_param {
  std::string_view name;  // normal
  param_field field;
  std::string_view source, medium;  // a click id's: those of its network
};

/// The sites that are the user's own beside the page's, each with all its hosts.
class own_sites {
 public:
  explicit own_sites(std::pmr::memory_resource* memory) : sites_(memory) {}

  void clear() { sites_.clear(); }
  void add(std::string_view host);
  bool contains(std::string_view site) const { return !sites_.empty() && sites_.contains(site); }

 private:
  hash_set<std::pmr::string, name_hash> sites_;
};

/// Everything that turns URLs into touches. Remembers what it has looked up, within bounds.
class grouping {
 public:
  explicit grouping(std::pmr::memory_resource* memory)
      : sources(memory),
        rules(memory),
        params_(memory),
        param_numbers_(memory),
        looked_up_(memory),
        named_(memory),
        paths_(memory) {}

  source_list sources;
  channel_rules rules;

  /// Adds a parameter behind the others: of those that tell the same, the first added wins.
  void add_param(const touch_param& param);

  /// The touch that a page view is, without its time; nothing for a move within the own sites. The texts live
  /// in the arguments, in `reader`'s memory and as long as this object.
  std::optional<touch> read(std::string_view page_url, std::string_view referrer, const own_sites& own,
                            const url_reader& reader);

  /// The channel of a touch with these texts.
  std::string_view channel(const touch& contact, const url_reader& reader);

  /// Where a referrer leads to.
  struct referral {
    std::string_view source, medium;  // as a touch carries them
    std::string_view category;        // of a known source, else empty
    std::string_view term;            // what was searched for
  };
  /// Nothing where `referrer` is no URL with a host.
  std::optional<referral> refer(std::string_view referrer, const url_reader& reader);

  /// The one name of a source, however a campaign writes it: a known source's own name, the host of a URL,
  /// else the text in lower case.
  std::string_view source_name(std::string_view source, const url_reader& reader);

 private:
  struct campaign;
  struct known_host {
    const source* known;
    std::uint32_t site_at, site_size;  // where in the host its site is; the whole host where it has none
    std::uint32_t paths_at, paths;     // in paths_: the sources of some of its paths
  };
  struct known_name {
    const source* known;
    bool ad;   // names a source's ads
    bool url;  // is written as a URL or a host
  };

  known_host look_up(std::string_view host);
  std::string_view site_or_host(std::string_view host);
  bool is_own(std::string_view host, std::string_view page_host, const own_sites& own);
  const source* known_at(std::string_view host, std::string_view path);
  known_name look_up_name(std::string_view source, const url_reader& reader);
  known_name find_name(std::string_view name, const url_reader& reader);
  std::string_view written_name(std::string_view source, const known_name& name, const url_reader& reader);
  std::string_view ad_medium(const source* known) const;
  std::string_view category(const source* known) const;
  referral sent_by(const source* known, std::string_view name) const;
  std::optional<referral> refer(const std::optional<url>& referrer, const url_reader& reader);
  campaign campaign_of(const url& page, const url_reader& reader) const;
  const touch_param* click_param(std::string_view click_id, const url_reader& reader) const;
  bool fill_origin(touch& contact, const touch_param* click, const std::optional<referral>& from,
                   const url_reader& reader);
  std::string_view channel_of(const touch& contact, const touch_param* click,
                              const std::optional<url>& origin, const std::optional<url>& page,
                              const url_reader& reader);

  std::pmr::vector<touch_param> params_;
  name_map<std::uint32_t> param_numbers_;
  name_map<known_host> looked_up_;
  name_map<known_name> named_;
  std::pmr::vector<path_source> paths_;
};

}  // namespace journey::channels
