SELECT alias, visitor_id
FROM journey.resolve_aliases('SELECT alias, user_id, seen_at FROM edges', mode => 'latest_user', blocked => '{}');
