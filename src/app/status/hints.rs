//! The keys that do something now, most useful first, with a word for each: the content of the last line, which
//! `view::chrome::hints` draws.
//!
//! Each context has its rules in the order of their use; a rule whose condition does not hold gives no hint.

use crate::app::keys::action::{
    Action, AppAction, Context, OverlayAction, PlaybackAction, SessionAction,
};
use crate::app::model::Model;
use crate::app::overlays::picker::Picker;
use crate::app::overlays::{Overlay, help};
use crate::app::session::Session;
use crate::app::views::Tab;
use crate::app::views::action::{Move, ViewAction, Zoom};
use crate::app::views::detail::DetailMode;
use crate::app::views::filter;
use crate::app::views::page::PageLine;
use crate::app::views::rows::ListOrder;
use crate::domain::search::Selection;
use crate::domain::status::{ClassSet, StatusClass};
use crate::domain::verdict::Verdict;

/// Keys such as `n/N`, and the word for what they do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hint {
    pub keys: String,
    pub word: &'static str,
    /// Whether it is left out last, wherever it stands.
    pub stays: bool,
}

/// The actions of a hint, its word, and whether they do something now.
type Rule = (&'static [Action], &'static str, fn(&Model) -> bool);

const fn app(action: AppAction) -> Action {
    Action::App(action)
}

const fn playback(action: PlaybackAction) -> Action {
    Action::Playback(action)
}

const fn session(action: SessionAction) -> Action {
    Action::Session(action)
}

const fn view(action: ViewAction) -> Action {
    Action::View(action)
}

const MOVE: &[Action] = &[Action::Move(Move::Down), Action::Move(Move::Up)];
const ENTER: &[Action] = &[view(ViewAction::Enter)];
const CLOSE: &[Action] = &[app(AppAction::Close)];
const HELP: Rule = (&[app(AppAction::Help)], "help", always);
const QUIT: Rule = (&[app(AppAction::Quit)], "quit", always);

const fn always(_: &Model) -> bool {
    true
}

/// What the user is looking for after an end, a fault, or a search: in every view and in the detail pane.
#[rustfmt::skip] // A rule is a line.
const FIRST: &[Rule] = &[
    (&[session(SessionAction::CopyCommand)], "copy command", has_command),
    (&[session(SessionAction::CopyCommand)], "copy config", has_configuration),
    (&[session(SessionAction::CopyAmi)], "copy AMI id", has_ami),
    (&[session(SessionAction::PollNow)], "retry", has_fault),
    (&[playback(PlaybackAction::Pause)], "pause", |model| replays(model, false)),
    (&[playback(PlaybackAction::Pause)], "play", |model| replays(model, true)),
    (&[playback(PlaybackAction::PreviousEvent), playback(PlaybackAction::NextEvent)], "step", has_playback),
    (&[playback(PlaybackAction::Slower), playback(PlaybackAction::Faster)], "speed", |model| replays(model, false)),
    (&[session(SessionAction::NextMatch), session(SessionAction::PreviousMatch)], "match", searches),
    (CLOSE, "end search", ends_search),
];

#[rustfmt::skip] // A rule is a line.
const LIST: &[Rule] = &[
    (CLOSE, "clear filter", ends_filter),
    (&[Action::Move(Move::Bottom)], "follow", |model| is_held(model, ListOrder::OldestFirst)),
    (&[Action::Move(Move::Top)], "follow", |model| is_held(model, ListOrder::NewestFirst)),
    (&[session(SessionAction::NextFailure), session(SessionAction::PreviousFailure)], "failure", lists_failures),
    (&[session(SessionAction::Show(Tab::Failure))], "why", is_diagnosed),
    (ENTER, "detail", has_event),
    (&[session(SessionAction::RawJson)], "JSON", has_event),
    (&[session(SessionAction::Search)], "search", has_events),
    (&[session(SessionAction::Filter)], "filter", has_events),
    (&[session(SessionAction::Report)], "report", is_over),
    (&[session(SessionAction::SwitchPane)], "pane", has_event),
    (MOVE, "move", has_events),
];

