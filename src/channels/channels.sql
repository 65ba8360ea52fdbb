-- Room: channels

CREATE TYPE journey.touch AS (
  touched_at timestamptz,
  source text,
  medium text,
  campaign text,
  term text,
  content text,
  channel text,
  referrer text,
  landing_page text,
  click_id text
);
COMMENT ON TYPE journey.touch IS
  'One marketing contact: when, its source, medium, campaign, term and content, the channel these belong to, the referrer and the landing page as given, and the click id as name=value';

CREATE TYPE journey.touch_kind AS ENUM ('any', 'non_direct', 'paid');
COMMENT ON TYPE journey.touch_kind IS
  'Which touches count: any; non_direct, all but (direct) / (none); paid, those of a paid channel';
