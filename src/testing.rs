//! The items that this repository's tests, benches and fuzz targets use. Nothing else is public: bakewatch is a program,
//! and its library has no stable interface.

pub use crate::cli::Cli;
pub use crate::clock::Clock;
pub mod app {
    pub use crate::app::effect::{Effect, Entry, FinalOutcome, PlaybackRequest, PollRequest};
    pub use crate::app::keys::commands::COMMANDS;
    pub use crate::app::keys::key::Key;
    pub use crate::app::keys::keymap::KeyMap;
    pub use crate::app::model::{Mode, Model, Preferences};
    pub use crate::app::msg::{MouseAction, MouseKind, Msg, Remark, Signal};
    pub use crate::app::search::Search;
    pub use crate::app::session::{Focus, Session, SessionId, Target};
    pub use crate::app::status::bar::{BarTarget, bar_items, bar_target_at};
    pub use crate::app::status::exit_policy::ExitPolicy;
    pub use crate::app::status::playback::Playback;
    pub use crate::app::status::summary::summary;
    pub use crate::app::update::update;
    pub use crate::app::views::Tab;
    pub use crate::app::views::detail::{Detail, DetailMode, DetailSubject};
    pub use crate::app::views::rows::ListRow;
}

pub mod backend {
    #[cfg(any(test, fuzzing))]
    pub use crate::backend::parallelcluster::any_response::AnyResponse;
    pub use crate::backend::parallelcluster::{ParallelCluster, Settings, Signing};
    pub use crate::backend::{
        EventSource, EventsError, EventsPage, EventsResponse, ImageSource, LogBatch, LogError,
        LogPath, LogRead, LogRequest, LogResponse, LogSource, NextToken, NoLog, Source,
        StepsAnswer,
    };
}

pub mod config {
    pub use crate::config::keys::built_in as built_in_keys;
    pub use crate::config::themes::{BUILT_IN, built_in as built_in_themes};
    pub use crate::config::{Environment, Task};
}

pub mod demo {
    pub use crate::demo::{
        FaultPlan, FaultRule, InjectedFault, RequestLog, Route, Scenario, Simulator, World,
    };
}

pub mod domain {
    pub use crate::domain::build::Build;
    pub use crate::domain::change::{Change, CompletedWalk, Response};
    pub use crate::domain::diff::changes;
    pub use crate::domain::estimate::{TypicalDuration, TypicalTimes};
    pub use crate::domain::failure::remedy_for_log_line;
    pub use crate::domain::fault::{Fault, FaultKind};
    pub use crate::domain::image::{Ami, ImageAnswer, ImageDescription, RegionalAmi};
    pub use crate::domain::log_line::{LogLine, LogPage, LogPart, LogState};
    pub use crate::domain::observation::{
        LateEvent, Observation, ObservationList, OtherEvents, Seen, Stream, WalkStep,
    };
    pub use crate::domain::outcome::Outcome;
    pub use crate::domain::properties::{MAX_SHOWN, Properties};
    pub use crate::domain::reason::Remedy;
    pub use crate::domain::search::{is_in_event, matching_field};
    pub use crate::domain::span::ResourceTime;
    pub use crate::domain::stack_event::{StackEvent, StackId, format_time, parse_time};
    pub use crate::domain::status::{ClassSet, StatusClass};
    pub use crate::domain::steps::{ListedWorkflows, Step, StepStatus, StepTime, Workflow};
    pub use crate::domain::timeline::{Row, Row as TimelineRow, Timeline};
    pub use crate::domain::verdict::{OutcomeKind, Verdict};
}

pub mod output {
    pub use crate::output::{Subject, farewell, report, variables};
}

pub mod poll {
    pub use crate::poll::permit::Permits;
    pub use crate::poll::poller::Poller;
    pub use crate::poll::schedule::{ApiRequest, PollCommand};
    pub use crate::poll::schedules::Schedules;
    pub use crate::poll::walk::{OVERLAP, SHORT_POLLS, Walk};
}

pub mod recording {
    pub use crate::recording::{Folder, Header, Recorder, Recording, VERSION};
}

pub mod runtime {
    pub use crate::runtime::process::failpoint::PARTS;
    pub use crate::runtime::tty::input::{Event, Parser};
}

pub mod store {
    pub use crate::domain::search::Selection;
    pub use crate::store::filter_index::FilterSlot;
    #[cfg(debug_assertions)]
    pub use crate::store::work::visits;
}

pub mod style {
    pub use crate::style::{Depth, Glyphs, Role, Scheme, Theme};
}

pub mod text {
    pub use crate::text::pattern::Pattern;
    pub use crate::text::redact::redact_secrets;
    pub use crate::text::safe::{SafeText, escape_json, one_line};
    pub use crate::text::width::{truncate, width, wrap};
}

pub mod view {
    pub use crate::view::view;
}