#[rustfmt::skip] // A rule is a line.
const RESOURCES: &[Rule] = &[
    (CLOSE, "clear filter", ends_filter),
    (&[session(SessionAction::Show(Tab::Failure))], "why", is_diagnosed),
    (ENTER, "detail", has_event),
    (&[view(ViewAction::Zoom(Zoom::Resource))], "fit", has_event),
    (&[view(ViewAction::Zoom(Zoom::All))], "all", is_zoomed),
    (&[view(ViewAction::Left), view(ViewAction::Right)], "scroll", is_zoomed),
    (&[view(ViewAction::Zoom(Zoom::In)), view(ViewAction::Zoom(Zoom::Out))], "zoom", has_event),
    (&[session(SessionAction::FilterToResource)], "its events", has_event),
    (&[session(SessionAction::Search)], "search", has_event),
    (&[session(SessionAction::Report)], "report", is_over),
    (&[session(SessionAction::SwitchPane)], "pane", has_event),
    (MOVE, "move", has_event),
];

#[rustfmt::skip] // A rule is a line.
const DETAIL: &[Rule] = &[
    (CLOSE, "back", |model| !ends_search(model)),
    (ENTER, "fold", marks_branch),
    (&[session(SessionAction::Copy)], "copy", has_event),
    (&[session(SessionAction::RawJson)], "JSON", |model| !shows(model, DetailMode::Raw)),
    (&[session(SessionAction::RawJson)], "fields", |model| shows(model, DetailMode::Raw)),
    (&[session(SessionAction::Changes)], "changes", |model| !shows(model, DetailMode::Changes)),
    (&[session(SessionAction::Changes)], "fields", |model| shows(model, DetailMode::Changes)),
    (&[session(SessionAction::NextFailure), session(SessionAction::PreviousFailure)], "failure", lists_failures),
    (&[session(SessionAction::Search)], "search", always),
    (&[session(SessionAction::SwitchPane)], "pane", always),
    (MOVE, "move", always),
];

#[rustfmt::skip] // A rule is a line.
const FAILURE: &[Rule] = &[
    (ENTER, "event", is_explained),
    (&[session(SessionAction::Copy)], "copy line", has_lines),
    (&[session(SessionAction::Report)], "report", is_over),
    (&[session(SessionAction::Search)], "search", has_lines),
    (&[session(SessionAction::NextFailure), session(SessionAction::PreviousFailure)], "failure", lists_failures),
    (MOVE, "move", has_lines),
];

#[rustfmt::skip] // A rule is a line.
const LOG: &[Rule] = &[
    (CLOSE, "all lines", |model| model.shown.views.log.filter.is_some() && !ends_search(model)),
    (&[Action::Move(Move::Bottom)], "follow", |model| has_log(model) && !model.shown.views.log.follows),
    (&[session(SessionAction::NextFailure), session(SessionAction::PreviousFailure)], "error", has_log),
    (&[view(ViewAction::NextStep), view(ViewAction::PreviousStep)], "step", has_log),
    (&[session(SessionAction::Search)], "search", has_log),
    (&[session(SessionAction::FilterText)], "only with", has_log),
    (&[view(ViewAction::Wrap)], "wrap", has_log),
    (&[session(SessionAction::Copy)], "copy line", has_log),
    (MOVE, "move", has_log),
];

fn has_log(model: &Model) -> bool {
    !model.shown.build.log().is_empty()
}

#[rustfmt::skip] // A rule is a line.
const FILTER: &[Rule] = &[
    (&[view(ViewAction::Toggle)], "toggle", always),
    (ENTER, "only", narrows),
    (&[Action::Overlay(OverlayAction::ShowAll)], "all", |model| !model.shown.filter.is_open()),
    (CLOSE, "close", always),
    (MOVE, "move", always),
    HELP,
];

#[rustfmt::skip] // A rule is a line.
const PROMPT: &[Rule] = &[
    (ENTER, "done", always),
    (CLOSE, "cancel", always),
    (&[Action::Overlay(OverlayAction::Regex)], "regex", always),
];

