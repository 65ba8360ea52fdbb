SELECT r.alias, r.is_user, r.visitor_id, r.members, r.first_seen_at, r.last_seen_at, m.visitor_id AS old_visitor_id
FROM journey.resolve_aliases('TABLE all_edges') r
LEFT JOIN mapping m ON m.alias = r.alias AND m.is_user = r.is_user
WHERE (r.visitor_id, r.members, r.first_seen_at, r.last_seen_at)
  IS DISTINCT FROM (m.visitor_id, m.members, m.first_seen_at, m.last_seen_at);
