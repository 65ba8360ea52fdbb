-- The truth check

-- Identity, by pairs of ids: two ids belong together if one person has both. Two people share one id at most, the
-- household's tablet, so no pair is counted twice. The log can tell of a pair only if its person logged in on each device.
CREATE TEMP TABLE logged_in AS
SELECT person, alias, is_user FROM truth.aliases WHERE is_user
UNION ALL
SELECT device.person, device.alias, device.is_user
FROM (SELECT DISTINCT anonymous_id, user_id FROM events) AS login
JOIN truth.aliases AS account ON account.is_user AND account.alias = user_id
JOIN truth.aliases AS device ON NOT device.is_user AND device.alias = anonymous_id AND device.person = account.person;

SELECT
  (SELECT sum(n * (n - 1) / 2) FROM (SELECT count(*) FROM aliases GROUP BY visitor_id) AS visitor(n)) AS found,
  (SELECT sum(n * (n - 1) / 2) FROM (
     SELECT count(*) FROM aliases JOIN truth.aliases USING (alias, is_user) GROUP BY visitor_id, person
   ) AS visitor_and_person(n)) AS both,
  (SELECT sum(n * (n - 1) / 2) FROM (SELECT count(*) FROM logged_in GROUP BY person) AS person(n)) AS told,
  (SELECT sum(n * (n - 1) / 2) FROM (SELECT count(*) FROM truth.aliases GROUP BY person) AS person(n)) AS wanted
\gset

-- The people all of whose ids make one visitor, that has no other id. (A shared one stands twice among its visitor's.)
CREATE TEMP TABLE recognised AS
SELECT person, visitor_id
FROM (
  SELECT
    person, visitor_id,
    count(*) OVER (PARTITION BY person) AS ids_of_person,
    count(*) OVER (PARTITION BY visitor_id) AS ids_of_visitor
  FROM truth.aliases FULL JOIN aliases USING (alias, is_user)
) AS id
GROUP BY person, visitor_id
HAVING count(person) = max(ids_of_person) AND count(visitor_id) = max(ids_of_visitor);
ANALYZE recognised;

-- Each of their sessions has to be the true one: the same start, the same end, as many events.
SELECT
  count(true_events) AS true_sessions,
  count(*) FILTER (WHERE events = true_events) AS same_sessions,
  count(*) FILTER (WHERE events IS DISTINCT FROM true_events) AS different_sessions,
  (SELECT count(*) FROM recognised) AS recognised,
  (SELECT count(DISTINCT person) FROM truth.aliases) AS people
FROM (SELECT visitor_id, started_at, ended_at, events FROM sessions JOIN recognised USING (visitor_id)) AS found
FULL JOIN (
  SELECT visitor_id, started_at, ended_at, events AS true_events FROM truth.sessions JOIN recognised USING (person)
) AS wanted USING (visitor_id, started_at, ended_at)
\gset

SELECT format('%-9s %-10s %7s%%   %s', what, measure, to_char(100.0 * part / nullif(whole, 0), 'FM990.00'), explained)
FROM (
  VALUES
    (1, 'identity', 'precision', :both, :found, '%s of %s pairs of ids put together are one person''s'),
    (2, '', 'recall', :both, :told, '%s of %s pairs of ids that one person logged in with'),
    (3, '', '', :both, :wanted, '%s of %s pairs of ids of one person, logged in or not'),
    (4, 'sessions', 'identical', :same_sessions, :true_sessions, '%s of %s true sessions: same start, end, events')
) AS line (place, what, measure, part, whole, explanation),
  LATERAL format(explanation, to_char(part, 'FM999,999,999,999'), to_char(whole, 'FM999,999,999,999')) AS explained
ORDER BY place;

SELECT format(
  '%31s(the %s of %s people whose ids were all put together)', '',
  to_char(:recognised, 'FM999,999,999,999'), to_char(:people, 'FM999,999,999,999'));

SELECT :different_sessions > 0 AS wrong
\gset
\if :wrong
DO $$ BEGIN RAISE EXCEPTION 'sessions differ from the truth'; END $$;
\endif
