#include "identity/edge_call_pg.hpp"

namespace journey::identity {

row_writer::row_writer(FunctionCallInfo fcinfo, const pg::workspace& work, const edge_source& source)
    : source_(source),
      rows_(fcinfo),
      per_row_(AllocSetContextCreateInternal(work.context(), "journey row", ALLOCSET_SMALL_SIZES)) {}

void row_writer::time(instant value) {
  if (value == unknown_time)
    null();
  else if (value == unknown_time - 1)
    put(TimestampTzGetDatum(DT_NOEND));
  else
    put(TimestampTzGetDatum(value));
}

row_writer::id_columns row_writer::columns_of(node number) const {
  const id_pool::id& id = source_.ids()[number];
  if (source_.form() == edge_form::users)
    return {pg::text_datum(id.text()), BoolGetDatum(id.kind == user_kind)};
  return {pg::text_datum(source_.kind_name(id.kind)), pg::text_datum(id.text())};
}

void row_writer::id(node number) {
  if (number == no_node) {
    null();
    null();
    return;
  }
  for (Datum value : columns_of(number).values) put(value);
}

void row_writer::visitor(node number) {
  if (source_.form() == edge_form::kinds)
    number == no_node ? null() : text(source_.kind_name(source_.ids()[number].kind));
  number == no_node ? null() : text(source_.ids()[number].text());
}

void row_writer::changed(const change& one) {
  row([&] {
    id(one.id);
    visitor(one.now.visitor);
    number(one.now.members);
    time(one.now.first_seen);
    time(one.now.last_seen);
    visitor(one.old_visitor);
  });
}

}  // namespace journey::identity
