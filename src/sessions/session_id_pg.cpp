#include "sessions/session_id_pg.hpp"

#include <cstring>

#include "pg/datum.hpp"
#include "pg/entry.hpp"

extern "C" {
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "port/pg_bswap.h"
#include "utils/uuid.h"
}

namespace journey::sessions {
namespace {

/// The UUID space of session ids: the first 16 bytes of every digest, so that the ids of others never meet
/// them.
constexpr std::uint8_t space[] = {0x6a, 0x6f, 0x75, 0x72, 0x6e, 0x65, 0x79, 0x00,
                                  0x73, 0x65, 0x73, 0x73, 0x69, 0x6f, 0x6e, 0x73};

}  // namespace

/// A UUID of version 8 (RFC 9562, section 5.8): the SHA-256 digest of the space, the visitor id in UTF-8 and
/// the start as eight bytes.
Datum session_id(text* visitor_id, TimestampTz started_at) {
  int given = VARSIZE_ANY_EXHDR(visitor_id);
  char* name = pg_server_to_any(VARDATA_ANY(visitor_id), given, PG_UTF8);
  std::size_t length = name == VARDATA_ANY(visitor_id) ? given : std::strlen(name);
  std::uint64_t start = pg_hton64(static_cast<std::uint64_t>(started_at));

  std::uint8_t digest[PG_SHA256_DIGEST_LENGTH];
  pg_cryptohash_ctx* hash = pg_cryptohash_create(PG_SHA256);
  bool done = pg_cryptohash_init(hash) == 0 && pg_cryptohash_update(hash, space, sizeof space) == 0 &&
              pg_cryptohash_update(hash, reinterpret_cast<const std::uint8_t*>(name), length) == 0 &&
              pg_cryptohash_update(hash, reinterpret_cast<const std::uint8_t*>(&start), sizeof start) == 0 &&
              pg_cryptohash_final(hash, digest, sizeof digest) == 0;
  pg_cryptohash_free(hash);
  if (!done) throw error(sqlstate::internal_error, "the server could not compute a SHA-256 digest");

  auto* id = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t)));
  std::memcpy(id->data, digest, UUID_LEN);
  id->data[6] = (id->data[6] & 0x0F) | 0x80;  // version 8
  id->data[8] = (id->data[8] & 0x3F) | 0x80;  // the variant of RFC 9562
  PG_RETURN_UUID_P(id);
}

}  // namespace journey::sessions

using namespace journey;

JOURNEY_FUNCTION(session_id) { return sessions::session_id(PG_GETARG_TEXT_PP(0), PG_GETARG_TIMESTAMPTZ(1)); }
