-- Which visitor each alias belongs to: the one whose user logged in on it last, as in the RudderStack models.
--
-- One edge for each event: the device it was seen on and, half of the time, the user who was logged in. Devices have
-- one user, but for one device in 50, which two people share.
CREATE UNLOGGED TABLE edges AS
SELECT
  uuid_text(device::text) AS alias,
  CASE WHEN uniform(n, :seed + 22) < 0.5 THEN
    'user-' || floor(uniform(device, :seed + CASE WHEN uniform(device, :seed + 23) < 0.02 AND uniform(n, :seed + 24) < 0.3 THEN 25 ELSE 26 END)
                     * greatest(:events * 0.06, 1))
  END AS user_id,
  timestamptz '2025-01-01 00:00+00' + interval '3 seconds' * n AS seen_at
FROM generate_series(1, :events::bigint) n,
  LATERAL (SELECT floor(greatest(:events / 5, 1) * power(uniform(n, :seed + 21), 1.5))::bigint AS device) d;