#[rustfmt::skip] // A rule is a line.
const BUILDS: &[Rule] = &[
    (ENTER, "show", always),
    (&[Action::Overlay(OverlayAction::CloseBuild)], "stop watching", |model| !has_playback(model)),
    (&[app(AppAction::Picker)], "more builds", |model| !has_playback(model)),
    (CLOSE, "close", always),
    (MOVE, "move", always),
    HELP,
];

#[rustfmt::skip] // A rule is a line.
const PICKER: &[Rule] = &[
    (ENTER, "watch", |model| picks(model, |picker| !picker.rows.is_empty() && !picker.typing)),
    (ENTER, "to the rows", |model| picks(model, |picker| picker.typing)),
    (CLOSE, "all again", |model| picks(model, |picker| picker.typing || !picker.query.is_empty())),
    (&[view(ViewAction::Toggle)], "mark", |model| picks(model, |picker| !picker.rows.is_empty() && !picker.typing)),
    (&[Action::Overlay(OverlayAction::Compare)], "compare", |model| picks(model, |picker| picker.marks() == 2 && !picker.typing)),
    (&[session(SessionAction::Search)], "filter", |model| picks(model, |picker| !picker.rows.is_empty() && !picker.typing)),
    (MOVE, "move", |model| picks(model, |picker| !picker.typing)),
    (&[app(AppAction::Help)], "help", |model| picks(model, |picker| !picker.typing)),
    (&[app(AppAction::Quit)], "quit", |model| picks(model, |picker| !picker.typing)),
];

const COMPARISON: &[Rule] = &[(CLOSE, "back", always), (MOVE, "scroll", always), HELP];

/// Several builds are watched.
#[rustfmt::skip] // A rule is a line.
const SEVERAL: &[Rule] = &[
    (&[app(AppAction::NextBuild), app(AppAction::PreviousBuild)], "build", has_others),
    (&[app(AppAction::Builds)], "builds", has_others),
    HELP,
    QUIT,
];

const IN_HELP: &[Rule] = &[(CLOSE, "close", always), (MOVE, "scroll", help_scrolls)];

/// The rules of a context, in the order of the hints.
fn rules(context: Context) -> [&'static [Rule]; 3] {
    const LAST: &[Rule] = SEVERAL;
    match context {
        Context::View(Tab::Events) => [FIRST, LIST, LAST],
        Context::View(Tab::Resources) => [FIRST, RESOURCES, LAST],
        Context::View(Tab::Failure) => [FIRST, FAILURE, LAST],
        Context::View(Tab::Log) => [FIRST, LOG, LAST],
        Context::Detail => [FIRST, DETAIL, &[HELP]],
        Context::Filter => [FILTER, &[], &[]],
        Context::Prompt => [PROMPT, &[], &[]],
        Context::Builds => [BUILDS, &[], &[]],
        Context::Picker => [PICKER, &[], &[]],
        Context::Comparison => [COMPARISON, &[], &[]],
        Context::Help => [IN_HELP, &[], &[]],
    }
}

/// The hints of what is focused.
pub(crate) fn hints(model: &Model) -> Vec<Hint> {
    let rules = rules(model.context()).into_iter().flatten();
    let useful = rules.filter(|(_, _, is_useful)| is_useful(model));
    useful
        .filter_map(|(actions, word, _)| {
            let keys = actions.iter().filter_map(|one| model.keys.key_for(*one));
            let keys: Vec<_> = keys.map(|key| key.to_string()).collect();
            let stays = [HELP.0, QUIT.0].contains(actions);
            (!keys.is_empty()).then(|| Hint {
                keys: keys.join("/"),
                word,
                stays,
            })
        })
        .collect()
}

fn has_others(model: &Model) -> bool {
    model.in_order().len() > 1
}

fn picks(model: &Model, is_so: impl Fn(&Picker) -> bool) -> bool {
    match &model.overlay {
        Some(Overlay::Picker(picker)) => is_so(picker),
        _ => false,
    }
}

fn has_command(model: &Model) -> bool {
    let remedy = model.shown.remedy();
    remedy.is_some_and(|remedy| remedy.command.is_some())
}

