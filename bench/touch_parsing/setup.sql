-- Landings by source, medium and campaign, from the URL's parameters.
CREATE UNLOGGED TABLE landings AS
SELECT ts, page_url, referrer FROM events WHERE referrer IS DISTINCT FROM 'https://www.shop.example/';
