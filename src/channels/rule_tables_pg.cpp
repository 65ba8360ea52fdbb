#include "channels/rule_tables_pg.hpp"

#include <algorithm>

#include "pg/array.hpp"
#include "pg/memory.hpp"
#include "pg/query.hpp"

namespace journey::channels {
namespace {

/// Reads the tables into a grouping that lives in one memory with all its texts.
class table_reader {
 public:
  explicit table_reader(std::pmr::memory_resource* memory) : groups(memory), memory_(memory) {}

  void read() {
    read_sources();
    read_params();
    read_rules();
  }

  grouping groups;

 private:
  using texts = std::span<const std::string_view>;

  std::string_view name(Datum value) { return copied(normal(pg::text_view(value), memory_), memory_); }
  std::string_view optional_name(Datum value, bool is_null) {
    return is_null ? std::string_view() : name(value);
  }

  /// The elements of a text[], each made by `element(view)`.
  template <class Element>
  texts elements(Datum array, const char* column, Element element) {
    auto given = pg::text_elements(array, column);
    auto* kept = static_cast<std::string_view*>(
        memory_->allocate((given.size() + 1) * sizeof(std::string_view), alignof(std::string_view)));
    std::ranges::transform(given, kept, element);
    return {kept, given.size()};
  }
  texts names(Datum array, const char* column) {
    return elements(array, column, [this](auto text) { return copied(normal(text, memory_), memory_); });
  }

  void read_sources() {
    static constexpr pg::query_column columns[] = {
        {"source", TEXTOID}, {"category", TEXTOID}, {"names", TEXTARRAYOID}, {"term_params", TEXTARRAYOID}};
    pg::read_query(
        "SELECT source, category, names, term_params FROM journey.sources ORDER BY shipped, category IS NOT "
        "DISTINCT FROM 'ad', source COLLATE pg_catalog.\"C\"",
        "journey.sources", columns, [this](const Datum* values, const bool* nulls) {
          texts term_params =
              elements(values[3], "term_params", [this](auto text) { return copied(text, memory_); });
          groups.sources.add({name(values[0]), optional_name(values[1], nulls[1]), term_params},
                             names(values[2], "names"));
        });
  }

  void read_params() {
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
                            optional_name(values[2], nulls[2]), optional_name(values[3], nulls[3])});
        });
  }

  void read_rules() {
    static constexpr pg::query_column columns[] = {
        {"channel", TEXTOID},       {"source", TEXTARRAYOID},        {"category", TEXTARRAYOID},
        {"medium", TEXTARRAYOID},   {"campaign", TEXTARRAYOID},      {"click_id", TEXTARRAYOID},
        {"referrer", TEXTARRAYOID}, {"referrer_path", TEXTARRAYOID}, {"landing_page", TEXTARRAYOID}};
    pg::read_query(
        "SELECT channel, source, category, medium, campaign, click_id, referrer, referrer_path, landing_page"
        " FROM journey.channel_rules ORDER BY position, shipped, channel COLLATE pg_catalog.\"C\"",
        "journey.channel_rules", columns, [this](const Datum* values, const bool* nulls) {
          std::array<channel_rules::patterns, rule_fields> conditions;
          for (std::size_t i = 0; i < rule_fields; ++i)
            if (!nulls[i + 1]) conditions[i] = names(values[i + 1], columns[i + 1].name);
          groups.rules.add(copied(pg::text_view(values[0]), memory_), conditions);
        });
  }

  std::pmr::memory_resource* memory_;
};

grouping& read_into(MemoryContext context) {
  MemoryContextReset(context);
  auto& reader = pg::make_in<table_reader>(context);
  reader.read();
  return reader.groups;
}

/// What the session keeps of the tables from statement to statement. It goes only with a change, at which
/// each call site looks anew.
struct {
  MemoryContext context;
  pg::rule_version version;
  grouping* read;
  Oid reader;
} kept;

/// The kept rules where they are those that this statement's user would read, else nothing.
grouping* kept_rules() {
  if (!pg::sees_all_changes()) return nullptr;
  if (kept.version.changed() || kept.read == nullptr) {
    kept.read = nullptr;  // should reading fail
    if (kept.context == nullptr)
      kept.context = AllocSetContextCreate(TopMemoryContext, "journey rule tables", ALLOCSET_DEFAULT_SIZES);
    kept.reader = GetUserId();
    kept.read = &read_into(kept.context);
  }
  return kept.reader == GetUserId() ? kept.read : nullptr;
}

}  // namespace

rule_tables::rule_tables(MemoryContext context)
    : context_(AllocSetContextCreate(context, "journey rule tables", ALLOCSET_DEFAULT_SIZES)) {}

grouping& rule_tables::current() {
  if (version_.changed() || read_ == nullptr) {
    read_ = nullptr;  // should reading fail
    grouping* shared = kept_rules();
    read_ = shared != nullptr ? shared : &read_into(context_);
  }
  return *read_;
}

}  // namespace journey::channels
