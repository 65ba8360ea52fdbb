
-- The shipped parameters and rules.

INSERT INTO journey.touch_params (position, name, field, source, medium, shipped)
SELECT position, name, field, source, medium, true FROM (VALUES
  (100, 'utm_source', 'source', NULL, NULL),
  (100, 'utm_medium', 'medium', NULL, NULL),
  (100, 'utm_campaign', 'campaign', NULL, NULL),
  (100, 'utm_term', 'term', NULL, NULL),
  (100, 'utm_content', 'content', NULL, NULL),
  -- Matomo and its elder self, Piwik
  (200, 'mtm_source', 'source', NULL, NULL),
  (200, 'mtm_medium', 'medium', NULL, NULL),
  (200, 'mtm_campaign', 'campaign', NULL, NULL),
  (200, 'mtm_keyword', 'term', NULL, NULL),
  (200, 'mtm_kwd', 'term', NULL, NULL),
  (200, 'mtm_content', 'content', NULL, NULL),
  (210, 'pk_source', 'source', NULL, NULL),
  (210, 'pk_medium', 'medium', NULL, NULL),
  (210, 'pk_campaign', 'campaign', NULL, NULL),
  (210, 'pk_keyword', 'term', NULL, NULL),
  (210, 'pk_kwd', 'term', NULL, NULL),
  (210, 'pk_content', 'content', NULL, NULL),
  (300, 'utm_id', 'campaign', NULL, NULL),
  (300, 'ref', 'referrer', NULL, NULL),
  (310, 'referrer', 'referrer', NULL, NULL),
  (320, 'source', 'referrer', NULL, NULL),
  -- Click ids of ad networks
  (400, 'gclid', 'click_id', 'google', 'cpc'),
  (401, 'gbraid', 'click_id', 'google', 'cpc'),
  (402, 'wbraid', 'click_id', 'google', 'cpc'),
  (403, 'dclid', 'click_id', 'google', 'display'),
  (410, 'msclkid', 'click_id', 'bing', 'cpc'),
  (420, 'ttclid', 'click_id', 'tiktok', 'cpc'),
  (421, 'li_fat_id', 'click_id', 'linkedin', 'cpc'),
  (422, 'twclid', 'click_id', 'twitter', 'cpc'),
  (423, 'rdt_cid', 'click_id', 'reddit', 'cpc'),
  (424, 'sccid', 'click_id', 'snapchat', 'cpc'),
  (425, 'epik', 'click_id', 'pinterest', 'cpc'),
  (430, 'yclid', 'click_id', 'yandex', 'cpc'),
  (440, 'gad_source', 'click_id', 'google', 'cpc'),
  -- Click ids that come with every link, paid or not
  (500, 'fbclid', 'click_id', 'facebook', 'social'),
  (501, 'igshid', 'click_id', 'instagram', 'social'),
  (502, 'igsh', 'click_id', 'instagram', 'social'),
  (510, 'srsltid', 'click_id', 'google', 'organic'),
  (520, 'mc_eid', 'click_id', 'mailchimp', 'email')
) AS param (position, name, field, source, medium);

-- Google Analytics 4's default channel group, in its order. Two kinds of rule are not Google's: sources of e-mail are
-- Email by themselves, and a source of AI is AI Assistant whatever its campaign says short of being paid.
INSERT INTO journey.channel_rules (position, channel, source, category, medium, campaign, shipped)
SELECT position, channel, source::text[], category::text[], medium::text[], campaign::text[], true FROM (VALUES
  (100, 'Direct', '{(direct)}', NULL, '{(none),(not set),""}', NULL),
  (200, 'Cross-network', NULL, NULL, NULL, '{*cross-network*}'),
  (300, 'Paid Shopping', NULL, '{shopping}', '{*cp*,ppc,retargeting,paid*}', NULL),
  (300, 'Paid Shopping', NULL, NULL, '{*cp*,ppc,retargeting,paid*}', '{shop*,*[!a-df-z]shop*,*shopping*}'),
  (400, 'Paid Search', NULL, '{search}', '{*cp*,ppc,retargeting,paid*}', NULL),
  (500, 'Paid Social', NULL, '{social}', '{*cp*,ppc,retargeting,paid*}', NULL),
  (600, 'Paid Video', NULL, '{video}', '{*cp*,ppc,retargeting,paid*}', NULL),
  (700, 'Display', NULL, NULL, '{display,banner,expandable,interstitial,cpm}', NULL),
  (800, 'Paid Other', NULL, NULL, '{*cp*,ppc,retargeting,paid*}', NULL),
  (900, 'AI Assistant', NULL, '{ai}', NULL, NULL),
  (900, 'AI Assistant', NULL, NULL, '{ai-assistant}', NULL),
  (1000, 'Organic Shopping', NULL, '{shopping}', NULL, NULL),
  (1000, 'Organic Shopping', NULL, NULL, NULL, '{shop*,*[!a-df-z]shop*,*shopping*}'),
  (1100, 'Organic Social', NULL, '{social}', NULL, NULL),
  (1100, 'Organic Social', NULL, NULL, '{social,social-network,social-media,sm,social network,social media}', NULL),
  (1200, 'Organic Video', NULL, '{video}', NULL, NULL),
  (1200, 'Organic Video', NULL, NULL, '{*video*}', NULL),
  (1300, 'Organic Search', NULL, '{search}', NULL, NULL),
  (1300, 'Organic Search', NULL, NULL, '{organic}', NULL),
  (1400, 'Referral', NULL, NULL, '{referral,app,link}', NULL),
  (1500, 'Email', '{email,e-mail,e_mail,e mail}', NULL, NULL, NULL),
  (1500, 'Email', NULL, NULL, '{email,e-mail,e_mail,e mail}', NULL),
  (1500, 'Email', NULL, '{email}', NULL, NULL),
  (1600, 'Affiliates', NULL, NULL, '{affiliate}', NULL),
  (1700, 'Audio', NULL, NULL, '{audio}', NULL),
  (1800, 'SMS', '{sms}', NULL, NULL, NULL),
  (1800, 'SMS', NULL, NULL, '{sms}', NULL),
  (1900, 'Mobile Push Notifications', NULL, NULL, '{*push,*mobile*,*notification*}', NULL),
  (1900, 'Mobile Push Notifications', '{firebase}', NULL, NULL, NULL)
) AS rule (position, channel, source, category, medium, campaign);
