-- People come to the shop of the demo while one looks: each reads a few pages, and half of them then sign up, or sign in as
-- somebody the shop has known for months. Each event is a transaction, about ten a second.
CREATE PROCEDURE visits(seconds int) LANGUAGE plpgsql AS $$
DECLARE
  until timestamptz := clock_timestamp() + seconds * interval '1 second';
  known text[] := ARRAY(SELECT user_id FROM tracks WHERE user_id IS NOT NULL GROUP BY user_id ORDER BY random() LIMIT 100);
  came text[] := '{https://www.tandem.example/,https://www.tandem.example/?utm_source=news&utm_medium=email,https://www.tandem.example/bikes/duet-7?gclid=live,https://www.tandem.example/blog/on-two-saddles}';
  person int := 0;
  who text;
BEGIN
  WHILE clock_timestamp() < until LOOP
    person := person + 1;
    FOR page IN 1 .. 4 LOOP
      who := CASE WHEN page = 4 AND person % 4 = 1 THEN 'new-' || person WHEN page = 4 AND person % 4 = 3 THEN known[1 + person % cardinality(known)] END;
      INSERT INTO tracks VALUES (format('live-%s-%s', person, page), 'live-' || person, who,
        CASE WHEN who IS NULL THEN 'Page Viewed' WHEN who LIKE 'new-%' THEN 'Signed Up' ELSE 'Signed In' END, clock_timestamp(), clock_timestamp(),
        CASE page WHEN 1 THEN came[1 + person % 4] ELSE 'https://www.tandem.example/bikes/trio-9' END,
        CASE WHEN page > 1 THEN 'https://www.tandem.example/' WHEN person % 3 = 0 THEN 'https://www.google.com/' END);
      COMMIT;
      PERFORM pg_sleep(0.1);
    END LOOP;
  END LOOP;
END $$;
CALL visits(:seconds);
