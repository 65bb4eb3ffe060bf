//! The cameras' passwords in force. A reload reads them again; what a refused one held back is then tried at once.

use std::sync::{Arc, PoisonError, RwLock};

use cunkou_core::model::{CameraIx, Time};
use cunkou_core::world::Snapshot;

use crate::files::secrets::{Secret, Secrets, SecretsError};
use crate::probe::Credential;

/// Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub(super) struct Passwords(Arc<RwLock<Secrets>>);

impl Passwords {
    pub(super) fn new(secrets: Secrets) -> Passwords {
        Passwords(Arc::new(RwLock::new(secrets)))
    }

    /// The credential of an entry; a token is none.
    pub(super) fn get(&self, entry: &str) -> Option<Credential> {
        match self.in_force().get(entry)? {
            Secret::Login { user, password, basic } => {
                Some(Credential { user: user.clone(), password: password.clone(), basic: *basic })
            }
            Secret::Token(_) => None,
        }
    }

    /// The secrets as they are written now; not in force yet.
    pub(super) fn read_again(&self) -> Result<Secrets, SecretsError> {
        let before = self.in_force().clone();
        before.read_again()
    }

    /// Puts these in force; gives the cameras whose credential is another one by that.
    pub(super) fn put_in_force(&self, fresh: Secrets, snapshot: &Snapshot) -> Vec<CameraIx> {
        let before = std::mem::replace(&mut *self.0.write().unwrap_or_else(PoisonError::into_inner), fresh);
        let after = self.in_force();
        with_credential(snapshot)
            .filter(|(_, entry)| !same(before.get(entry), after.get(entry)))
            .map(|(c, _)| c)
            .collect()
    }

    /// Cameras whose password was refused before the secrets were last written, so while we did not run: whether it
    /// was mended since cannot be known without keeping it, so it is tried.
    pub(super) fn written_since_refused(
        &self,
        snapshot: &Snapshot,
        auth_retry: cunkou_core::model::Span,
    ) -> Vec<CameraIx> {
        let written = self.in_force().written();
        let Some(written) = written.and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok()) else {
            return Vec::new();
        };
        let written = Time(i64::try_from(written.as_millis()).unwrap_or(i64::MAX));
        let refused = |c: CameraIx| snapshot.cameras.get(c.at())?.password_held_until;
        let cameras = with_credential(snapshot).map(|(c, _)| c);
        cameras.filter(|c| refused(*c).is_some_and(|until| written > until - auth_retry)).collect()
    }

    fn in_force(&self) -> std::sync::RwLockReadGuard<'_, Secrets> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Cameras that name an entry of the secrets.
fn with_credential(snapshot: &Snapshot) -> impl Iterator<Item = (CameraIx, &str)> {
    snapshot.registry.cameras.values().filter_map(|camera| {
        let entry = camera.credential.as_deref()?;
        Some((snapshot.topology.camera(camera.id.as_str())?, entry))
    })
}

fn same(a: Option<&Secret>, b: Option<&Secret>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.is_same_as(b),
        (None, None) => true,
        _ => false,
    }
}
