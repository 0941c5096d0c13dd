//! Where a line of the build log is: in which step of the workflow, which component, which phase and which step of it. The
//! marks before the line tell; a line that comes late belongs to where the log was then.

use chrono::{DateTime, Utc};

use crate::domain::log::mark::{Mark, mark};
use crate::domain::log_line::LogLine;
use crate::text::safe::SafeText;

/// The place of a line, by those before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LinePlace {
    /// The step of the workflow.
    pub(crate) step: Option<SafeText>,
    pub(crate) component: Option<SafeText>,
    pub(crate) phase: Option<SafeText>,
    pub(crate) component_step: Option<SafeText>,
}

impl LinePlace {
    /// Takes the mark of the next line into account. Whether another place begins there.
    pub(crate) fn enter(&mut self, mark: Mark<'_>) -> bool {
        let safe = |text: &str| Some(SafeText::new(text));
        match mark {
            Mark::Workflow(..) => *self = Self::default(),
            Mark::NextStep(name) | Mark::Step(name, _) => {
                *self = Self {
                    step: safe(name),
                    ..Self::default()
                }
            }
            Mark::Document(arn) => {
                *self = Self {
                    step: self.step.take(),
                    component: safe(arn),
                    ..Self::default()
                }
            }
            Mark::Phase(name) => {
                self.phase = safe(name);
                self.component_step = None;
            }
            Mark::ComponentStep(name) => self.component_step = safe(name),
            // All components have been run: what follows is of the workflow's step again.
            Mark::Succeeded => {
                *self = Self {
                    step: self.step.take(),
                    ..Self::default()
                }
            }
            Mark::Total(_) | Mark::Stage(_) | Mark::ExitCode(_) | Mark::Failed => return false,
        }
        true
    }

    /// Whether the line is of the step, of the workflow's or of a component's.
    pub(crate) fn is_of(&self, name: &str) -> bool {
        let is_named = |text: &Option<SafeText>| {
            text.as_ref()
                .is_some_and(|text| text.as_str().eq_ignore_ascii_case(name))
        };
        is_named(&self.step) || is_named(&self.component_step)
    }
}

/// The places of a log that is read once: a line that comes late belongs to where the log was then.
#[derive(Debug, Default)]
pub(crate) struct LinePlaces {
    /// Each place, with the time at which it begins.
    begun: Vec<(DateTime<Utc>, LinePlace)>,
    /// The place before the first of them.
    before: LinePlace,
}

impl LinePlaces {
    /// The place of the next line.
    pub(crate) fn of(&mut self, line: &LogLine) -> &LinePlace {
        if line.late {
            return self.at(line.timestamp);
        }
        if let Some(mark) = mark(line.message.as_str()) {
            let mut place = self.now().clone();
            if place.enter(mark) {
                self.begun.push((line.timestamp, place));
            }
        }
        self.now()
    }

    /// The names of the steps, of the workflows and of the components, each once, in their order.
    pub(crate) fn steps(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for (_, place) in &self.begun {
            for name in [&place.step, &place.component_step].into_iter().flatten() {
                if !names.contains(&name.as_str()) {
                    names.push(name.as_str());
                }
            }
        }
        names
    }

    fn now(&self) -> &LinePlace {
        self.begun.last().map_or(&self.before, |(_, place)| place)
    }

    fn at(&self, time: DateTime<Utc>) -> &LinePlace {
        let after = self.begun.partition_point(|(began, _)| *began <= time);
        let last = after.checked_sub(1).and_then(|last| self.begun.get(last));
        last.map_or(&self.before, |(_, place)| place)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_late_line_is_of_the_step_that_was_running_then() {
        let line = |second, message: &str, late| LogLine {
            timestamp: DateTime::UNIX_EPOCH + TimeDelta::seconds(second),
            ingested_at: None,
            message: SafeText::new(message),
            stream: SafeText::new("3.16.1/1"),
            late,
            again: false,
        };
        let mut places = LinePlaces::default();
        for (second, message) in [(1, "Step Install"), (2, "x"), (5, "Step Clean"), (6, "y")] {
            places.of(&line(second, message, false));
        }
        let step = |second, places: &mut LinePlaces| {
            let place = places.of(&line(second, "late", true)).clone();
            place.component_step.map(|step| step.as_str().to_owned())
        };
        for (second, expected) in [
            (0, None),
            (1, Some("Install")),
            (4, Some("Install")),
            (9, Some("Clean")),
        ] {
            assert_eq!(step(second, &mut places).as_deref(), expected, "{second} s");
        }
        assert_eq!(places.steps(), ["Install", "Clean"]);
    }

    #[test]
    fn a_place_is_left_when_the_next_one_begins() {
        let mut place = LinePlace::default();
        for line in [
            "Started step Apply with action X",
            "Document arn:c",
            "Phase build",
            "Step Install",
        ] {
            place.enter(mark(line).unwrap());
        }
        assert!(place.is_of("install") && place.is_of("Apply"));
        for (line, step) in [
            ("TOE has completed execution successfully", "Apply"),
            ("No 'if' conditions to evaluate for step: Next", "Next"),
            ("Started step Next with action Y", "Next"),
        ] {
            assert!(place.enter(mark(line).unwrap()), "{line}");
            let expected = LinePlace {
                step: Some(SafeText::new(step)),
                ..LinePlace::default()
            };
            assert_eq!(place, expected, "{line}");
        }
    }
}
