SELECT substring(page_url FROM 'utm_source=([^&]*)') AS source, count(*) FROM landings GROUP BY 1;
