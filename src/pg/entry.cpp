#include "pg/entry.hpp"

#include <cstring>
#include <new>
#include <stdexcept>

namespace journey::pg {
namespace {

void copy(char* to, std::size_t room, const char* from) noexcept {
  std::size_t length = std::strlen(from);
  if (length >= room) length = room - 1;
  std::memcpy(to, from, length);
  to[length] = '\0';
}

/// Cuts a copied text back to whole characters of the database encoding.
const char* clipped(const char* text) {
  auto length = static_cast<int>(std::strlen(text));
  return pnstrdup(text, pg_mbcliplen(text, length, length));
}

}  // namespace

void failure::capture() noexcept {
  server = nullptr;
  detail[0] = hint[0] = '\0';
  auto set = [this](const char* sqlstate, const char* text) {
    copy(state, sizeof state, sqlstate);
    copy(message, sizeof message, text);
  };
  try {
    throw;
  } catch (const server_error& caught) {
    server = caught.data();
  } catch (const error& caught) {
    set(caught.state(), caught.what());
    copy(detail, sizeof detail, caught.detail());
    copy(hint, sizeof hint, caught.hint());
  } catch (const std::bad_alloc&) {
    set(sqlstate::out_of_memory, "out of memory");
  } catch (const std::length_error& caught) {
    set(sqlstate::program_limit_exceeded, caught.what());
  } catch (const std::out_of_range& caught) {
    set(sqlstate::numeric_value_out_of_range, caught.what());
  } catch (const std::invalid_argument& caught) {
    set(sqlstate::invalid_parameter_value, caught.what());
  } catch (const std::exception& caught) {
    set(sqlstate::internal_error, caught.what());
  } catch (...) {
    set(sqlstate::internal_error, "unknown C++ exception");
  }
}

void failure::raise() const {
  if (server != nullptr) ReThrowError(server);
  ereport(ERROR, (errcode(MAKE_SQLSTATE(state[0], state[1], state[2], state[3], state[4])),
                  errmsg_internal("%s", clipped(message)),
                  detail[0] == '\0' ? 0 : errdetail_internal("%s", clipped(detail)),
                  hint[0] == '\0' ? 0 : errhint("%s", clipped(hint))));
  pg_unreachable();
}

}  // namespace journey::pg
