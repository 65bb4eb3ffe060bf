-- What cunkou keeps. One set of statements for SQLite and PostgreSQL: truth values are INTEGER 0 or 1, moments are
-- BIGINT milliseconds since 1970-01-01 UTC (columns ending in _ms), lists and whole objects are JSON in TEXT, words
-- are those of docs and metrics. Nothing here is a secret: passwords stand in no table.

-- Where the writer stands. One row.
CREATE TABLE mark (
    id       INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    batch    BIGINT  NOT NULL,   -- the last batch that was committed; a retry of it changes nothing
    seq      BIGINT  NOT NULL,   -- the last number handed out in history and audit
    tick_ms  BIGINT              -- World's last tick; null before the first
);
INSERT INTO mark (id, batch, seq, tick_ms) VALUES (1, 0, 0, NULL);

-- The daemon that writes here, for the commands that go through it. One row while it runs, none after a clean stop.
CREATE TABLE daemon (
    id        INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    pid       BIGINT  NOT NULL,
    host      TEXT    NOT NULL,
    listen    TEXT    NOT NULL,  -- the address of its HTTP interface
    since_ms  BIGINT  NOT NULL
);

-- Everything that history knows, so that "all states at a moment" is one look-up a thing.
CREATE TABLE subject (
    kind  TEXT NOT NULL,         -- camera, node, entrance, monitor
    id    TEXT NOT NULL,
    PRIMARY KEY (kind, id)
);

-- Changes of state, for ever.
CREATE TABLE history (
    seq               BIGINT  NOT NULL PRIMARY KEY,
    kind              TEXT    NOT NULL,
    subject           TEXT    NOT NULL,
    period            TEXT    NOT NULL,   -- day, night, now for an entrance; empty for the others
    at_ms             BIGINT  NOT NULL,   -- when it was concluded
    since_ms          BIGINT  NOT NULL,   -- since when it holds
    from_state        TEXT    NOT NULL,   -- empty for the first
    to_state          TEXT    NOT NULL,   -- removed once it has left the registry
    cause             TEXT,
    incident          BIGINT,
    reasons           TEXT    NOT NULL,   -- words separated by spaces
    registry_version  BIGINT  NOT NULL,   -- in force at that moment
    evidence          TEXT                -- the outcome that tipped it, JSON
);
CREATE INDEX history_by_subject ON history (kind, subject, period, at_ms, seq);
CREATE INDEX history_by_incident ON history (incident, seq);
CREATE INDEX history_by_time ON history (at_ms, seq);

-- What a restart needs of each camera, node, entrance and of the monitor's sight.
CREATE TABLE target (
    kind  TEXT NOT NULL,
    id    TEXT NOT NULL,
    body  TEXT NOT NULL,         -- the last conclusions, JSON
    PRIMARY KEY (kind, id)
);

-- Incidents, whole; acknowledgement included.
CREATE TABLE incident (
    id           BIGINT NOT NULL PRIMARY KEY,   -- counts up, never reused
    status       TEXT   NOT NULL,               -- opening, open, acknowledged, resolved, merged
    severity     TEXT   NOT NULL,
    opened_ms    BIGINT NOT NULL,
    resolved_ms  BIGINT,
    words        TEXT   NOT NULL,               -- what a search finds it by, in lower case
    body         TEXT   NOT NULL                -- all of it, JSON
);
CREATE INDEX incident_by_status ON incident (status, id);

-- The story of an incident: each message that was written, once, however many sinks it goes to.
CREATE TABLE incident_step (
    incident  BIGINT  NOT NULL,
    step      BIGINT  NOT NULL,
    at_ms     BIGINT  NOT NULL,
    kind      TEXT    NOT NULL,   -- opened, updated, more_lost, reopened, acknowledged, resolved, merged
    why       TEXT    NOT NULL,
    pages     INTEGER NOT NULL,   -- whether it pages people
    message   TEXT    NOT NULL,   -- the incident and its alerts as they stood then, JSON
    PRIMARY KEY (incident, step)
);

