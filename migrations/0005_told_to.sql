-- Who of the roster was called by a message, by name as it was then; null: whom the settings of the sink name.
ALTER TABLE outbox ADD COLUMN told_to TEXT;
