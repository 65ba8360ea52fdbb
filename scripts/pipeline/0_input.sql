-- What the pipeline starts from: the log of a web shop as its tracker delivered it, and the payments.

CREATE TABLE tracks (
  event_id text,
  anonymous_id text,         -- the device's cookie
  user_id text,              -- where the visitor was logged in
  event text,
  ts timestamptz,            -- when it happened
  received_at timestamptz,   -- when it arrived
  page_url text,
  referrer text
);

CREATE TABLE payments (
  order_id text,
  user_id text,
  paid_at timestamptz,
  amount numeric(12, 2),
  refunded boolean
);
