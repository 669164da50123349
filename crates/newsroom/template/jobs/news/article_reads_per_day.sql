-- judi: grain=day key=[date,article_id] owner=news
-- input article_view: window=[-0d,+0d] late=3d
-- audit: unique(date, article_id)
-- audit: reads >= readers severity=warn
SELECT date, article_id,
       count(*) FILTER (WHERE NOT is_bot) AS reads, count(*) FILTER (WHERE is_bot) AS bot_reads,
       count(DISTINCT anonymous_id) FILTER (WHERE NOT is_bot) AS readers
FROM article_view WHERE event_time >= @from AND event_time < @to GROUP BY date, article_id
