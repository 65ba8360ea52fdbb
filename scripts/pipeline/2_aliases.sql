-- Who: every device and user id with the visitor it belongs to. No visitor has two user ids, so a household's tablet
-- stays with the first who logged in on it, and two people don't become one.

CREATE TABLE aliases AS
SELECT alias, is_user, visitor_id, first_seen_at, last_seen_at
FROM journey.resolve_aliases(
  'SELECT anonymous_id, user_id, ts FROM tracks',
  max_users => 1
);
