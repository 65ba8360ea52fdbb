// The trail as text, which is JSON, and as bytes from outside.
#include "base/text.hpp"
#include "pg/context.hpp"
#include "sessions/rule_pg.hpp"
#include "sessions/trail_pg.hpp"
#include "sessions/trail_state.hpp"

extern "C" {
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/jsonb.h"

Datum journey_session_rule_in(PG_FUNCTION_ARGS);
}

namespace journey::sessions {
namespace {

// The keys of a touch, in the order of channels::touch_text.
constexpr std::array<const char*, channels::touch_texts> touch_keys{
    "source", "medium", "campaign", "term", "content", "channel", "referrer", "landing_page", "click_id"};

/// Writes JSON. Members after the first are separated by `next`.
class json_writer {
 public:
  json_writer() { initStringInfo(&text_); }

  void key(const char* name) {
    if (text_.data[text_.len - 1] != '{') appendStringInfoString(&text_, ", ");
    appendStringInfo(&text_, "\"%s\": ", name);
  }
  void text(const char* name, std::string_view value) {
    key(name);
    escape_json(&text_, pnstrdup(value.data(), value.size()));
  }
  void time(const char* name, std::int64_t value) {
    char digits[MAXDATELEN + 1];
    int utc = 0;
    key(name);
    appendStringInfo(&text_, "\"%s\"",
                     JsonEncodeDateTime(digits, TimestampTzGetDatum(value), TIMESTAMPTZOID, &utc));
  }
  void number(const char* name, std::int64_t value) {
    key(name);
    appendStringInfo(&text_, INT64_FORMAT, value);
  }
  void raw(const char* bytes) { appendStringInfoString(&text_, bytes); }
  char* data() { return text_.data; }

