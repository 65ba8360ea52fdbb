#include "channels/rule_tables_pg.hpp"
#include "channels/site.hpp"
#include "channels/touch_pg.hpp"
#include "channels/url_pg.hpp"
#include "pg/array.hpp"
#include "pg/call_site.hpp"
#include "pg/composite.hpp"

namespace journey::channels {
namespace {

/// The text of an argument that may be NULL, empty then.
std::string_view optional_text(FunctionCallInfo fcinfo, int position) {
  return PG_ARGISNULL(position) ? std::string_view() : pg::text_argument(fcinfo, position);
}

void check_host(std::string_view host) {
  bool possible = host.size() <= longest_host && host.find_first_of("/?#@") == host.npos;
  if (possible && (host.starts_with('[') || host.find(':') == host.npos)) return;
  throw error(sqlstate::invalid_parameter_value, "own_hosts must hold hosts, not " + quoted(host),
              "Give the host alone, such as 'www.example.com'; journey.url_host() takes it from a URL.");
}

struct touch_site {
  touch_site(std::pmr::memory_resource* memory, FunctionCallInfo fcinfo)
      : tables(fcinfo->flinfo->fn_mcxt), type(memory), own_(memory) {}

  /// The own hosts: the same for most rows.
  const own_sites& own(FunctionCallInfo fcinfo, int position) {
    return own_.of(fcinfo, position, [](own_sites& sites, std::string_view bytes) {
      sites.clear();
      if (bytes.empty()) return;
      for (std::string_view host : pg::text_elements(PointerGetDatum(bytes.data()), "own_hosts")) {
        check_interrupts();
        check_host(host);
        sites.add(normal(host, pg::call_memory()));
      }
    });
  }

  rule_tables tables;
  touch_type type;

 private:
  pg::argument_cache<own_sites> own_;
};

struct channel_site {
  channel_site(std::pmr::memory_resource*, FunctionCallInfo fcinfo) : tables(fcinfo->flinfo->fn_mcxt) {}
  rule_tables tables;
};

struct referrer_site {
  referrer_site(std::pmr::memory_resource*, FunctionCallInfo fcinfo)
      : tables(fcinfo->flinfo->fn_mcxt),
        result(pg::row_type::returned(fcinfo, {TEXTOID, TEXTOID, TEXTOID})) {}
  rule_tables tables;
  pg::row_type result;
};

}  // namespace
}  // namespace journey::channels

using namespace journey;
using namespace journey::channels;

JOURNEY_FUNCTION(referrer_source) {
  std::string_view referrer = pg::text_argument(fcinfo, 0);
  auto& site = pg::call_site<referrer_site>(fcinfo, fcinfo);
  auto found = site.tables.current().refer(referrer, reader_of_call());
  if (!found) PG_RETURN_NULL();
  Datum values[] = {pg::text_datum(found->category.empty() ? found->medium : found->category),
                    pg::text_datum(found->source), pg::text_datum(found->term)};
  bool nulls[] = {false, false, found->term.empty()};
  return site.result.row(values, nulls);
}

JOURNEY_FUNCTION(touch) {
  if (PG_ARGISNULL(0) || PG_ARGISNULL(1)) PG_RETURN_NULL();
  std::string_view page_url = pg::text_argument(fcinfo, 1), referrer = optional_text(fcinfo, 2);
  auto& site = pg::call_site<touch_site>(fcinfo, fcinfo);
  const own_sites& own = site.own(fcinfo, 3);
  std::optional<channels::touch> made = site.tables.current().read(page_url, referrer, own, reader_of_call());
  if (!made) PG_RETURN_NULL();
  made->touched_at = PG_GETARG_TIMESTAMPTZ(0);
  return site.type.datum(*made);
}

JOURNEY_FUNCTION(channel) {
  channels::touch contact;
  static constexpr touch_text arguments[] = {touch_text::source,   touch_text::medium,
                                             touch_text::campaign, touch_text::referrer,
                                             touch_text::click_id, touch_text::landing_page};
  for (int i = 0; i < 6; ++i)
    if (!PG_ARGISNULL(i)) contact[arguments[i]] = pg::text_argument(fcinfo, i);
  auto& site = pg::call_site<channel_site>(fcinfo, fcinfo);
  return pg::text_datum(site.tables.current().channel(contact, reader_of_call()));
}

JOURNEY_FUNCTION(source_name) {
  std::string_view source = pg::text_argument(fcinfo, 0);
  if (is_absent(source)) PG_RETURN_NULL();
  auto& site = pg::call_site<channel_site>(fcinfo, fcinfo);
  return pg::text_datum(site.tables.current().source_name(source, reader_of_call()));
}
