SELECT edge.position, edge.step, edge.next_step, edge.visitors
FROM (
  SELECT journey.path_edges(path) AS edges FROM (SELECT journey.path(event, ts, 10) AS path FROM hits GROUP BY visitor) paths
) flows, unnest(edges) edge;
