SELECT alias, is_user, visitor_id, members, first_seen_at, last_seen_at, old_visitor_id
FROM journey.merge_aliases('TABLE mapping', 'TABLE new_edges');
