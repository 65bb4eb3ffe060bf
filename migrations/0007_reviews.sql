-- The last review (daily or weekly, [[sink]] review) that each sink has taken: which is due is reckoned from the clock, and
-- what is kept here is told no second time.
CREATE TABLE review (
    sink    TEXT   NOT NULL PRIMARY KEY,
    due_ms  BIGINT NOT NULL               -- when it was due
);
