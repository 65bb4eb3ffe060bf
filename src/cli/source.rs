//! Where a query is answered: by a running daemon, or out of the database file. Both give the types of the API.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Context;
use cunkou_core::model::{IncidentId, Period, Time};
use cunkou_core::plan::Effort;
use cunkou_core::registry::Registry;

use super::client::{Body, Daemon, Server};
use super::common::{Common, note};
use super::offline::Offline;
use crate::files::settings::Settings;
use crate::http::wire::{
    Critical, EntranceDetail, FeatureCollection, Gap, Incident, IncidentDetail, Isochrone, IsochroneMap, PlaceBody,
    Placement, RepairOrder, SealQuery, Seals, Status, WhatIf, WhatIfBody, stamp,
};
use crate::store::{Holder, OpenMode, Store};

/// Where a query is answered.
pub(super) enum Source {
    /// A daemon that was named, or that announced itself in the database.
    Daemon {
        /// It.
        server: Server,
        /// Its database, where we can read it.
        store: Option<Store>,
    },
    /// The database alone.
    File(Box<Offline>),
}

/// Which gaps are wanted.
#[derive(Debug, Clone, Default)]
pub(super) struct GapQuery {
    /// By day, by night or now; `None`: now.
    pub(super) period: Option<Period>,
    /// At a past moment.
    pub(super) at: Option<Time>,
    /// Only those in this area or below it.
    pub(super) area: Option<String>,
}

/// Which order of repairs is wanted.
#[derive(Debug, Clone)]
pub(super) struct RepairQuery {
    /// By day, by night or now.
    pub(super) period: Period,
    /// Where the tour begins; `None`: at the first team, station or liaison point.
    pub(super) from: Option<String>,
    /// What the work costs; checked.
    pub(super) effort: Effort,
}

/// Times by road, told or drawn: what is drawn holds all roads that are reached, which nobody else asks for.
pub(super) enum Times {
    /// As figures.
    Told(Box<Isochrone>),
    /// As GeoJSON.
    Drawn(FeatureCollection),
}

impl Times {
    /// What was reckoned here.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub(super) fn of(found: IsochroneMap, drawn: bool) -> anyhow::Result<Times> {
        Ok(if drawn { Times::Drawn(found.features()?) } else { Times::Told(Box::new(found.answer)) })
    }
}

/// The daemon of a database, if it answers.
pub(super) enum Announced {
    /// It answers.
    Answers(Server),
    /// Nobody announced itself.
    None,
    /// Somebody did, and does not answer us; why is said.
    Silent(String),
}

/// Opens the database of the settings to read it.
///
/// # Errors
/// When there is none, or it cannot be read.
pub(super) async fn database(settings: &Settings) -> anyhow::Result<Store> {
    let file = settings.database.file.display();
    let url = format!("sqlite://{file}");
    Store::open(&url, OpenMode::ReadOnly).await.with_context(|| format!("the database {file} cannot be asked"))
}

/// Looks for the daemon that announced itself in a database.
///
/// # Errors
/// When the database cannot be read, or the token is none.
pub(super) async fn announced(store: &Store, daemon: &Daemon) -> anyhow::Result<Announced> {
    let holder = store.daemon().await.context("the database cannot be asked for its daemon")?;
    let Some(holder) = holder.filter(|h| is_here(h) && !h.listen.is_empty()) else { return Ok(Announced::None) };
    let server = daemon.at(&holder.listen)?;
    match server.get::<Status>(&["status"], &[]).await {
        Ok(_) => Ok(Announced::Answers(server)),
        Err(error) => Ok(Announced::Silent(format!("{:#}", anyhow::Error::new(error)))),
    }
}

/// Whether an announcement was made on this machine: that of a copied database leads to another town's daemon.
fn is_here(holder: &Holder) -> bool {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    holder.host == name.trim()
}

impl Source {
    /// The daemon that was named; else the one of the database of the settings, if it answers; else that database.
    ///
    /// # Errors
    /// When neither can be asked.
    pub(super) async fn open(common: &Common, settings: &Settings, daemon: &Daemon) -> anyhow::Result<Source> {
        if let Some(server) = daemon.named()? {
            return Ok(Source::Daemon { server, store: None });
        }
        let store = database(settings).await?;
        let silent = match announced(&store, daemon).await? {
            Announced::Answers(server) => return Ok(Source::Daemon { server, store: Some(store) }),
            Announced::None => None,
            Announced::Silent(why) => Some(why),
        };
        let offline = Offline::open(store, settings).await?;
        offline.say_as_of(common, settings, silent.as_deref());
        Ok(Source::File(Box::new(offline)))
    }

