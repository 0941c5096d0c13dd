//! The verdict after every pair of successive answers: kinds of root status × kinds of description × presence, at several
//! distances. What is expected comes from an oracle that is written from the rules, and not from the code.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bakewatch::testing::domain::{
    Ami, Build, ImageAnswer, ImageDescription, Seen, StackEvent, Verdict,
};
use bakewatch::testing::text::SafeText;
use chrono::{DateTime, TimeDelta, Utc};

use crate::support::api;
use crate::support::program::run;

const STACK: &str = "arn:aws:cloudformation:us-east-1:123456789012:stack/img/6acc";
const IMAGE_ARN: &str =
    "arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-img/3.16.1/1";

/// The newest status of the stack itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Root {
    Running,
    /// `CREATE_COMPLETE`.
    Complete,
    Failed,
    RollingBack,
    RolledBack,
    Deleting,
    DeleteFailed,
    /// The deletion of a stack that had failed has failed too.
    FailedThenDeleteFailed,
}

const ROOTS: [Root; 8] = [
    Root::Running,
    Root::Complete,
    Root::Failed,
    Root::RollingBack,
    Root::RolledBack,
    Root::Deleting,
    Root::DeleteFailed,
    Root::FailedThenDeleteFailed,
];

impl Root {
    fn statuses(self) -> &'static [&'static str] {
        match self {
            Self::Running => &[],
            Self::Complete => &["CREATE_COMPLETE"],
            Self::Failed => &["CREATE_FAILED"],
            Self::RollingBack => &["ROLLBACK_IN_PROGRESS"],
            Self::RolledBack => &["ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE"],
            Self::Deleting => &["DELETE_IN_PROGRESS"],
            Self::DeleteFailed => &["DELETE_IN_PROGRESS", "DELETE_FAILED"],
            Self::FailedThenDeleteFailed => &["CREATE_FAILED", "DELETE_FAILED"],
        }
    }

    /// Failed before its own deletion.
    fn has_failed(self) -> bool {
        matches!(
            self,
            Self::Failed | Self::RollingBack | Self::RolledBack | Self::FailedThenDeleteFailed
        )
    }
}

/// One answer about the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// The stack's description, without an AMI and without a failure.
    Building,
    BuildFailed,
    ImageBuilderFailed,
    ImageBuilderCancelled,
    ImageBuilderAvailable,
    /// An AMI with this state.
    Ami(&'static str),
    AmiOlderThanTheStack,
    AmiLongAfterTheStack,
    AmiOfAnotherArn,
    AmiOfAnotherId,
    Absent,
    Foreign,
    /// The stack is gone, and then there is no image either.
    Gone,
}

const ANSWERS: [Answer; 19] = [
    Answer::Building,
    Answer::BuildFailed,
    Answer::ImageBuilderFailed,
    Answer::ImageBuilderCancelled,
    Answer::ImageBuilderAvailable,
    Answer::Ami(""),
    Answer::Ami("AVAILABLE"),
    Answer::Ami("DISABLED"),
    Answer::Ami("PENDING"),
    Answer::Ami("NEW_STATE"),
    Answer::Ami("FAILED"),
    Answer::Ami("DEREGISTERED"),
    Answer::AmiOlderThanTheStack,
    Answer::AmiLongAfterTheStack,
    Answer::AmiOfAnotherArn,
    Answer::AmiOfAnotherId,
    Answer::Absent,
    Answer::Foreign,
    Answer::Gone,
];

/// Which events are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    /// Only those of the stack itself.
    Root,
    /// `ParallelClusterImage` has begun.
    Begun,
    /// `ParallelClusterImage` is `CREATE_COMPLETE`.
    Made,
}

/// What the rules say after one or two answers.
struct Oracle {
    root: Root,
    known: Known,
    answers: Vec<(Answer, u64)>,
}

impl Oracle {
    fn last(&self) -> Answer {
        self.answers
            .last()
            .map_or(Answer::Building, |(answer, _)| *answer)
    }

    /// Two equal answers in a row, 5 s apart, since events were seen.
    fn twice(&self) -> bool {
        match self.answers[..] {
            [(first, at), (second, then)] => first == second && then - at >= 5,
            _ => false,
        }
    }

    fn owns(&self) -> bool {
        !self.root.has_failed()
            && match self.last() {
                Answer::AmiOfAnotherArn => self.known == Known::Root,
                last => matches!(last, Answer::Ami(_)),
            }
    }

