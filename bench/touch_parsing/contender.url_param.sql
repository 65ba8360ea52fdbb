SELECT
  journey.url_param(page_url, 'utm_source') AS source,
  journey.url_param(page_url, 'utm_medium') AS medium,
  journey.url_param(page_url, 'utm_campaign') AS campaign,
  count(*) AS landings
FROM landings
GROUP BY 1, 2, 3;