-- Alerts. At most one row with a name and an object is open.
CREATE TABLE alert (
    name         TEXT   NOT NULL,
    object_kind  TEXT   NOT NULL,   -- entrance, camera, node, common, monitor
    object       TEXT   NOT NULL,
    ended_ms     BIGINT NOT NULL,   -- 0 while it is open
    incident     BIGINT NOT NULL,   -- the incident it belongs to, at the end belonged to
    body         TEXT   NOT NULL,   -- all of it, JSON
    PRIMARY KEY (name, object_kind, object, ended_ms)
);
CREATE INDEX alert_by_incident ON alert (incident);

-- What is to be told: one row a step and sink; the key of a message is incident/sink/step.
CREATE TABLE outbox (
    incident         BIGINT  NOT NULL,
    sink             TEXT    NOT NULL,
    step             BIGINT  NOT NULL,
    from_step        BIGINT  NOT NULL,   -- the first step this row tells; earlier unsent ones collapsed into it
    state            TEXT    NOT NULL,   -- pending, sending (may have been received), delivered, dropped, collapsed
    created_ms       BIGINT  NOT NULL,   -- of the first step it tells
    next_attempt_ms  BIGINT  NOT NULL,
    attempts         BIGINT  NOT NULL,
    ended_ms         BIGINT,             -- when it was delivered or dropped
    last_error       TEXT,
    answer_code      BIGINT,             -- of the sink, where it has such
    PRIMARY KEY (incident, sink, step)
);
CREATE INDEX outbox_open ON outbox (sink, incident, step) WHERE state IN ('pending', 'sending');

-- Registries that were put in force.
CREATE TABLE registry_version (
    version  BIGINT NOT NULL PRIMARY KEY,
    at_ms    BIGINT NOT NULL,
    who      TEXT   NOT NULL,
    hashes   TEXT   NOT NULL,   -- file name to SHA-256, JSON
    summary  TEXT   NOT NULL,
    added    BIGINT NOT NULL,
    changed  BIGINT NOT NULL,
    removed  BIGINT NOT NULL
);

-- The difference that each version made.
CREATE TABLE registry_change (
    version   BIGINT NOT NULL,
    kind      TEXT   NOT NULL,
    id        TEXT   NOT NULL,
    old_body  TEXT,              -- null: it is new
    new_body  TEXT,              -- null: it is gone
    PRIMARY KEY (version, kind, id)
);

-- The registry in force.
CREATE TABLE registry_object (
    kind  TEXT NOT NULL,
    id    TEXT NOT NULL,
    body  TEXT NOT NULL,
    PRIMARY KEY (kind, id)
);

-- Figures of a camera's check in an hour; r0 to r11 count round trips: up to 1 ms, 2 ms, 4 ms, … 1 024 ms, above.
CREATE TABLE hourly (
    camera    TEXT   NOT NULL,
    asked     TEXT   NOT NULL,   -- reach, stream
    hour      BIGINT NOT NULL,   -- hours since 1970-01-01 UTC
    probes    BIGINT NOT NULL,
    failures  BIGINT NOT NULL,
    r0 BIGINT NOT NULL, r1 BIGINT NOT NULL, r2  BIGINT NOT NULL, r3  BIGINT NOT NULL,
    r4 BIGINT NOT NULL, r5 BIGINT NOT NULL, r6  BIGINT NOT NULL, r7  BIGINT NOT NULL,
    r8 BIGINT NOT NULL, r9 BIGINT NOT NULL, r10 BIGINT NOT NULL, r11 BIGINT NOT NULL,
    PRIMARY KEY (hour, camera, asked)
);

-- Who changed what.
CREATE TABLE audit (
    seq        BIGINT NOT NULL PRIMARY KEY,
    at_ms      BIGINT NOT NULL,
    who        TEXT   NOT NULL,   -- a token's name, sighup, start
    what       TEXT   NOT NULL,   -- acknowledge, registry, …
    object     TEXT   NOT NULL,
    from_addr  TEXT   NOT NULL,   -- where the wish came from; empty: from this machine
    old_value  TEXT,
    new_value  TEXT
);
CREATE INDEX audit_by_time ON audit (at_ms);
