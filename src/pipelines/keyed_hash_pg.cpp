// HMAC-SHA256: what is kept of an erased id.
#include "pg/entry.hpp"

extern "C" {
#include "common/hmac.h"
#include "common/sha2.h"
}

using namespace journey;

/// (key, kind, id) as kind, a zero byte, id under the key: no text has a zero byte, so no two ids are the
/// same bytes.
JOURNEY_FUNCTION(keyed_hash) {
  bytea* key = PG_GETARG_BYTEA_PP(0);
  text* kind = PG_GETARG_TEXT_PP(1);
  text* id = PG_GETARG_TEXT_PP(2);
  auto* hash = static_cast<bytea*>(palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH));
  SET_VARSIZE(hash, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
  auto bytes = [](const varlena* value) { return reinterpret_cast<const uint8*>(VARDATA_ANY(value)); };
  pg_hmac_ctx* state = pg_hmac_create(PG_SHA256);
  const uint8 zero = 0;
  bool made = state != nullptr && pg_hmac_init(state, bytes(key), VARSIZE_ANY_EXHDR(key)) == 0 &&
              pg_hmac_update(state, bytes(kind), VARSIZE_ANY_EXHDR(kind)) == 0 &&
              pg_hmac_update(state, &zero, 1) == 0 &&
              pg_hmac_update(state, bytes(id), VARSIZE_ANY_EXHDR(id)) == 0 &&
              pg_hmac_final(state, reinterpret_cast<uint8*>(VARDATA(hash)), PG_SHA256_DIGEST_LENGTH) == 0;
  if (state != nullptr) pg_hmac_free(state);
  if (!made) throw error("58000", "an id could not be hashed");
  PG_RETURN_BYTEA_P(hash);
}
