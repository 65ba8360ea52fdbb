SELECT t.from_channel, t.to_channel, t.count
FROM (SELECT journey.transitions(path, conversions, nulls) AS all_of_them FROM paths) p, unnest(p.all_of_them) t;
