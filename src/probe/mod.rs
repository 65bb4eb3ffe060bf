//! ASK ONE QUESTION: one file a protocol. Every address passes the allow-list once, as a type; every read is bounded in time and bytes. Believes nothing: an outcome is what was heard.