    /// The town in one answer.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub(super) async fn status(&self) -> anyhow::Result<Status> {
        match self {
            Source::Daemon { server, .. } => Ok(server.get(&["status"], &[]).await?),
            Source::File(offline) => Ok(offline.status()),
        }
    }

    /// Entrances that are not covered, worst first.
    ///
    /// # Errors
    /// When they cannot be asked, or the area is none.
    pub(super) async fn gaps(&self, query: &GapQuery) -> anyhow::Result<Vec<Gap>> {
        match self {
            Source::Daemon { server, .. } => {
                let at = query.at.map(stamp);
                let mut pairs: Vec<(&str, &str)> = Vec::new();
                pairs.extend(query.period.map(|p| ("period", p.word())));
                pairs.extend(at.as_deref().map(|at| ("at", at)));
                pairs.extend(query.area.as_deref().map(|a| ("area", a)));
                Ok(server.list(&["gaps"], &pairs, usize::MAX).await?)
            }
            Source::File(offline) => offline.gaps(query).await,
        }
    }

    /// What is most critical, worst first.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub(super) async fn critical(&self, period: Period) -> anyhow::Result<Vec<Critical>> {
        match self {
            Source::Daemon { server, .. } => {
                Ok(server.list(&["critical"], &[("period", period.word())], usize::MAX).await?)
            }
            Source::File(offline) => Ok(offline.critical(period)),
        }
    }

    /// In which order to mend what is down.
    ///
    /// # Errors
    /// When it cannot be asked, or there is no such post.
    pub(super) async fn repair_order(&self, query: &RepairQuery) -> anyhow::Result<RepairOrder> {
        let server = match self {
            Source::Daemon { server, .. } => server,
            Source::File(offline) => return Ok(offline.repair_order(query)?),
        };
        let Effort { shift, speed_kmh, detour, camera, node } = query.effort;
        let [shift, camera, node] = [shift, camera, node].map(|span| span.to_string());
        let (speed, detour) = (speed_kmh.to_string(), detour.to_string());
        let mut pairs = vec![("period", query.period.word()), ("shift", shift.as_str()), ("speed_kmh", speed.as_str())];
        pairs.extend([("detour", detour.as_str()), ("work_camera", camera.as_str()), ("work_node", node.as_str())]);
        pairs.extend(query.from.as_deref().map(|from| ("from", from)));
        Ok(server.get(&["repair-order"], &pairs).await?)
    }

    /// Which entrances and seals would change if something were so. Without a daemon the roads are those of the registry
    /// folder of the settings.
    ///
    /// # Errors
    /// When it cannot be asked, or the question is none.
    pub(super) async fn what_if(
        &self,
        settings: &Settings,
        period: Period,
        body: &WhatIfBody,
    ) -> anyhow::Result<WhatIf> {
        match self {
            Source::Daemon { server, .. } => {
                Ok(server.post(&["whatif"], &[("period", period.word())], Body::json(body)?).await?)
            }
            Source::File(offline) => Ok(offline.what_if(settings, period, body)?),
        }
    }

    /// Whether areas are sealed. Without a daemon the roads are those of the registry folder of the settings.
    ///
    /// # Errors
    /// When it cannot be asked, there are no roads, or no such area.
    pub(super) async fn seals(&self, settings: &Settings, query: &SealQuery) -> anyhow::Result<Seals> {
        let server = match self {
            Source::Daemon { server, .. } => server,
            Source::File(offline) => return offline.seals(settings, query),
        };
        let mut pairs = vec![("level", query.level.word()), ("period", query.period.word())];
        pairs.extend(query.scope.map(|scope| ("scope", scope.word())));
        pairs.extend(query.area.as_deref().map(|area| ("area", area)));
        Ok(server.get(&["seal"], &pairs).await?)
    }

    /// How long it takes by road from the nearest post to each entrance. Without a daemon the roads are those of the
    /// registry folder of the settings.
    ///
    /// # Errors
    /// When it cannot be asked, or the roads cannot be read.
    pub(super) async fn isochrone(
        &self,
        settings: &Settings,
        minutes: Option<f64>,
        drawn: bool,
    ) -> anyhow::Result<Times> {
        let server = match self {
            Source::Daemon { server, .. } => server,
            Source::File(offline) => {
                let pace = settings.isochrone;
                let pace = minutes.map_or(Ok(pace), |minutes| pace.within(minutes))?;
                return Times::of(offline.isochrone(settings, &pace)?, drawn);
            }
        };
        let minutes = minutes.map(|minutes| minutes.to_string());
        let mut pairs: Vec<(&str, &str)> = minutes.as_deref().map(|minutes| ("minutes", minutes)).into_iter().collect();
        if drawn {
            pairs.push(("format", "geojson"));
            return Ok(Times::Drawn(server.get(&["isochrone"], &pairs).await?));
        }
        Ok(Times::Told(Box::new(server.get(&["isochrone"], &pairs).await?)))
    }

    /// Which cameras to buy or to mend next. Without a daemon the search ends when `stop` says so.
    ///
    /// # Errors
    /// When it cannot be asked, or the question is none.
    pub(super) async fn place(self, body: PlaceBody, stop: Arc<AtomicBool>) -> anyhow::Result<Placement> {
        match self {
            Source::Daemon { server, .. } => Ok(server.post(&["place"], &[], Body::json(&body)?).await?),
            Source::File(offline) => offline.placing().reckon(body, stop).await,
        }
    }

    /// One entrance with its watchers.
    ///
    /// # Errors
    /// When there is none with this id, or it cannot be asked.
    pub(super) async fn entrance(&self, id: &str) -> anyhow::Result<EntranceDetail> {
        match self {
            Source::Daemon { server, .. } => Ok(server.get(&["entrances", id], &[]).await?),
            Source::File(offline) => offline.entrance(id),
        }
    }

    /// Incidents, newest first.
    ///
    /// # Errors
    /// When they cannot be asked.
    pub(super) async fn incidents(&self, status: Option<&str>, most: usize) -> anyhow::Result<Vec<Incident>> {
        match self {
            Source::Daemon { server, .. } => {
                let pairs: Vec<(&str, &str)> = status.map(|s| ("status", s)).into_iter().collect();
                Ok(server.list(&["incidents"], &pairs, most).await?)
            }
            Source::File(offline) => offline.incidents(status, most).await,
        }
    }

    /// One incident with all that is kept of it.
    ///
    /// # Errors
    /// When there is none with this number, or it cannot be asked.
    pub(super) async fn incident(&self, id: IncidentId) -> anyhow::Result<IncidentDetail> {
        match self {
            Source::Daemon { server, store } => {
                let mut detail = server.get(&["incidents", &id.to_string()], &[]).await?;
                if let Some(store) = store {
                    name_people(&mut detail, store, id).await;
                }
                Ok(detail)
            }
            Source::File(offline) => offline.incident(id).await,
        }
    }

    /// The registry in force, where we can read it: a daemon that was named by its address alone does not hand it out.
    pub(super) async fn registry(&self) -> Option<Arc<Registry>> {
        match self {
            Source::Daemon { store, .. } => {
                let rows = store.as_ref()?.registry_load().await.ok()??.1;
                crate::engine::restore_registry(rows).ok().map(Arc::new)
            }
            Source::File(offline) => Some(offline.registry()),
        }
    }

    /// Whether a daemon answers.
    pub(super) fn is_live(&self) -> bool {
        matches!(self, Source::Daemon { .. })
    }
}