 private:
  StringInfoData text_;
};

// How the touch of an event with a page is called, by its class; one without a touch is not said.
constexpr std::array<std::string_view, 2> class_names{"non_direct", "direct"};

/// The keys of a page: itself, its time, the class of its event.
struct visit_keys {
  const char *page, *at, *touch;
};
constexpr visit_keys landing_keys{"landing_page", "landing_page_at", "landing_page_touch"};
constexpr visit_keys exit_keys{"exit_page", "exit_page_at", "exit_page_touch"};

/// The time is left out where it is the usual one.
void write_visit(json_writer& out, const visit_keys& keys, const page_visit& visit, std::int64_t usual) {
  out.text(keys.page, visit.page);
  if (visit.at != usual) out.time(keys.at, visit.at);
  if (visit.by != event_class::untouched)
    out.text(keys.touch, class_names[static_cast<std::size_t>(visit.by)]);
}

void write_touch(json_writer& out, const char* name, const channels::touch& touch) {
  out.key(name);
  out.raw("{");
  out.time("touched_at", touch.touched_at);
  for (std::size_t i = 0; i < touch_keys.size(); ++i)
    if (touch.texts[i]) out.text(touch_keys[i], *touch.texts[i]);
  out.raw("}");
}

void write_session(json_writer& out, const session& session) {
  out.raw("{");
  out.time("started_at", session.started_at);
  out.time("ended_at", session.ended_at);
  out.number("events", session.events);
  if (session.converted_at) {
    out.number("conversions", session.conversions);
    out.time("converted_at", *session.converted_at);
  }
  if (session.landing) {
    out.number("pages", session.pages);
    write_visit(out, landing_keys, *session.landing, session.started_at);
    write_visit(out, exit_keys, *session.exit, session.ended_at);
  }
  if (session.direct) write_touch(out, "direct_touch", *session.direct);
  if (session.non_direct) write_touch(out, "non_direct_touch", *session.non_direct);
  out.raw("}");
}

constexpr const char* form =
    "A trail reads like {\"rule\": \"00:30:00\", \"sessions\": [{\"started_at\": \"2024-01-01T10:00:00Z\", "
    "\"ended_at\": \"2024-01-01T10:05:00Z\", \"events\": 2}]}.";

[[noreturn]] void malformed(const std::string& why) {
  throw error(sqlstate::invalid_text_representation, "invalid trail: " + why, form);
}

/// PostgreSQL takes `trail(text)` for a cast, so that texts meant as times end up here.
const Jsonb* read_json(char* given) {
  std::string_view text = trimmed(given);
  if (!text.starts_with('{'))
    throw error(sqlstate::invalid_text_representation, "invalid trail: it is no JSON object: " + quoted(text),
                std::string(form) +
                    " For the trail of events give their times as timestamptz: "
                    "trail(ts::timestamptz).");
  auto show_form = [](void*) { errhint("%s", form); };
  return DatumGetJsonbP(pg::in_context(
      show_form, nullptr, [given] { return DirectFunctionCall1(jsonb_in, CStringGetDatum(given)); }));
}

/// Reads the members of a JSON object by name.
class json_members {
 public:
  json_members(const JsonbValue* value, const char* what) {
    if (value == nullptr || value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
      malformed(std::string(what) + " must be an object");
    members_ = value->val.binary.data;
  }

  /// The member, or null where it is absent or JSON's null.
  const JsonbValue* find(const char* name) {
    auto* found = static_cast<JsonbValue*>(palloc(sizeof(JsonbValue)));
    if (getKeyJsonValueFromContainer(members_, name, static_cast<int>(std::strlen(name)), found) == nullptr)
      return nullptr;
    ++read_;
    return found->type == jbvNull ? nullptr : found;
  }
  std::optional<std::string_view> text(const char* name) {
    const JsonbValue* found = find(name);
    if (found == nullptr) return {};
    if (found->type != jbvString) malformed(std::string(name) + " must be a string");
    return std::string_view(found->val.string.val, static_cast<std::size_t>(found->val.string.len));
  }
  std::optional<std::int64_t> time(const char* name) {
    std::optional<std::string_view> found = text(name);
    if (!found) return {};
    return DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in,
                                                   CStringGetDatum(pnstrdup(found->data(), found->size())),
                                                   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
  }
  std::optional<std::int64_t> number(const char* name) {
    const JsonbValue* found = find(name);
    if (found == nullptr) return {};
    if (found->type != jbvNumeric) malformed(std::string(name) + " must be a number");
    Datum given = NumericGetDatum(found->val.numeric);
    Datum whole = DirectFunctionCall1(numeric_int8, given);
    if (!DatumGetBool(DirectFunctionCall2(numeric_eq, given, DirectFunctionCall1(int8_numeric, whole))))
      malformed(std::string(name) + " must be a whole number");
    return DatumGetInt64(whole);
  }
  template <class Value>
  Value required(std::optional<Value> value, const char* name) {
    if (!value) malformed(std::string(name) + " is missing");
    return *value;
  }
  /// An error where there are members that nobody has asked for.
  void end(const char* what) {
    if (read_ != JsonContainerSize(members_)) malformed(std::string(what) + " has a key that is not known");
  }

 private:
  JsonbContainer* members_;
  std::uint32_t read_ = 0;
};

page_mark read_visit(json_members& in, const visit_keys& keys, std::int64_t usual, word_list& words) {
  std::optional<std::string_view> page = in.text(keys.page);
  std::optional<std::int64_t> at = in.time(keys.at);
  std::optional<std::string_view> touch = in.text(keys.touch);
  if (!page && (at || touch)) malformed(std::string(keys.page) + " is missing");
  if (!page) return {};
  auto by = event_class::untouched;
  if (touch) {
    auto found = std::ranges::find(class_names, *touch);
    if (found == class_names.end()) malformed(std::string(keys.touch) + " must be direct or non_direct");
    by = static_cast<event_class>(found - class_names.begin());
  }
  return {at.value_or(usual), words.text(*page), by};
}

touch_mark read_touch(const JsonbValue* value, word_list& words) {
  if (value == nullptr) return {};
  json_members in(value, "a touch");
  std::int64_t touched_at = in.required(in.time("touched_at"), "touched_at");
  channels::touch touch;
  for (std::size_t i = 0; i < touch_keys.size(); ++i) touch.texts[i] = in.text(touch_keys[i]);
  in.end("a touch");
  return {touched_at, words.touch(touch)};
}

session_record read_session(const JsonbValue* value, word_list& words) {
  json_members in(value, "a session");
  session_record session;
  session.started_at = in.required(in.time("started_at"), "started_at");
  session.ended_at = in.required(in.time("ended_at"), "ended_at");
  session.events = in.required(in.number("events"), "events");
  std::optional<std::int64_t> conversions = in.number("conversions");
  std::optional<std::int64_t> converted_at = in.time("converted_at");
  if (conversions.has_value() != converted_at.has_value())
    malformed("conversions and converted_at go together");
  if (conversions) {
    if (*conversions < 1) malformed("conversions must be greater than zero");
    session.conversions = *conversions;
    session.converted_at = *converted_at;
  }
  session.pages = in.number("pages").value_or(0);
  session.landing = read_visit(in, landing_keys, session.started_at, words);
  session.exit = read_visit(in, exit_keys, session.ended_at, words);
  session.direct = read_touch(in.find("direct_touch"), words);
  session.non_direct = read_touch(in.find("non_direct_touch"), words);
  in.end("a session");
  return session;
}

}  // namespace

void check_texts(const trail_view& trail) {
  auto check = [](std::string_view text) {
    check_interrupts();
    pg_verifymbstr(text.data(), static_cast<int>(text.size()), false);
  };
  check(trail.rule().day_boundary);
  for (std::string_view text : trail.words().texts) check(text);
}

}  // namespace journey::sessions

using namespace journey;
using namespace journey::sessions;

JOURNEY_FUNCTION(trail_out) {
  trail_view trail = trail_argument(fcinfo, 0);
  json_writer out;
  out.raw("{");
  Datum rule = pg::text_datum(rule_text(trail.rule()));
  out.text("rule", pg::text_view(rule));
  out.key("sessions");
  out.raw("[");
  for (const session& session : trail) {
    if (session.number > 1) out.raw(", ");
    write_session(out, session);
  }
  out.raw("]}");
  PG_RETURN_CSTRING(out.data());
}

JOURNEY_FUNCTION(trail_in) {
  const Jsonb* json = read_json(PG_GETARG_CSTRING(0));
  JsonbValue root;
  root.type = jbvBinary;
  root.val.binary.data = const_cast<JsonbContainer*>(&json->root);
  json_members in(&root, "it");
  std::string_view rule_text = in.required(in.text("rule"), "rule");
  session_rule rule = read_rule(DirectFunctionCall1(
      journey_session_rule_in, CStringGetDatum(pnstrdup(rule_text.data(), rule_text.size()))));
  if (rule.max_duration) malformed("a trail can't have a rule with max_duration");
  const JsonbValue* list = in.find("sessions");
  if (list == nullptr || list->type != jbvBinary || !JsonContainerIsArray(list->val.binary.data))
    malformed("sessions must be an array");
  in.end("it");
  std::pmr::memory_resource* memory = pg::call_memory();
  auto& words = *std::pmr::polymorphic_allocator<>(memory).new_object<word_list>(memory);
  std::pmr::vector<session_record> sessions(memory);
  JsonbIterator* each = JsonbIteratorInit(list->val.binary.data);
  JsonbValue value;
  for (JsonbIteratorToken token; (token = JsonbIteratorNext(&each, &value, true)) != WJB_DONE;) {
    check_interrupts();
    if (token == WJB_ELEM) sessions.push_back(read_session(&value, words));
  }
  check_sessions(rule, sessions, words.view(), sqlstate::invalid_text_representation);
  return trail_datum([&](std::pmr::memory_resource* scratch, wire::writer& out) {
    write_trail<session_record>(rule, {sessions}, words.view(), scratch, out);
  });
}

JOURNEY_FUNCTION(trail_recv) {
  auto* message = reinterpret_cast<StringInfo>(PG_GETARG_POINTER(0));
  int length = message->len - message->cursor;
  std::string_view bytes(pq_getmsgbytes(message, length), static_cast<std::size_t>(length));
  check_trail(bytes, pg::call_memory());
  trail_view trail(bytes, pg::call_memory());
  check_texts(trail);
  std::string_view zone = trail.rule().day_boundary;
  if (!zone.empty() && calendar_of(zone).zone() != zone)
    throw error(sqlstate::invalid_binary_representation,
                "invalid trail: its time zone is not spelled as usual");
  PG_RETURN_BYTEA_P(DatumGetByteaP(pg::text_datum(bytes)));
}

JOURNEY_FUNCTION(trail_send) { PG_RETURN_BYTEA_P(DatumGetByteaPCopy(PG_GETARG_DATUM(0))); }
