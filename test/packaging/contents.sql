-- What a user's database may hold of the extension: it must survive dump and restore, with the same answers.
CREATE TABLE contacts AS
SELECT n AS id, ROW(timestamptz '2025-01-01 00:00+00' + n * interval '1 day', 'google', 'cpc', NULL, NULL, NULL, 'Paid Search', NULL, '/', 'gclid=a')::journey.touch AS touch
FROM generate_series(1, 3) n;

CREATE VIEW answers AS
SELECT id, (touch).channel FROM contacts ORDER BY id;
