-- After a restore the numbers of incidents go on above those that may have been told since the backup was made: a sink
-- would take a message under an old key for one that it has.
ALTER TABLE mark ADD COLUMN incidents_from BIGINT NOT NULL DEFAULT 0;   -- the next incident has at least this number
