SELECT
  substring(page_url FROM '[?&]utm_source=([^&#]*)') AS source,
  substring(page_url FROM '[?&]utm_medium=([^&#]*)') AS medium,
  substring(page_url FROM '[?&]utm_campaign=([^&#]*)') AS campaign,
  count(*) AS landings
FROM landings
GROUP BY 1, 2, 3;
