-- Video starts, ends and completions per programme and day. A completion is an end whose reason is that the video
-- came to its end; its rate is completions per start, and may pass 1 where a video went on past midnight.
-- judi: grain=day key=[date,programme_id] owner=video
-- input video_start: window=[-0d,+0d] late=3d
-- input video_end: window=[-0d,+0d] late=3d
-- audit: unique(date, programme_id)
-- audit: ends >= completions
-- audit: starts >= viewers
SELECT date, programme_id,
       count(*) FILTER (WHERE is_start AND NOT is_bot) AS starts,
       count(DISTINCT anonymous_id) FILTER (WHERE is_start AND NOT is_bot) AS viewers,
       count(*) FILTER (WHERE NOT is_start AND NOT is_bot) AS ends,
       count(*) FILTER (WHERE is_completion AND NOT is_bot) AS completions,
       CAST(CAST(count(*) FILTER (WHERE is_completion AND NOT is_bot) AS DECIMAL(18, 4))
            / nullif(count(*) FILTER (WHERE is_start AND NOT is_bot), 0) AS DECIMAL(18, 4)) AS completion_rate,
       count(*) FILTER (WHERE is_start AND is_bot) AS bot_starts,
       count(*) FILTER (WHERE is_completion AND is_bot) AS bot_completions
FROM (
    SELECT date, programme_id, anonymous_id, is_bot, event_time, true AS is_start, false AS is_completion
    FROM video_start
    UNION ALL
    SELECT date, programme_id, anonymous_id, is_bot, event_time, false, reason = 'VIDEO_END_REASON_FINISHED'
    FROM video_end
)
WHERE event_time >= @from AND event_time < @to
GROUP BY date, programme_id
