#include "pg/rule_tables.hpp"

#include <utility>

#include "pg/entry.hpp"

extern "C" {
#include "access/transam.h"
#include "commands/extension.h"
#include "commands/trigger.h"
#include "utils/inval.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"
}

namespace journey::pg {
namespace {

/// Grows with every message that a relation is not what it was, rules among them; 0 before anybody asked.
std::uint64_t version = 0;

void note_change(Datum, Oid) { ++version; }

/// The version that was last asked for, and the transaction that was to begin next then: all before it that
/// have ended are visible to a snapshot with no lower xmin.
std::uint64_t heard_of = 0;
TransactionId heard_before = InvalidTransactionId;

}  // namespace

bool rule_version::changed() {
  if (version == 0) {
    CacheRegisterRelcacheCallback(note_change, Datum{0});
    version = 1;
  }
  Snapshot now = GetActiveSnapshot();
  view seen{now->xmin, now->xmax, now->xcnt, now->curcid};
  if (!(seen == seen_)) {
    AcceptInvalidationMessages();
    seen_ = seen;
  }
  if (heard_of != version) {
    heard_of = version;
    heard_before = ReadNextTransactionId();
  }
  return std::exchange(version_, version) != version;
}

bool sees_all_changes() {
  return heard_of == version && TransactionIdFollowsOrEquals(GetActiveSnapshot()->xmin, heard_before);
}

}  // namespace journey::pg

using namespace journey;

namespace {

/// The trigger's data; an error where the function is not called as a trigger.
TriggerData& trigger_data(FunctionCallInfo fcinfo) {
  if (!CALLED_AS_TRIGGER(fcinfo))
    throw error(sqlstate::feature_not_supported, "this function is for triggers of journey's rule tables");
  return *reinterpret_cast<TriggerData*>(fcinfo->context);
}

}  // namespace

JOURNEY_FUNCTION(rules_changed) {
  CacheInvalidateRelcache(trigger_data(fcinfo).tg_relation);
  PG_RETURN_POINTER(nullptr);
}

JOURNEY_FUNCTION(refuse_shipped) {
  TriggerData& trigger = trigger_data(fcinfo);
  if (!creating_extension) {
    std::string table = RelationGetRelationName(trigger.tg_relation);
    bool own_hint = trigger.tg_trigger->tgnargs > 0;
    std::string instead = own_hint ? trigger.tg_trigger->tgargs[0] : "Add rows of your own: they go first.";
    throw error(sqlstate::object_not_in_prerequisite_state,
                "the rows of journey." + table + " that come with the extension can't be made or changed",
                instead + " Shipped rows are not dumped, so a change of one would be gone after a restore.");
  }
  HeapTuple row = TRIGGER_FIRED_BY_UPDATE(trigger.tg_event) ? trigger.tg_newtuple : trigger.tg_trigtuple;
  PG_RETURN_POINTER(row);
}
