//! `bakewatch log`: prints the build log as it is read, without a screen and without a recording. The poller is a watch's
//! own. Tests: `tests/it/headless/log.rs`.

use std::collections::VecDeque;
use std::io::{BufWriter, Write};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::app::status::exit_policy::ExitPolicy;
use crate::aws::operation::Operation;
use crate::backend::parallelcluster::MfaSessions;
use crate::config::ShowLog;
use crate::domain::build::Build;
use crate::domain::change::{Change, Response};
use crate::domain::facts::IMAGE_RESOURCE;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::log::place::LinePlaces;
use crate::domain::log_line::LogState;
use crate::domain::observation::{Observation, Stream as Of};
use crate::error::Error;
use crate::exit_code;
use crate::output::{LogPrinter, PrintedLine};
use crate::poll::log::LogStart;
use crate::poll::permit::Permits;
use crate::poll::poller::Poller;
use crate::poll::schedules::Schedules;
use crate::runtime::prepare::{Common, prepare_api};
use crate::runtime::process::streams::{Stream, print_diagnostic};
use crate::runtime::process::tasks::Tasks;
use crate::runtime::run_async;
use crate::runtime::sessions::Origin;
use crate::text::safe::{SafeText, one_line};

/// The observations between the poller and the printer: each may be a page of 10,000 lines.
const PAGES: usize = 2;
/// How often it is checked whether the log is still awaited.
const TICK: Duration = Duration::from_millis(500);

/// Runs the command and returns the exit code.
pub(crate) fn log(settings: ShowLog) -> Result<u8, Error> {
    run_async(run(settings))
}

async fn run(settings: ShowLog) -> Result<u8, Error> {
    let image_id = settings.api.image_id.clone();
    let common = Common::new(MfaSessions::default());
    let ready = prepare_api(settings.api, false, &common).await?;
    let target = ready.prepared.target;
    let Origin::Api {
        backend, interval, ..
    } = ready.prepared.origin
    else {
        return Err(Error::Bug("a log without a backend".to_owned()));
    };
    let clock = ready.prepared.clock;
    let (sender, mut observations) = mpsc::channel::<Observation>(PAGES);
    // Nobody sends commands; a closed channel would end the polling.
    let (_commands, receiver) = mpsc::channel(1);
    let poller = Poller {
        source: backend,
        permits: Permits::new(clock.clone()),
        clock: clock.clone(),
        schedules: Schedules::new(interval, fastrand::Rng::new()).with_log(LogStart::First),
        observations: sender,
        commands: receiver,
    };
    let mut tasks = Tasks::default();
    tasks.spawn("poller", poller.run());
    let output = Stream::output().map_err(Error::Output)?;
    let mut reading = Reading {
        printer: LogPrinter::new(settings.json, &image_id, target.region),
        out: BufWriter::new(output),
        build: Build::requested(&image_id, false),
        policy: ExitPolicy::new(false),
        places: LinePlaces::default(),
        step: settings.step,
        tail: settings.tail,
        held: VecDeque::new(),
        follows: settings.follows,
        has_arn: false,
        printed: 0,
        refused: None,
        said: None,
    };
    loop {
        let end = tokio::select! {
            Some(observation) = observations.recv() => reading.observe(&observation)?,
            error = tasks.panicked() => return Err(error),
            () = tokio::time::sleep(TICK) => reading.check(clock.elapsed()),
        };
        if let Some(code) = end {
            reading.release()?;
            return Ok(code);
        }
    }
}

struct Reading {
    printer: LogPrinter,
    out: BufWriter<Stream>,
    build: Build,
    policy: ExitPolicy,
    places: LinePlaces,
    /// The step whose lines are wanted.
    step: Option<String>,
    /// The number of lines that are wanted of those that are there already.
    tail: Option<usize>,
    /// Them.
    held: VecDeque<String>,
    follows: bool,
    /// Whether the events name the image, and so the log.
    has_arn: bool,
    printed: usize,
    /// Why the events are refused: the stack may name the log instead.
    refused: Option<String>,
    /// The last fault that was told.
    said: Option<String>,
}

