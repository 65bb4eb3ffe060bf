//! API, page, metrics endpoint, auth, wire types. Asks the published snapshot and the store; changes go through the engine. Never passes a picture through.
