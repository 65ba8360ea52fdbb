-- All of a touch: parameters, click id, referrer, channel. OFFSET 0 keeps the planner from making it once for each column.
SELECT (touch).source, (touch).medium, (touch).campaign, (touch).channel, count(*) AS landings
FROM (SELECT journey.touch(ts, page_url, referrer) AS touch FROM landings OFFSET 0) t
GROUP BY 1, 2, 3, 4;