impl Reading {
    /// Prints the new lines. Returns the exit code at the end.
    fn observe(&mut self, observation: &Observation) -> Result<Option<u8>, Error> {
        let change = self.build.apply(observation);
        let _ = self.policy.apply(&change, &self.build);
        let (committed, walked) = (change.committed.iter(), change.completed_walk.is_some());
        self.has_arn |= committed.clone().any(|event| {
            let arn = event.physical_id.as_ref();
            event.logical_id.as_str() == IMAGE_RESOURCE
                && arn.is_some_and(|arn| arn.as_str().contains(":imagebuilder:"))
        });
        if let Some(code) = self.fault(&change).or_else(|| self.unnamed(change.stream)) {
            return Ok(Some(code));
        }
        let Some(page) = change.log else {
            let none = walked && !self.has_arn && !self.follows;
            return Ok(none
                .then(|| self.no_log())
                .or_else(|| self.check(observation.elapsed)));
        };
        for line in &page.lines {
            let place = self.places.of(line);
            if self.step.as_ref().is_some_and(|step| !place.is_of(step)) {
                continue;
            }
            self.printed += 1;
            let text = self.printer.line(&PrintedLine { line, place });
            match self.tail {
                Some(most) => {
                    self.held.push_back(text);
                    if self.held.len() > most {
                        self.held.pop_front();
                    }
                }
                None => writeln!(self.out, "{text}").map_err(Error::Output)?,
            }
        }
        if page.state != LogState::Reading {
            self.release()?;
        }
        Ok(match page.state {
            LogState::Complete => Some(self.whole()),
            LogState::CaughtUp if !self.follows => Some(self.whole()),
            LogState::Absent if !self.follows || self.build.verdict().is_final() => {
                Some(self.no_log())
            }
            _ => None,
        })
    }

    /// Prints the last lines of those that were there already; from then on lines are printed as they come.
    fn release(&mut self) -> Result<(), Error> {
        self.tail = None;
        for text in std::mem::take(&mut self.held) {
            writeln!(self.out, "{text}").map_err(Error::Output)?;
        }
        self.out.flush().map_err(Error::Output)
    }

    /// Whether the log is not awaited any longer.
    fn check(&self, now: Duration) -> Option<u8> {
        let end = self.policy.end_now(&self.build, now)?;
        if end.code == exit_code::NOT_WATCHED {
            let why = end.reason.unwrap_or_default();
            print_diagnostic(&format!("error: {why}"));
            return Some(end.code);
        }
        let has_log = self
            .build
            .log()
            .state()
            .is_some_and(|state| state != LogState::Absent);
        (!has_log && !self.has_arn).then(|| self.no_log())
    }

    /// Tells of a failed request. Returns the exit code where it ends the command.
    fn fault(&mut self, change: &Change<'_>) -> Option<u8> {
        let (Response::Failed(fault) | Response::Refused(fault)) = change.response else {
            return None;
        };
        let is_end = match change.stream {
            Of::Log => needs(fault, Operation::GetLogEvents),
            Of::Events => {
                if fault.kind == FaultKind::Denied {
                    self.refused = Some(fault.to_string());
                }
                false
            }
            _ => return None,
        };
        let text = fault.to_string();
        if is_end {
            print_diagnostic(&format!("error: {text}"));
            return Some(exit_code::NOT_WATCHED);
        }
        if self.said.as_ref() != Some(&text) {
            print_diagnostic(&format!("note: {text}"));
            self.said = Some(text);
        }
        None
    }

    /// Where the events are refused and the stack does not name the log either: the exit code.
    fn unnamed(&mut self, stream: Of) -> Option<u8> {
        let text = self.refused.as_ref()?;
        let image = self.build.image();
        if image.is_some_and(|image| image.stack_created.is_some() && image.version.is_some()) {
            self.has_arn = true;
            return None;
        }
        let is_asked = image.is_some() || stream == Of::Image;
        is_asked.then(|| {
            print_diagnostic(&format!("error: {text}"));
            exit_code::NOT_WATCHED
        })
    }

    fn whole(&self) -> u8 {
        if self.printed > 0 {
            return exit_code::SUCCEEDED;
        }
        if self.build.log().is_empty() {
            return self.no_log();
        }
        let Some(step) = &self.step else {
            return exit_code::SUCCEEDED;
        };
        let steps = self.places.steps().join(", ");
        let step = one_line(SafeText::new(step).as_str());
        print_diagnostic(&format!(
            "no line of the step {step} in the build log; pass one of its steps: {steps}"
        ));
        exit_code::NO_IMAGE
    }

    fn no_log(&self) -> u8 {
        let why = if self.has_arn {
            "the build has written no log yet, or it was deleted"
        } else {
            "no build of this image names one"
        };
        print_diagnostic(&format!(
            "no build log: {why}; bakewatch watch shows the build"
        ));
        exit_code::NO_IMAGE
    }
}

fn needs(fault: &Fault, operation: Operation) -> bool {
    let hint = fault.hint.as_ref();
    fault.kind == FaultKind::Denied
        && hint.is_some_and(|hint| hint.as_str().contains(operation.action()))
}
