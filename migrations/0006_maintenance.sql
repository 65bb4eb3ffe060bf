-- Work that people announced: what it explains is no reason for a page. Rows that are over stay as history.
CREATE TABLE maintenance (
    id           BIGINT NOT NULL PRIMARY KEY,   -- counts up, never reused
    object_kind  TEXT   NOT NULL,               -- camera, node, area
    object       TEXT   NOT NULL,
    from_ms      BIGINT NOT NULL,               -- of what recurs: not before
    to_ms        BIGINT,                        -- null: recurs until somebody ends it
    weekly       TEXT,                          -- days and times of day in the town's zone; null: once
    note         TEXT   NOT NULL,
    who          TEXT   NOT NULL,
    made_ms      BIGINT NOT NULL,
    ended_ms     BIGINT                         -- when somebody ended it before its time
);
