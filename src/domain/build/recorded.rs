//! The part of a build that comes from the recording of an earlier watch, until the backend says whether that is the
//! present build. [`crate::domain::resume`] decides it. Tests: `tests/it/recording/resume.rs`.

use chrono::{DateTime, Utc};

use crate::domain::build::Build;
use crate::domain::change::Change;
use crate::domain::observation::Observation;
use crate::domain::resume::{Earlier, Identity, Known, Recorded, Standing};
use crate::domain::timeline::Timeline;
use crate::domain::verdict::Verdict;

impl Build {
    /// The identity of the build that a recording is about; `None` if it has none.
    pub(crate) fn identity(&self) -> Option<Identity> {
        let described = self.image().and_then(|image| image.stack_id.clone());
        let stack_id = self.stack_id().cloned().or(described);
        if stack_id.is_none() && self.image().is_none() {
            return None;
        }
        let facts = self.current().map(Timeline::facts);
        Some(Identity::new(Known {
            image_id: self.image_id.clone(),
            stack_id,
            began: self.started_at(),
            image_arn: facts.and_then(|facts| facts.image_arn().cloned()),
            root_failed: facts.is_some_and(|facts| facts.failed_build().is_some()),
            is_stack_deleted: self
                .root()
                .is_some_and(|root| root.status.as_str() == "DELETE_COMPLETE"),
            verdict: self.verdict,
            ami_id: self.ami().map(|ami| ami.id.clone()),
            is_ami_elsewhere: self.is_ami_elsewhere(),
        }))
    }

    fn is_ami_elsewhere(&self) -> bool {
        let amis = self.image().map_or(&[][..], |image| &image.amis[..]);
        let home = self.region();
        !amis.is_empty() && amis.iter().all(|ami| Some(&ami.region) != home.as_ref())
    }

    /// The build as its recording leaves it.
    fn as_recorded(&self, as_of: DateTime<Utc>) -> Option<Earlier> {
        let identity = self.identity()?;
        let recorded = Recorded {
            outcome: self.verdict.outcome(),
            ami_id: self.ami().map(|ami| ami.id.clone()),
            ended_at: self.ended_at(),
            as_of,
        };
        Some(Earlier { recorded, identity })
    }

    /// Turns the present state into the recorded one: a recording proves nothing about the API's present state.
    pub(super) fn rest(&mut self, as_of: Option<DateTime<Utc>>) {
        self.watched_since = None;
        self.answers = self.answers.recorded();
        self.stack_gone = false;
        self.has_responded = false;
        let Some(as_of) = as_of.filter(|_| !self.is_only_recorded()) else {
            return;
        };
        let Some(earlier) = self.as_recorded(as_of) else {
            return;
        };
        self.verdict = earlier.kept_verdict();
        self.earlier = Some(Box::new(earlier));
    }

    /// Compares an answer with the recorded build, as long as it is not known whether that is the present one.
    pub(super) fn compare(&mut self, observation: &Observation, change: &mut Change<'_>) {
        let Some(earlier) = &mut self.earlier else {
            return;
        };
        let before = earlier.identity.standing();
        let standing = earlier.identity.observe(observation);
        if standing == before {
            return;
        }
        match standing {
            Standing::Another => {
                *self = Self {
                    image_id: self.image_id.take(),
                    waits: self.waits,
                    revision: self.revision,
                    predicates: std::mem::take(&mut self.predicates),
                    ..Self::default()
                };
                change.replaced = true;
            }
            Standing::Same { .. } if matches!(before, Standing::Same { .. }) => {}
            Standing::Same { .. } => self.verdict = earlier.decided_verdict(),
            Standing::Open | Standing::Gone => {}
        }
    }

    fn standing(&self) -> Option<Standing> {
        Some(self.earlier.as_ref()?.identity.standing())
    }

    /// Whether everything here is of a recording: no answer has told yet whether its build is the present one.
    pub fn is_only_recorded(&self) -> bool {
        self.standing() == Some(Standing::Open)
    }

    /// The recorded build, if neither its stack nor its image is there any more.
    pub(super) fn gone_since_recorded(&self) -> Option<&Earlier> {
        let gone = self.standing() == Some(Standing::Gone);
        self.earlier.as_deref().filter(|_| gone)
    }

    /// What was recorded, if the state of the build rests on it alone.
    pub fn recorded(&self) -> Option<&Recorded> {
        let rests = matches!(self.standing(), Some(Standing::Open | Standing::Gone));
        let earlier = self.earlier.as_ref().filter(|_| rests)?;
        Some(&earlier.recorded)
    }

    /// Whether the success is a guess: the recorded build had not ended, and its AMI alone was found.
    pub fn is_inferred(&self) -> bool {
        let inferred = self.standing() == Some(Standing::Same { inferred: true });
        inferred && self.verdict == Verdict::Succeeded
    }

    /// The recorded end of a build whose state rests on the recording, or that succeeded.
    pub(super) fn recorded_end(&self) -> Option<DateTime<Utc>> {
        let earlier = self.earlier.as_ref()?;
        let holds = self.recorded().is_some() || self.verdict == earlier.identity_verdict();
        earlier.recorded.ended_at.filter(|_| holds)
    }

    /// Whether the API has answered any request of this watch.
    pub(crate) fn was_answered(&self) -> bool {
        self.watched_since.is_some()
    }
}
