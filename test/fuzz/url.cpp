// Any bytes as a URL: no crash, no read out of bounds, and the parts are what they say.
#include "channels/url.hpp"

#include <cstdint>
#include <cstdlib>

#include "channels/site.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace journey::channels;
  std::pmr::monotonic_buffer_resource memory;
  url_reader reader(&memory);
  std::optional<url> parsed = reader.parse({reinterpret_cast<const char*>(bytes), size});
  if (!parsed) return 0;
  if (parsed->host) {
    if (parsed->host->empty()) std::abort();
    std::optional<std::string_view> domain = site(*parsed->host);
    if (domain && parsed->host->find(*domain) == std::string_view::npos) std::abort();
  }
  std::size_t pairs = 0;
  each_param(parsed->query, [&](std::string_view name, std::string_view value) {
    if (reader.form_decoded(name).size() > name.size()) std::abort();
    if (reader.form_decoded(value).size() > value.size()) std::abort();
    return ++pairs == 1000;
  });
  return 0;
}