/// A daemon names people to tokens only; whoever may read its database sees there who was called.
async fn name_people(detail: &mut IncidentDetail, store: &Store, id: IncidentId) {
    // Without it the story is told all the same.
    let Ok(Some(story)) = store.incident(id).await else { return };
    for shown in detail.deliveries.iter_mut().filter(|d| d.to.is_none()) {
        let kept = story.deliveries.iter().find(|d| d.key.sink == shown.sink && d.key.step == shown.step);
        shown.to = kept.and_then(|d| d.told_to.clone());
    }
}

/// The daemon for a change: the one that was named, or that of the database.
///
/// # Errors
/// When none answers.
pub(super) async fn for_change(common: &Common, daemon: &Daemon) -> anyhow::Result<Server> {
    let server = match daemon.named()? {
        Some(server) => server,
        None => {
            let settings = common.settings()?.settings;
            match announced(&database(&settings).await?, daemon).await? {
                Announced::Answers(server) => server,
                Announced::None => {
                    anyhow::bail!("no daemon runs on this database; start it, or name one with --server")
                }
                Announced::Silent(why) => anyhow::bail!("the daemon of this database does not answer: {why}"),
            }
        }
    };
    if !server.has_token() {
        note("no token: --token, or CUNKOU_TOKEN");
    }
    Ok(server)
}
