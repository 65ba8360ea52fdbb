SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS journey;
SET search_path = journey, public;
SET timezone = 'UTC';
SET datestyle = 'ISO';

-- url_host: as a browser reads it
SELECT url, url_host(url) FROM (VALUES
  ('https://www.example.com/a?b=c#d'),
  ('HTTPS://User:Secret@WWW.Example.COM:8443/'),
  ('  http://example.com  '),
  ('http:\\example.com\a'),
  ('//example.com/a'),
  ('android-app://com.google.android.gm/'),
  ('https://bücher.example/'),
  ('http://0x7f.1/'),
  ('http://[2001:db8:0:0:0:0:0:1]/'),
  ('/a'), ('example.com'), ('mailto:a@example.com'), ('about:blank'), ('DIRECT'), ('%'), ('http://'), ('http://a b/'), ('http://%ff/'), (''), (NULL)) AS t(url);

-- url_path and url_param
SELECT url, url_path(url), url_param(url, 'a') FROM (VALUES
  ('https://example.com/x/y%20z?a=1'),
  ('https://example.com?a=1&a=2'),
  ('/x?b=1&a=2'),
  ('www.example.com/x?a=1'),
  ('https://example.com/?xa=1&A=2'),
  ('https://example.com/?a'),
  ('https://example.com/?a=b+c%20d%2B'),
  ('https://example.com/?a=caf%C3%A9'),
  ('https://example.com/?a=caf%E9%00'),
  ('https://example.com/?a=100%'),
  ('https://example.com/#?a=1'),
  ('http://:80/?a=1'), (NULL)) AS t(url);
SELECT url_param('https://example.com/?a=1', NULL);
SELECT url_param('https://example.com/?=1&a=2', '');

-- site
SELECT host, site(host) FROM (VALUES
  ('www.example.co.uk'), ('EXAMPLE.com'), ('example.com.'), ('someone.github.io'), ('co.uk'), ('com'), ('localhost'), ('10.0.0.1'), ('[::1]'), ('https://example.com/'), (''), (NULL)) AS t(host);

