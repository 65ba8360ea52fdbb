-- More than the question asks: whatever hangs together over any number of links is one visitor.
SELECT alias, visitor_id FROM journey.resolve_aliases('SELECT alias, user_id, seen_at FROM edges');