    /// Rule 2.
    fn good_ami(&self) -> bool {
        let good = matches!(
            self.last(),
            Answer::Ami("" | "AVAILABLE" | "DISABLED") | Answer::AmiOfAnotherArn
        );
        self.owns() && good
    }

    fn bad_ami(&self) -> bool {
        self.owns() && self.last() == Answer::Ami("FAILED")
    }

    fn pending_ami(&self) -> bool {
        self.owns() && matches!(self.last(), Answer::Ami("PENDING" | "NEW_STATE"))
    }

    /// Whether a good AMI was named before: a success stays.
    fn had_good_ami(&self) -> bool {
        (1..=self.answers.len()).any(|count| self.upto(count).good_ami())
    }

    fn upto(&self, count: usize) -> Self {
        Self {
            root: self.root,
            known: self.known,
            answers: self.answers[..count].to_vec(),
        }
    }

    /// Rule 4.
    fn made(&self) -> bool {
        let said = |(answer, _): &(Answer, u64)| *answer == Answer::ImageBuilderAvailable;
        self.known == Known::Made || self.answers.iter().any(said)
    }

    /// Rule 3: since when Image Builder's failure is known. Another stage takes it back; other answers name none.
    fn image_builder(&self) -> Option<(Answer, u64)> {
        let mut known: Option<(Answer, u64)> = None;
        for (answer, at) in &self.answers {
            match answer {
                Answer::ImageBuilderFailed | Answer::ImageBuilderCancelled => {
                    known = Some((*answer, known.map_or(*at, |(_, since)| since)));
                }
                Answer::Building | Answer::BuildFailed | Answer::ImageBuilderAvailable => {
                    known = None;
                }
                _ => {}
            }
        }
        known
    }

    fn is_deleting(&self) -> bool {
        matches!(
            self.root,
            Root::Deleting | Root::DeleteFailed | Root::FailedThenDeleteFailed
        )
    }

    fn builder_failure(&self) -> Option<u64> {
        let (answer, since) = self.image_builder()?;
        let counts = answer == Answer::ImageBuilderFailed || !self.is_deleting();
        counts.then_some(since)
    }

    /// Rule 7: the deletion failed, and the descriptions have no AMI.
    fn is_stuck(&self) -> bool {
        let without = |(answer, _): &(Answer, u64)| {
            !matches!(
                answer,
                Answer::Foreign
                    | Answer::AmiOlderThanTheStack
                    | Answer::AmiLongAfterTheStack
                    | Answer::AmiOfAnotherArn
                    | Answer::AmiOfAnotherId
                    | Answer::Ami(
                        "" | "AVAILABLE" | "DISABLED" | "PENDING" | "NEW_STATE" | "FAILED"
                    )
            )
        };
        self.root == Root::DeleteFailed && self.same_kind() && self.answers.iter().all(without)
    }

    /// Like `twice`, where every description without an AMI is one kind of answer.
    fn same_kind(&self) -> bool {
        let kind = |answer| match answer {
            Answer::ImageBuilderFailed
            | Answer::ImageBuilderCancelled
            | Answer::ImageBuilderAvailable
            | Answer::Ami("DEREGISTERED") => Answer::Building,
            Answer::Gone => Answer::Absent,
            answer => answer,
        };
        match self.answers[..] {
            [(first, at), (second, then)] => kind(first) == kind(second) && then - at >= 5,
            _ => false,
        }
    }

    /// The stack and the image were not there, and nothing has been since.
    fn is_gone(&self) -> bool {
        let nothing =
            |(answer, _): &&(Answer, u64)| matches!(answer, Answer::Gone | Answer::Absent);
        let mut since = self.answers.iter().rev().take_while(nothing);
        since.any(|(answer, _)| *answer == Answer::Gone)
    }

    fn has_failed(&self) -> bool {
        let gone = self.twice() && self.last() == Answer::Gone;
        let now = self.answers.last().map_or(0, |(_, at)| *at);
        let builder = |since| now - since >= 60 || gone || self.is_stuck();
        self.root.has_failed()
            || (self.twice() && self.last() == Answer::BuildFailed)
            || (self.twice() && self.bad_ami())
            || (self.is_stuck() && !self.made())
            || self.builder_failure().is_some_and(builder)
    }

