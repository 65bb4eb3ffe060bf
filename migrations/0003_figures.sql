-- Figures of a camera's check in a day of UTC. The day's own figures stay for ever; those of its hours stand beside them
-- as long as [keep] hourly says. Both are packed: a row for each hour would be some three times as large.
CREATE TABLE daily (
    day       BIGINT NOT NULL,   -- days since 1970-01-01 UTC
    camera    TEXT   NOT NULL,
    asked     TEXT   NOT NULL,   -- reach, stream
    probes    BIGINT NOT NULL,
    failures  BIGINT NOT NULL,
    rtt       TEXT   NOT NULL,   -- 12 counts of round trips, as in hourly; packed
    hours     TEXT,              -- probes, failures and 12 counts of each hour; packed; null once they are too old
    PRIMARY KEY (day, camera, asked)
);
-- hourly holds the hours of days that are not over, and of those that nobody has packed yet.