/// Whether the key of the command copies the line of a configuration.
fn has_configuration(model: &Model) -> bool {
    !has_command(model) && model.shown.command().is_some()
}

fn has_ami(model: &Model) -> bool {
    let build = &model.shown.build;
    build.verdict() == Verdict::Succeeded && build.ami().is_some()
}

fn has_playback(model: &Model) -> bool {
    model.shown.playback.is_some()
}

fn replays(model: &Model, paused: bool) -> bool {
    let playback = model.shown.playback;
    playback.is_some_and(|playback| playback.paused == paused && !playback.ended)
}

fn has_fault(model: &Model) -> bool {
    let session = &model.shown;
    session.connection.fault(&session.build).is_some() && session.playback.is_none()
}

/// The search of the focused list or page.
fn searches(model: &Model) -> bool {
    let search = &model.shown.search;
    if model.shown.reads_page() {
        search.page.is_some()
    } else {
        search.listed.is_some()
    }
}

fn ends_search(model: &Model) -> bool {
    let search = &model.shown.search;
    searches(model) || (!model.shown.detail_focused() && search.listed.is_some())
}

fn ends_filter(model: &Model) -> bool {
    !ends_search(model) && !model.shown.filter.is_open()
}

fn is_held(model: &Model, order: ListOrder) -> bool {
    let Session { views, build, .. } = &model.shown;
    let list = &views.events;
    has_events(model) && !list.follows && list.order == order && !build.is_over()
}

fn lists_failures(model: &Model) -> bool {
    let Session { filter, build, .. } = &model.shown;
    let failed = ClassSet::only(StatusClass::Failed);
    filter.classes.contains(StatusClass::Failed)
        && filter::count(build, filter.selection_of(failed)) > 0
}

fn is_explained(model: &Model) -> bool {
    model.shown.explanation().is_some()
}

/// Whether the page of the shown view has lines.
fn has_lines(model: &Model) -> bool {
    !model.shown.page().lines.is_empty()
}

/// Whether view 3 has more about a failure, also of one that only Image Builder reports.
fn is_diagnosed(model: &Model) -> bool {
    is_explained(model) || model.shown.diagnosis().is_some()
}

fn has_event(model: &Model) -> bool {
    model.shown.event().is_some()
}

fn has_events(model: &Model) -> bool {
    filter::count(&model.shown.build, Selection::ALL) > 0
}

fn is_over(model: &Model) -> bool {
    model.shown.build.verdict().is_final()
}

fn is_zoomed(model: &Model) -> bool {
    !model.shown.views.resources.axis.is_whole()
}

fn shows(model: &Model, mode: DetailMode) -> bool {
    model.shown.detail.mode == mode
}

/// Whether the marked choice is not the only one of its kind yet.
fn narrows(model: &Model) -> bool {
    let filter = &model.shown.filter;
    let Some(Overlay::Filter(menu)) = &model.overlay else {
        return false;
    };
    menu.choice().is_some_and(|choice| {
        let mut only = filter.clone();
        only.only(choice);
        only != *filter
    })
}

fn marks_branch(model: &Model) -> bool {
    let page = &model.shown.detail.page;
    let marked = page.lines.get(page.cursor);
    matches!(marked, Some(PageLine::Node { open: Some(_), .. }))
}

fn help_scrolls(model: &Model) -> bool {
    let Some(Overlay::Help { help, .. }) = &model.overlay else {
        return false;
    };
    let rows = help::rows(&model.keys, help.from, model.size);
    help::highest_top(&rows, model.size) > 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::keys::commands::{COMMANDS, CONTEXTS};

    /// A hint of an action that the context does not have would name a key that does nothing.
    #[test]
    fn every_hint_has_an_action_in_its_context() {
        for context in CONTEXTS {
            for (actions, word, _) in rules(*context).into_iter().flatten() {
                for action in *actions {
                    let mut rows = COMMANDS.iter();
                    assert!(
                        rows.any(|row| row.action == *action && row.contexts.contains(context)),
                        "{word} in {context:?}"
                    );
                }
            }
        }
    }
}
