#include "channels/site.hpp"
#include "channels/url_pg.hpp"

namespace journey::channels {

url_reader reader_of_call() {
  int encoding = GetDatabaseEncoding();
  return url_reader(pg::call_memory(), encoding == PG_UTF8 || encoding == PG_SQL_ASCII);
}

namespace {

Datum text_or_null(FunctionCallInfo fcinfo, std::optional<std::string_view> text) {
  if (!text) PG_RETURN_NULL();
  return pg::text_datum(*text);
}

}  // namespace
}  // namespace journey::channels

using namespace journey;
using namespace journey::channels;

JOURNEY_FUNCTION(url_host) {
  std::optional<url> parsed = reader_of_call().parse(pg::text_argument(fcinfo, 0));
  return text_or_null(fcinfo, parsed ? parsed->host : std::nullopt);
}

JOURNEY_FUNCTION(url_path) {
  std::optional<url> parsed = reader_of_call().parse(pg::text_argument(fcinfo, 0));
  return text_or_null(fcinfo, parsed ? parsed->path : std::nullopt);
}

JOURNEY_FUNCTION(url_param) {
  std::string_view text = pg::text_argument(fcinfo, 0), name = pg::text_argument(fcinfo, 1);
  url_reader reader = reader_of_call();
  std::optional<url> parsed = reader.parse(text);
  return text_or_null(fcinfo, parsed ? reader.param(parsed->query, name) : std::nullopt);
}

JOURNEY_FUNCTION(site) {
  return text_or_null(fcinfo, site(normal(pg::text_argument(fcinfo, 0), pg::call_memory())));
}
