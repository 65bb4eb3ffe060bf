//! What every handler holds: the engine's handle, history, counters, settings and a clock.

use std::fmt;
use std::sync::{Arc, Mutex};

use cunkou_core::model::Time;
use cunkou_core::plan::Cordon;
use cunkou_core::registry::Registry;
use cunkou_core::world::{Snapshot, Terms};
use tokio::sync::{Semaphore, watch};

use super::attempts::Attempts;
use super::events::Feed;
use super::packed::Packed;
use super::{History, HttpSettings, Tiles};
use crate::engine::Handle;
use crate::files::roster::RosterFile;
use crate::files::{RoadBook, RoadsSeen, TileBook, TileError, TileFile};
use crate::metrics::{Counters, Figures, Options};
use crate::notify::Trials;

/// Event streams at a time; another client is asked to come back later.
pub(super) const MAX_STREAMS: usize = 256;

/// Registries that are read and judged at a time, each of up to 64 MiB; whoever comes meanwhile waits with the rest of the
/// body unread.
const MAX_POSTS: usize = 2;

/// Metrics that are written at a time.
const MAX_RENDERS: usize = 4;

/// What runs: for `status`, `openapi.json` and the page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Build {
    /// The version of the program.
    pub version: &'static str,
    /// The revision it was built from; may be empty.
    pub revision: &'static str,
}

/// What a daemon hands to this room.
pub struct Parts {
    /// The engine.
    pub handle: Handle,
    /// What the store remembers.
    pub history: Arc<dyn History>,
    /// Counters of the process.
    pub counters: Arc<Counters>,
    /// Who is on duty.
    pub roster: RosterFile,
    /// The sinks, to be tried; `None`: there is none.
    pub trials: Option<Trials>,
    /// How and for whom to serve.
    pub settings: HttpSettings,
    /// What /metrics shows.
    pub metrics: Options,
    /// The clock of the daemon.
    pub clock: Arc<dyn Fn() -> Time + Send + Sync>,
    /// What a camera that is not there yet is judged by.
    pub terms: Terms,
    /// Coverage of the plan, reckoned out of a snapshot.
    pub figures: Arc<dyn Fn(&Snapshot) -> Figures + Send + Sync>,
    /// What runs.
    pub build: Build,
}

/// What every handler holds. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    pub(super) parts: Arc<Parts>,
    pub(super) feed: Arc<Feed>,
    pub(super) streams: Arc<Semaphore>,
    pub(super) renders: Arc<Semaphore>,
    pub(super) posts: Arc<Semaphore>,
    /// One placement at a time: it takes as long as it is given, and nobody waits behind it.
    pub(super) placing: Arc<Semaphore>,
    pub(super) attempts: Arc<Attempts>,
    pub(super) closing: watch::Sender<bool>,
    pub(super) drawn: Arc<Drawn>,
}

/// The roads cut at the entrances, with the registry and the look at the roads that they were made from.
type KeptCordon = (Arc<Registry>, RoadsSeen, Arc<Cordon>);

/// Answers for the map that stay as they are until registry or roads change: made once, not at every request.
#[derive(Debug, Default)]
pub(super) struct Drawn {
    /// The roads of the registry folder.
    book: Option<RoadBook>,
    /// The file of tiles under the map.
    tiles: Option<TileBook>,
    /// The town, with the registry it was made from.
    pub(super) town: Mutex<Option<(Arc<Registry>, Arc<Packed>)>>,
    /// The roads, with the look at the file they were made from.
    pub(super) roads: Mutex<Option<(RoadsSeen, Arc<Packed>)>>,
    /// The roads cut at the entrances, with what they were made from.
    pub(super) cordon: Mutex<Option<KeptCordon>>,
}

impl AppState {
    /// The state over the parts of a daemon.
    #[must_use]
    pub fn new(parts: Parts) -> AppState {
        let feed = Arc::new(Feed::new((parts.clock)()));
        let streams = Arc::new(Semaphore::new(MAX_STREAMS));
        let renders = Arc::new(Semaphore::new(MAX_RENDERS));
        let posts = Arc::new(Semaphore::new(MAX_POSTS));
        let placing = Arc::new(Semaphore::new(1));
        let attempts = Arc::new(Attempts::new());
        let book = parts.settings.registry_dir.as_deref().map(RoadBook::of);
        let tiles = match &parts.settings.tiles {
            Some(Tiles::File(path)) => Some(TileBook::of(path)),
            _ => None,
        };
        let drawn = Arc::new(Drawn { book, tiles, ..Drawn::default() });
        let closing = watch::Sender::new(false);
        AppState { parts: Arc::new(parts), feed, streams, renders, posts, placing, attempts, closing, drawn }
    }

    /// The time of the daemon's clock.
    pub(super) fn now(&self) -> Time {
        (self.parts.clock)()
    }

    /// The roads of the registry folder as they stand; blocks where the file has changed.
    pub(super) fn roads(&self) -> RoadsSeen {
        self.drawn.book.as_ref().map(RoadBook::look).unwrap_or_default()
    }

    /// The file of tiles under the map, where there is one; blocks where it has changed.
    pub(super) fn tiles(&self) -> Option<Result<Arc<TileFile>, Arc<TileError>>> {
        self.drawn.tiles.as_ref().map(TileBook::look)
    }

    pub(super) fn snapshot(&self) -> Arc<Snapshot> {
        self.parts.handle.now()
    }
}

impl fmt::Debug for AppState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppState").field("settings", &self.parts.settings).finish_non_exhaustive()
    }
}
