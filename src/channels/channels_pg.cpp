#include <algorithm>

#include "channels/grouping.hpp"
#include "channels/site.hpp"
#include "channels/touch_pg.hpp"
#include "pg/memory.hpp"
#include "pg/query.hpp"

namespace journey::channels {
namespace {

url_reader reader_of_call() {
  int encoding = GetDatabaseEncoding();
  return url_reader(pg::call_memory(), encoding == PG_UTF8 || encoding == PG_SQL_ASCII);
}

/// The text of an argument that may be NULL, empty then.
std::string_view optional_text(FunctionCallInfo fcinfo, int position) {
  return PG_ARGISNULL(position) ? std::string_view() : pg::text_argument(fcinfo, position);
}

Datum text_or_null(FunctionCallInfo fcinfo, std::optional<std::string_view> text) {
  if (!text) PG_RETURN_NULL();
  return pg::text_datum(*text);
}

using texts = std::span<const std::string_view>;

/// The elements of a text[], NULLs left out, each made by `element(view)`.
template <class Element>
texts array_texts(Datum array, std::pmr::memory_resource* memory, Element element) {
  Datum* values;
  bool* nulls;
  int count;
  deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls, &count);
  auto* views = static_cast<std::string_view*>(
      memory->allocate((count + 1) * sizeof(std::string_view), alignof(std::string_view)));
  std::size_t made = 0;
  for (int i = 0; i < count; ++i)
    if (!nulls[i]) new (&views[made++]) std::string_view(element(pg::text_view(values[i])));
  return {views, made};
}

void check_host(std::string_view host) {
  if (host.find_first_of("/?#@") == host.npos && (host.starts_with('[') || host.find(':') == host.npos))
    return;
  throw error(sqlstate::invalid_parameter_value, "own_hosts must hold hosts, not " + quoted(host),
              "Give the host alone, such as 'www.example.com'; journey.url_host() takes it from a URL.");
}

/// The sources, parameters and rules as the query at hand sees them. Made at the first call of a query and
/// kept for all that follow.
class channel_data {
 public:
  static channel_data& of(FunctionCallInfo fcinfo) {
    auto*& kept = fcinfo->flinfo->fn_extra;
    if (kept == nullptr) {
      MemoryContext context = fcinfo->flinfo->fn_mcxt;
      channel_data& made = pg::make_in<channel_data>(context, context);
      made.load();
      kept = &made;
    }
    return *static_cast<channel_data*>(kept);
  }

  channel_data(std::pmr::memory_resource* memory, MemoryContext context)
      : groups(memory), type(touch_type::make(context)), memory_(memory) {}

  /// Own hosts are the same for most rows: they are taken in only when they change.
  void set_own_hosts(Datum array) {
    struct varlena* value = PG_DETOAST_DATUM(array);
    std::string_view bytes(reinterpret_cast<const char*>(value), VARSIZE(value));
    if (bytes == own_hosts_) return;
    own_hosts_ = bytes;
    std::pmr::memory_resource* call = pg::call_memory();
    groups.set_own_hosts(array_texts(PointerGetDatum(value), call, [call](std::string_view host) {
      check_host(host);
      return normal(host, call);
    }));
  }

  /// The row that the calling function returns.
  TupleDesc result_shape(FunctionCallInfo fcinfo) {
    if (shape_ == nullptr) {
      MemoryContext caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
      get_call_result_type(fcinfo, nullptr, &shape_);
      BlessTupleDesc(shape_);
      MemoryContextSwitchTo(caller);
    }
    return shape_;
  }

  grouping groups;
  touch_type& type;

 private:
  void load() {
    load_sources();
    load_params();
    load_rules();
  }

  std::string_view name(Datum value) { return copied(normal(pg::text_view(value), memory_), memory_); }
  texts names(Datum value) {
    return array_texts(value, memory_,
                       [this](std::string_view text) { return copied(normal(text, memory_), memory_); });
  }

  void load_sources() {
    static constexpr pg::query_column columns[] = {
        {"source", TEXTOID}, {"category", TEXTOID}, {"names", TEXTARRAYOID}, {"term_params", TEXTARRAYOID}};
    pg::read_query(
        "SELECT source, category, names, term_params FROM journey.sources ORDER BY shipped, source COLLATE "
        "pg_catalog.\"C\"",
        "journey.sources", columns, [this](const Datum* values, const bool* nulls) {
          std::string_view category = nulls[1] ? std::string_view() : name(values[1]);
          texts term_params = array_texts(values[3], memory_,
                                          [this](std::string_view text) { return copied(text, memory_); });
          groups.sources.add({name(values[0]), category, term_params}, names(values[2]));
        });
  }