    fn expected(&self) -> Verdict {
        if self.had_good_ami() {
            return Verdict::Succeeded;
        }
        let at_rest = !matches!(
            self.root,
            Root::Running | Root::RollingBack | Root::Deleting
        );
        if self.last() == Answer::Foreign && self.known == Known::Root {
            return match self.root {
                _ if self.twice() && at_rest => Verdict::Ended,
                root => self.unfinished(root),
            };
        }
        if self.has_failed() {
            let rolling_back = self.root == Root::RollingBack && !self.is_gone();
            return if rolling_back {
                Verdict::RollingBack
            } else {
                Verdict::Failed
            };
        }
        if self.twice() && self.last() == Answer::Gone {
            return if self.made() {
                Verdict::AmiNotFound
            } else {
                Verdict::Deleted
            };
        }
        if self.is_stuck() {
            return Verdict::AmiNotFound;
        }
        self.unfinished(self.root)
    }

    fn unfinished(&self, root: Root) -> Verdict {
        if self.builder_failure().is_some() {
            return Verdict::Failing;
        }
        if self.pending_ami() || self.bad_ami() {
            return Verdict::Finishing;
        }
        match root {
            _ if self.is_deleting() => Verdict::Deleting,
            Root::Complete => Verdict::Finishing,
            _ => Verdict::Building,
        }
    }
}

/// The build under test, second by second.
struct Watched {
    build: Build,
    began: DateTime<Utc>,
}

impl Watched {
    fn observe(&mut self, second: u64, seen: Seen) {
        let elapsed = Duration::from_secs(second);
        let at = self.began + elapsed;
        self.build.apply(&api::observation(at, elapsed, seen));
    }

    fn answer(&mut self, second: u64, answer: Answer) {
        let created = |after| Some(self.began + after);
        let mut image = ImageDescription {
            image_id: Some(SafeText::new("img")),
            ..api::image("BUILD_IN_PROGRESS", None)
        };
        let ami = |image: &mut ImageDescription, state: &str| {
            image.build_status = Some(SafeText::new("BUILD_COMPLETE"));
            image.creation_time = created(TimeDelta::minutes(50));
            image.ami = Some(Ami {
                state: Some(SafeText::new(state)).filter(|state| !state.as_str().is_empty()),
                image_arn: Some(SafeText::new(IMAGE_ARN)),
                ..Ami::new("ami-1")
            });
        };
        let builder = |stage| Some(SafeText::new(stage));
        match answer {
            Answer::Building => image.builder_status = builder("BUILDING"),
            Answer::BuildFailed => {
                image.build_status = Some(SafeText::new("BUILD_FAILED"));
                image.builder_status = builder("BUILDING");
            }
            Answer::ImageBuilderFailed => image.builder_status = builder("FAILED"),
            Answer::ImageBuilderCancelled => image.builder_status = builder("CANCELLED"),
            Answer::ImageBuilderAvailable => image.builder_status = builder("AVAILABLE"),
            Answer::Ami(state) => ami(&mut image, state),
            Answer::AmiOlderThanTheStack => {
                ami(&mut image, "AVAILABLE");
                image.creation_time = created(TimeDelta::minutes(-6));
            }
            Answer::AmiLongAfterTheStack => {
                ami(&mut image, "AVAILABLE");
                image.creation_time = created(TimeDelta::hours(14));
            }
            Answer::AmiOfAnotherArn => {
                ami(&mut image, "AVAILABLE");
                let other = image.ami.as_mut().unwrap();
                other.image_arn = Some(SafeText::new("arn:aws:imagebuilder:x"));
            }
            Answer::AmiOfAnotherId => {
                ami(&mut image, "AVAILABLE");
                image.image_id = Some(SafeText::new("img-2"));
            }
            Answer::Absent => return self.observe(second, Seen::Image(ImageAnswer::Absent)),
            Answer::Foreign => return self.observe(second, Seen::Image(ImageAnswer::Foreign)),
            Answer::Gone => {
                self.observe(second, Seen::StackGone);
                return self.observe(second, Seen::Image(ImageAnswer::Absent));
            }
        }
        self.observe(second, Seen::Image(ImageAnswer::Described(Box::new(image))));
    }
}

fn events(root: Root, known: Known, began: DateTime<Utc>) -> Vec<Arc<StackEvent>> {
    let mut rows = vec![("img", "CREATE_IN_PROGRESS", STACK)];
    if known != Known::Root {
        rows.push(("ParallelClusterImage", "CREATE_IN_PROGRESS", IMAGE_ARN));
    }
    if known == Known::Made {
        rows.push(("ParallelClusterImage", "CREATE_COMPLETE", IMAGE_ARN));
    }
    rows.extend(root.statuses().iter().map(|status| ("img", *status, STACK)));
    let event = |(index, (logical, status, physical)): (usize, &(&str, &str, &str))| {
        api::event(&serde_json::json!({
            "stackId": STACK, "eventId": index.to_string(), "logicalResourceId": logical,
            "physicalResourceId": physical, "resourceStatus": status, "timestamp": began.to_rfc3339(),
        }))
    };
    rows.iter().enumerate().map(event).rev().collect()
}

