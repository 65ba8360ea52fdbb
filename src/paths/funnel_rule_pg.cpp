#include "paths/funnel_rule_pg.hpp"

#include "pg/aggregate.hpp"
#include "pg/context.hpp"

namespace journey::paths {
namespace {

/// A rule's stored form as a varlena.
Datum rule_datum(const funnel_rule& rule) {
  struct stored {
    const funnel_rule& rule;
    void serialize(wire::writer& out) const { write(out, rule); }
  };
  return PointerGetDatum(pg::to_bytea(stored{rule}));
}

funnel_rule parse_rule(std::string_view text) {
  auto show_form = [](void*) {
    errhint("A funnel_rule is a duration and what it may want: '7 days, strict_order, strict_increase'.");
  };
  std::size_t comma = std::min(text.find(','), text.size());
  Datum within = pg::in_context(show_form, nullptr, [&] {
    return DirectFunctionCall3(interval_in, CStringGetDatum(pnstrdup(text.data(), comma)),
                               ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
  });
  funnel_rule rule;
  rule.within = pg::positive_duration(DatumGetIntervalP(within), "within");
  read_options(text.substr(comma), rule);
  return rule;
}

}  // namespace

funnel_rule read_rule(Datum value) {
  wire::reader in(pg::text_view(value), "funnel_rule");
  funnel_rule rule = read_rule(in);
  in.end();
  return rule;
}

}  // namespace journey::paths

using namespace journey;
using namespace journey::paths;

JOURNEY_FUNCTION(funnel_rule) {
  constexpr const char* arguments[] = {"within",          "strict_order",         "strict_once",
                                       "strict_increase", "strict_deduplication", "reentry"};
  for (int i = 0; i < 6; ++i)
    if (PG_ARGISNULL(i)) pg::null_argument(arguments[i]);
  funnel_rule rule{pg::positive_duration(PG_GETARG_INTERVAL_P(0), "within"),
                   PG_GETARG_BOOL(1),
                   PG_GETARG_BOOL(2),
                   PG_GETARG_BOOL(3),
                   PG_GETARG_BOOL(4),
                   PG_GETARG_BOOL(5)};
  check(rule);
  return rule_datum(rule);
}

JOURNEY_FUNCTION(funnel_rule_in) { return rule_datum(parse_rule(PG_GETARG_CSTRING(0))); }

JOURNEY_FUNCTION(funnel_rule_out) {
  funnel_rule rule = paths::read_rule(PG_GETARG_DATUM(0));
  PG_RETURN_CSTRING(pstrdup(rule_text(rule).c_str()));
}

JOURNEY_FUNCTION(funnel_rule_recv) {
  auto* message = reinterpret_cast<StringInfo>(PG_GETARG_POINTER(0));
  int length = message->len - message->cursor;
  wire::reader in({pq_getmsgbytes(message, length), static_cast<std::size_t>(length)}, "funnel_rule");
  funnel_rule rule = read_rule(in);
  in.end();
  return rule_datum(rule);
}

JOURNEY_FUNCTION(funnel_rule_send) { return PointerGetDatum(DatumGetByteaPCopy(PG_GETARG_DATUM(0))); }
