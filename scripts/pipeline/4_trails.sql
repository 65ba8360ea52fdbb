-- The same for each visitor: trails of aliases merge exactly, without another look at the events.

CREATE TABLE trails AS
SELECT visitor_id, journey.rollup(trail) AS trail
FROM alias_trails JOIN aliases USING (alias, is_user)
GROUP BY visitor_id;