-- touch: the campaign, the click id, the referrer, or direct
\pset null '-'
CREATE FUNCTION pg_temp.show(page_url text, referrer text DEFAULT NULL, own_hosts text[] DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(' | ', coalesce((t).source, '-'), coalesce((t).medium, '-'), coalesce((t).campaign, '-'), coalesce((t).term, '-'), coalesce((t).content, '-'), coalesce((t).click_id, '-'), (t).channel)
  FROM touch('2026-01-01', page_url, referrer, own_hosts) AS t WHERE (t).touched_at IS NOT NULL $$;
SELECT touch('2026-01-01 12:00', 'https://shop.example.com/?utm_source=News+Letter&utm_medium=Email&utm_campaign=May%2026&utm_term=a&utm_content=b', 'https://www.google.com/');
SELECT pg_temp.show('https://example.com/?utm_source=google&utm_medium=cpc&utm_campaign=x');
SELECT pg_temp.show('https://example.com/?utm_source=&utm_medium=NULL&utm_campaign=%20');
SELECT pg_temp.show('https://example.com/?utm_id=7&utm_source=partner');
SELECT pg_temp.show('https://example.com/?mtm_source=a&mtm_kwd=b');
SELECT param, pg_temp.show('https://example.com/?' || param || '=Xy1') FROM unnest('{gclid,gbraid,wbraid,dclid,msclkid,ttclid,li_fat_id,twclid,fbclid,GCLID}'::text[]) AS param;
SELECT pg_temp.show('https://example.com/?fbclid=1&utm_source=newsletter');
SELECT pg_temp.show('https://example.com/?gclid=1&utm_source=google');
SELECT referrer, pg_temp.show('https://example.com/', referrer) FROM (VALUES
  ('https://www.google.co.uk/search?q=red+shoes'), ('https://l.facebook.com/l.php?u=x'), ('https://m.youtube.com/'), ('https://www.amazon.de/dp/1'),
  ('https://mail.google.com/'), ('https://chatgpt.com/'), ('https://www.someone.org/x'), ('android-app://com.google.android.gm'), ('about:blank'), ('null'), (NULL)) AS t(referrer);
SELECT pg_temp.show('https://example.com/?ref=producthunt');
SELECT pg_temp.show('https://example.com/?ref=footer', 'https://www.google.com/');

-- no touch: a move within the own sites, or back from a payment; no page, no time
SELECT pg_temp.show('https://shop.example.com/', 'https://www.example.com/');
SELECT pg_temp.show('https://example.com/', 'https://example.org/', '{www.example.org}');
SELECT pg_temp.show('https://example.com/', 'https://example.org/', NULL);
SELECT pg_temp.show('https://example.com/thanks', 'https://www.paypal.com/checkout');
SELECT pg_temp.show('https://example.com/?utm_source=a', 'https://www.example.com/');
SELECT touch('2026-01-01', 'https://example.com/', NULL, '{example.org:8080}');
SELECT touch(NULL, 'https://example.com/'), touch('2026-01-01', NULL), touch('2026-01-01', NULL, 'https://www.google.com/');
SELECT (touch('infinity', 'no url')).*;

-- channel: Google Analytics 4's default channel group, in its order
SELECT source, medium, campaign, channel(source, medium, campaign) FROM (VALUES
  ('(direct)', '(none)', NULL), ('(direct)', '(not set)', NULL), (NULL, NULL, NULL), ('', 'null', ' '),
  ('google', 'cpc', 'Cross-Network sale'),
  ('amazon', 'cpc', NULL), ('z', 'ppc', 'eshop'), ('z', 'ppc', 'workshop'),
  ('google', 'cpc', NULL), ('GOOGLE ', ' CPC', NULL), ('www.google.de', 'paid-search', NULL),
  ('facebook', 'paid_social', NULL), ('youtube.com', 'cpv', NULL), ('z', 'retargeting', NULL),
  ('z', 'cpm', NULL), ('google', 'cpm', NULL), ('z', 'display', NULL), ('z', 'banner', NULL),
  ('chatgpt.com', NULL, NULL), ('z', 'ai-assistant', NULL), ('chatgpt', 'cpc', NULL),
  ('etsy', 'referral', NULL), ('z', NULL, 'shopping week'),
  ('t.co', 'referral', NULL), ('x', NULL, NULL), ('z', 'social', NULL), ('vimeo', NULL, NULL), ('z', 'video', NULL),
  ('bing', NULL, NULL), ('z', 'organic', NULL), ('z', 'referral', NULL), ('z', 'app', NULL),
  ('e-mail', NULL, NULL), ('z', 'e_mail', NULL), ('my-email-tool', 'newsletter', NULL), ('gmail', NULL, NULL),
  ('z', 'affiliate', NULL), ('z', 'audio', NULL), ('sms', NULL, NULL), ('z', 'sms', NULL),
  ('z', 'web-push', NULL), ('z', 'mobile app', NULL), ('firebase', NULL, NULL),
  ('z', 'y', 'x'), (NULL, NULL, 'x')) AS t(source, medium, campaign);
SELECT channel(NULL, NULL, click_id => 'gclid=1'), channel(NULL, NULL, click_id => 'fbclid=1'), channel('google', NULL, click_id => 'gclid=1'), channel('newsletter', 'email', click_id => 'fbclid=1');
SELECT channel(NULL, NULL, referrer => 'https://www.bing.com/'), channel(NULL, NULL, referrer => 'https://someone.org/'), channel('a', 'email', referrer => 'https://www.bing.com/');

-- referrer_source
SELECT * FROM (VALUES ('https://www.google.com/search?q=a+b'), ('https://www.baidu.com/s?wd=%E6%97%85'), ('https://t.co/x'), ('https://mail.yahoo.co.jp/'), ('https://claude.ai/'),
  ('https://www.paypal.com/'), ('https://docs.google.com/'), ('https://www.someone.org/'), ('DIRECT'), (NULL)) AS t(referrer), LATERAL referrer_source(referrer);

-- rules, sources and parameters of one's own go ahead of the shipped ones
BEGIN;
INSERT INTO channel_rules (position, channel, source, medium) VALUES (1, 'Partners', '{partner-*,friend}', NULL), (750, 'Late', NULL, '{*cp*}');
SELECT channel('Partner-7', 'cpc'), channel('friends', NULL), channel('z', 'cpm'), channel('z', 'cpc'), channel('google', 'cpc');
INSERT INTO sources (source, category, names) VALUES ('intranet', 'internal', '{portal.example.org}'), ('bing', NULL, '{bing.com}');
INSERT INTO channel_rules (position, channel, category) VALUES (2, 'Intranet', '{internal}');
SELECT channel(NULL, NULL, referrer => 'https://www.portal.example.org/'), channel(NULL, NULL, referrer => 'https://www.bing.com/');
INSERT INTO touch_params (name, field, source, medium) VALUES ('aff_id', 'click_id', 'affiliates', 'affiliate'), ('kw', 'term', NULL, NULL);
SELECT pg_temp.show('https://example.com/?aff_id=9&kw=shoes&utm_term=boots');
ROLLBACK;
SELECT channel('partner-7', 'cpc');
INSERT INTO touch_params (name, field) VALUES ('z', 'landing_page');
INSERT INTO sources (source, category) VALUES ('', 'social');
INSERT INTO channel_rules (position, channel) VALUES (1, NULL);

-- what is data, and what is not dumped
SELECT config.member::regclass, condition FROM pg_extension, ROWS FROM (unnest(extconfig), unnest(extcondition)) AS config(member, condition)
WHERE extname = 'journey' AND member::regclass::text IN ('sources', 'touch_params', 'channel_rules') ORDER BY member;

-- Rows that could never match, or would give a touch without a source
INSERT INTO journey.sources (source, names) VALUES ('shop', '{https://shop.example/}');
INSERT INTO journey.touch_params (name, field) VALUES ('aff_id', 'click_id');

-- Shipped rows stay as they are: only the users' own are dumped
INSERT INTO sources (source, shipped) VALUES ('mine', true);
UPDATE sources SET category = 'social' WHERE source = 'google';
UPDATE channel_rules SET shipped = true WHERE false;
DELETE FROM channel_rules WHERE channel = 'Referral';
DELETE FROM touch_params WHERE name = 'gclid';
TRUNCATE touch_params;
BEGIN;
INSERT INTO sources (source) VALUES ('mine');
UPDATE sources SET shipped = true WHERE source = 'mine';
ROLLBACK;

-- Arrays of rows are lists
INSERT INTO sources (source, names) VALUES ('shop', '{{a.example,b.example}}');
INSERT INTO channel_rules (position, channel, medium) VALUES (1, 'X', '{{a},{b}}');