  void load_params() {
    static constexpr pg::query_column columns[] = {
        {"name", TEXTOID}, {"field", TEXTOID}, {"source", TEXTOID}, {"medium", TEXTOID}};
    pg::read_query(
        "SELECT name, field, source, medium FROM journey.touch_params ORDER BY position, shipped, name "
        "COLLATE pg_catalog.\"C\"",
        "journey.touch_params", columns, [this](const Datum* values, const bool* nulls) {
          static constexpr std::string_view fields[] = {"source",  "medium",   "campaign", "term",
                                                        "content", "click_id", "referrer"};
          auto field = std::ranges::find(fields, pg::text_view(values[1])) - fields;
          groups.add_param({name(values[0]), static_cast<param_field>(field),
                            nulls[2] ? std::string_view() : name(values[2]),
                            nulls[3] ? std::string_view() : name(values[3])});
        });
  }

  void load_rules() {
    static constexpr pg::query_column columns[] = {{"channel", TEXTOID},       {"source", TEXTARRAYOID},
                                                   {"category", TEXTARRAYOID}, {"medium", TEXTARRAYOID},
                                                   {"campaign", TEXTARRAYOID}, {"click_id", TEXTARRAYOID},
                                                   {"referrer", TEXTARRAYOID}};
    pg::read_query(
        "SELECT channel, source, category, medium, campaign, click_id, referrer FROM journey.channel_rules"
        " ORDER BY position, shipped, channel COLLATE pg_catalog.\"C\"",
        "journey.channel_rules", columns, [this](const Datum* values, const bool* nulls) {
          std::array<channel_rules::patterns, rule_fields> conditions;
          for (std::size_t i = 0; i < rule_fields; ++i)
            if (!nulls[i + 1]) conditions[i] = names(values[i + 1]);
          groups.rules.add(copied(pg::text_view(values[0]), memory_), conditions);
        });
  }

  std::pmr::memory_resource* memory_;
  std::pmr::string own_hosts_{memory_};  // the array's bytes
  TupleDesc shape_ = nullptr;
};

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

JOURNEY_FUNCTION(referrer_source) {
  std::string_view referrer = pg::text_argument(fcinfo, 0);
  auto& data = channel_data::of(fcinfo);
  auto found = data.groups.refer(referrer, reader_of_call());
  if (!found) PG_RETURN_NULL();
  Datum values[] = {pg::text_datum(found->category.empty() ? found->medium : found->category),
                    pg::text_datum(found->source), pg::text_datum(found->term)};
  bool nulls[] = {false, false, found->term.empty()};
  return HeapTupleGetDatum(heap_form_tuple(data.result_shape(fcinfo), values, nulls));
}

JOURNEY_FUNCTION(touch) {
  if (PG_ARGISNULL(0) || PG_ARGISNULL(1)) PG_RETURN_NULL();
  std::string_view page_url = pg::text_argument(fcinfo, 1), referrer = optional_text(fcinfo, 2);
  auto& data = channel_data::of(fcinfo);
  data.set_own_hosts(PG_ARGISNULL(3) ? PointerGetDatum(construct_empty_array(TEXTOID)) : PG_GETARG_DATUM(3));
  std::optional<channels::touch> made = data.groups.read(page_url, referrer, reader_of_call());
  if (!made) PG_RETURN_NULL();
  made->touched_at = PG_GETARG_TIMESTAMPTZ(0);
  return data.type.datum(*made);
}

JOURNEY_FUNCTION(channel) {
  channels::touch contact;
  static constexpr touch_text arguments[] = {touch_text::source, touch_text::medium, touch_text::campaign,
                                             touch_text::referrer, touch_text::click_id};
  for (int i = 0; i < 5; ++i)
    if (!PG_ARGISNULL(i)) contact[arguments[i]] = pg::text_argument(fcinfo, i);
  return pg::text_datum(channel_data::of(fcinfo).groups.channel(contact, reader_of_call()));
}