#[test]
fn every_pair_of_answers_has_the_verdict_of_the_rules() {
    let began: DateTime<Utc> = "2026-01-01T10:00:00Z".parse().unwrap();
    let mut wrong = Vec::new();
    for root in ROOTS {
        for known in [Known::Root, Known::Begun, Known::Made] {
            let page = api::page(STACK, events(root, known, began), true);
            for first in ANSWERS {
                for second in ANSWERS {
                    for apart in [2, 3, 5, 60] {
                        let mut watched = Watched {
                            build: Build::requested("img", false),
                            began,
                        };
                        watched.observe(0, Seen::Page(page.clone()));
                        let mut oracle = Oracle {
                            root,
                            known,
                            answers: Vec::new(),
                        };
                        for (answer, at) in [(first, 1), (second, 1 + apart)] {
                            watched.answer(at, answer);
                            oracle.answers.push((answer, at));
                            let (is, should) = (watched.build.verdict(), oracle.expected());
                            if is != should {
                                wrong.push(format!(
                                    "{root:?} {known:?} {:?}: {is:?}, not {should:?}",
                                    oracle.answers
                                ));
                            }
                        }
                    }
                }
            }
        }
    }
    wrong.dedup();
    let shown = wrong
        .iter()
        .take(30)
        .cloned()
        .collect::<Vec<_>>()
        .join("\n");
    assert!(wrong.is_empty(), "{} wrong:\n{shown}", wrong.len());
}

/// Without events, 3 s suffice, and an AMI needs the answer between that there is no stack.
#[test]
fn every_pair_of_answers_without_events_has_the_verdict_of_the_rules() {
    let began: DateTime<Utc> = "2026-01-01T10:00:00Z".parse().unwrap();
    for apart in [2, 3, 5, 60] {
        for between in [false, true] {
            for (answer, decided) in [
                (Answer::Gone, Verdict::NotFound),
                (Answer::Ami("AVAILABLE"), Verdict::Succeeded),
                (Answer::Ami("FAILED"), Verdict::Failed),
                (Answer::AmiOfAnotherId, Verdict::Waiting),
                (Answer::BuildFailed, Verdict::Failed),
            ] {
                let mut watched = Watched {
                    build: Build::requested("img", false),
                    began,
                };
                watched.answer(1, answer);
                if between {
                    watched.observe(1, Seen::StackGone);
                }
                watched.answer(1 + apart, answer);
                let needs_gone = matches!(answer, Answer::Ami(_));
                let counts = apart >= 3 && (between || !needs_gone);
                let verdict = watched.build.verdict();
                assert_eq!(
                    verdict.is_final(),
                    counts && decided.is_final(),
                    "{answer:?} {apart} {between}"
                );
                assert!(!counts || verdict == decided, "{answer:?}: {verdict:?}");
            }
        }
    }
}

/// Recordings of builds that ended in an unusual way.
#[test]
fn recorded_builds_have_the_verdict_of_the_rules() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/recordings");
    for (name, code, outcome, said) in [
        // It failed at its own time, whatever became of its deletion hours later.
        (
            "failed-build-then-delete-failed",
            3,
            "failed",
            "\"endedAt\":\"2026-03-01T10:30:01.000Z\"",
        ),
        ("ami-state-failed", 4, "building", "is FAILED"),
        (
            "image-builder-failed-stack-still-in-progress",
            4,
            "building",
            "Image Builder: SSM execution",
        ),
        (
            "ami-without-tags",
            1,
            "unknown",
            "Values=arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo-image/3.16.1/1",
        ),
    ] {
        let file = folder.join(format!("{name}.jsonl"));
        let ended = run(&[
            "replay",
            file.to_str().unwrap(),
            "--speed",
            "max",
            "-o",
            "json",
        ]);
        assert_eq!(ended.code(), Some(code), "{name}: {}", ended.diagnostics);
        assert_eq!(ended.outcome()["outcome"], outcome, "{name}");
        let lines = ended.lines.join("\n");
        assert!(lines.contains(said), "{name}: {lines}");
    }
}
