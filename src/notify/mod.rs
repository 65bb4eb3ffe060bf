//! SAY IT: takes committed words from the outbox and brings them to the sinks, one file a sink. Never says what is not committed.
