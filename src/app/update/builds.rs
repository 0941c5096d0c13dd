//! Several builds: switching between them, the view of all of them, and the picker that opens more.

use crate::app::effect::{Effect, Effects, OpenTarget};
use crate::app::keys::key::Key;
use crate::app::model::{Mode, Model};
use crate::app::msg::{Compared, Listed, Remark};
use crate::app::overlays::Overlay;
use crate::app::overlays::builds::BuildsMenu;
use crate::app::overlays::comparison::Comparison;
use crate::app::overlays::picker::{Comparing, Picker};
use crate::app::overlays::prompt::Prompt;
use crate::app::session::{Session, SessionId, Target};
use crate::app::update::code;
use crate::app::views::action::ViewAction;
use crate::domain::outcome::{Outcome, RecordedWatch};
use crate::text::safe::SafeText;

/// Shows the next or previous build, around the end.
pub(super) fn switch(model: &mut Model, forward: bool) {
    let ids: Vec<_> = model.in_order().iter().map(|session| session.id).collect();
    let count = ids.len();
    let Some(place) = ids.iter().position(|id| *id == model.shown.id) else {
        return;
    };
    if count < 2 {
        model.toast = Some("this is the only build; b opens others".to_owned());
        return;
    }
    let step = if forward { 1 } else { count - 1 };
    if let Some(next) = ids.get((place + step) % count) {
        show(model, *next);
    }
}

pub(super) fn show(model: &mut Model, id: SessionId) {
    model.show(id);
    let named = model.label(id);
    model.toast = named.map(|label| format!("this is {}", label.text));
}

pub(super) fn toggle_menu(model: &mut Model) {
    if matches!(model.overlay, Some(Overlay::Builds(_))) {
        model.overlay = None;
        return;
    }
    let ids: Vec<_> = model.in_order().iter().map(|session| session.id).collect();
    let cursor = ids.iter().position(|id| *id == model.shown.id).unwrap_or(0);
    model.overlay = Some(Overlay::Builds(BuildsMenu { cursor, top: 0 }));
}

/// Opens the picker, and asks for its rows.
pub(super) fn open_picker(model: &mut Model, effects: &mut Effects) {
    if model.shown.playback.is_some() {
        model.toast = Some("a replay has one build; `bakewatch` lists the others".to_owned());
        return;
    }
    model.overlay = Some(Overlay::Picker(Box::default()));
    effects.push(Effect::List(true));
}

pub(super) fn act_in_menu(model: &mut Model, action: ViewAction) {
    let Some(Overlay::Builds(menu)) = &model.overlay else {
        return;
    };
    if action == ViewAction::Enter {
        let id = model.in_order().get(menu.cursor).map(|session| session.id);
        model.overlay = None;
        if let Some(id) = id {
            show(model, id);
        }
    }
}

/// Stops to watch the build of the marked row.
pub(super) fn close_marked(model: &mut Model, effects: &mut Effects) {
    let Some(Overlay::Builds(menu)) = &model.overlay else {
        return;
    };
    let all = model.in_order();
    if all.len() < 2 {
        if model.shown.playback.is_some() || model.opening > 0 {
            model.toast = Some("this is the only build; q leaves".to_owned());
            return;
        }
        // The picker opens where there is nothing else to show.
        model.overlay = None;
        let closed = model.show_none();
        effects.push(close(&closed));
        return;
    }
    let Some(id) = all.get(menu.cursor).map(|session| session.id) else {
        return;
    };
    if id == model.shown.id {
        let other = all
            .iter()
            .map(|session| session.id)
            .find(|other| *other != id);
        if let Some(other) = other {
            model.show(other);
        }
    }
    if let Some(closed) = model.forget(id) {
        effects.push(close(&closed));
    }
}

fn close(session: &Session) -> Effect {
    let outcome = Outcome::of(&session.build, &session.target.image_id);
    Effect::Close(session.id, Box::new(outcome))
}

/// Watches the marked builds, or marks one.
pub(super) fn act_in_picker(model: &mut Model, action: ViewAction, effects: &mut Effects) {
    let Some(Overlay::Picker(picker)) = &mut model.overlay else {
        return;
    };
    match action {
        ViewAction::Toggle => picker.toggle(),
        ViewAction::Enter => {
            let targets = picker.targets();
            if targets.is_empty() {
                model.toast = Some("there is no build to watch yet".to_owned());
            } else {
                watch(model, targets, effects);
            }
        }
        ViewAction::Left
        | ViewAction::Right
        | ViewAction::Zoom(_)
        | ViewAction::NewestFirst
        | ViewAction::Wrap
        | ViewAction::NextStep
        | ViewAction::PreviousStep => {}
    }
}

fn watch(model: &mut Model, targets: Vec<(String, Option<String>)>, effects: &mut Effects) {
    model.overlay = None;
    if !model.is_searching() {
        effects.push(Effect::List(false));
    }
    let mut new = Vec::new();
    let mut shown = None;
    for (image_id, region) in targets {
        let safe = region.as_deref().map(SafeText::new);
        match watched(model, &image_id, safe.as_ref()) {
            Some(id) => shown = shown.or(Some(id)),
            None => new.push(OpenTarget { image_id, region }),
        }
    }
    if new.is_empty() {
        if let Some(id) = shown {
            show(model, id);
        }
    } else {
        model.opening += new.len();
        effects.push(Effect::Open {
            targets: new,
            shows: true,
        });
    }
}

/// The session of an image. A region that is not known may be the other one's.
pub(super) fn watched(
    model: &Model,
    image_id: &str,
    region: Option<&SafeText>,
) -> Option<SessionId> {
    let is_same = |session: &&Session| {
        let other = session.region();
        let known = region.zip(other.as_ref());
        session.target.image_id == image_id && known.is_none_or(|(one, other)| one == other)
    };
    let known = model.in_order().into_iter().find(is_same);
    known.map(|session| session.id)
}

/// Compares the two marked builds.
pub(super) fn compare(model: &mut Model, effects: &mut Effects) {
    let Some(Overlay::Picker(picker)) = &mut model.overlay else {
        return;
    };
    if picker.comparing.is_some() {
        model.toast = Some("the two builds are still being read".to_owned());
        return;
    }
    let Some(targets) = picker.compared() else {
        model.toast = Some("mark two builds to compare them".to_owned());
        return;
    };
    let names = [&targets[0], &targets[1]].map(|target| target.target.image_id.clone());
    picker.comparing = Some(Comparing { names, read: 0 });
    effects.push(Effect::Compare(Box::new(targets)));
}

/// One more build was read.
pub(super) fn compare_read(model: &mut Model) {
    if let Some(Overlay::Picker(picker)) = &mut model.overlay
        && let Some(comparing) = &mut picker.comparing
    {
        comparing.read += 1;
    }
}

/// Shows the differences over the picker that asked for them, unless the user does something else by now.
pub(super) fn compared(model: &mut Model, compared: Result<Compared, String>) {
    if let Some(Overlay::Picker(picker)) = &mut model.overlay {
        picker.comparing = None;
    }
    let Compared { names, differences } = match compared {
        Ok(compared) => compared,
        Err(why) => {
            model.toast = Some(why);
            return;
        }
    };
    match model.overlay.take() {
        Some(Overlay::Picker(picker)) => {
            model.toast = None;
            model.overlay = Some(Overlay::Comparison(Box::new(Comparison {
                names,
                differences,
                top: 0,
                beneath: picker,
            })));
        }
        other => model.overlay = other,
    }
}

/// Goes back to the picker.
pub(super) fn close_comparison(model: &mut Model) {
    if let Some(Overlay::Comparison(comparison)) = model.overlay.take() {
        model.overlay = Some(Overlay::Picker(comparison.beneath));
    }
}

/// A key in the picker while it takes a text: one that moves or enters keeps the text, and the rows have the keys again.
/// False if the key has its usual action.
pub(super) fn type_key(picker: &mut Picker, key: Key) -> bool {
    if !picker.typing {
        return false;
    }
    match key {
        Key::Char(character) => picker.type_text(&character.to_string()),
        Key::Backspace => picker.delete(),
        Key::Enter => picker.typing = false,
        Key::Up | Key::Down | Key::PageUp | Key::PageDown | Key::Home | Key::End => {
            picker.typing = false;
            return false;
        }
        _ => return false,
    }
    true
}

/// A session was opened: the first of several is shown.
pub(super) fn opened(
    model: &mut Model,
    (id, target): (SessionId, Target),
    is_first: bool,
    reads_log: bool,
    effects: &mut Effects,
) {
    let exit = model.search.as_ref().and_then(|search| search.exit.clone());
    let exit = exit.map(|policy| policy.with_late_log(reads_log));
    let session = Session::new(id, target, exit);
    model.opening = model.opening.saturating_sub(1);
    if let Some(known) = watched(model, &session.target.image_id, session.region().as_ref()) {
        // It was picked twice before its watch began.
        effects.push(close(&session));
        if is_first {
            show(model, known);
        }
        return;
    }
    if model.shown.is_placeholder() {
        model.replace_placeholder(session);
        if model.search.is_some() && matches!(model.overlay, Some(Overlay::Picker(_))) {
            // It showed how far the search was.
            model.overlay = None;
            if !model.is_searching() {
                effects.push(Effect::List(false));
            }
        }
        return;
    }
    model.add(session);
    if is_first {
        show(model, id);
    }
}

pub(super) fn not_opened(model: &mut Model, why: &str, effects: &mut Effects) {
    model.opening = model.opening.saturating_sub(1);
    if model.mode == Mode::Headless {
        effects.push(Effect::Remark(SafeText::new(why)));
        if let Some(search) = &mut model.search {
            search.failed = true;
        }
    } else if model.shown.is_placeholder() {
        open_picker(model, effects);
        if let Some(Overlay::Picker(picker)) = &mut model.overlay {
            picker.not_opened = Some(why.to_owned());
        }
    } else {
        model.set_remark(Remark::passing(why));
    }
}

pub(super) fn listed(model: &mut Model, listed: Listed) {
    if listed.needs_code && model.shown.is_placeholder() {
        // Of a build that is shown, its own requests say so.
        code::want(&mut model.shown);
    }
    if let Some(picker) = picker(model) {
        picker.take(listed);
    }
}

pub(super) fn recorded(model: &mut Model, watches: Vec<RecordedWatch>) {
    if let Some(picker) = picker(model) {
        picker.take_recorded(watches);
    }
}

/// The picker, also while the help, a comparison or the prompt for a code covers it.
fn picker(model: &mut Model) -> Option<&mut Picker> {
    let mut overlay = model.overlay.as_mut()?;
    while let Overlay::Help { beneath, .. } | Overlay::Prompt(Prompt { beneath, .. }) = overlay {
        overlay = beneath.as_deref_mut()?;
    }
    match overlay {
        Overlay::Picker(picker) => Some(picker),
        Overlay::Comparison(comparison) => Some(&mut comparison.beneath),
        _ => None,
    }
}

/// Text that was pasted into the picker selects, too.
pub(super) fn pasted(picker: &mut Picker, text: &str) {
    picker.typing = true;
    picker.type_text(SafeText::new(text).as_str());
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::app::keys::keymap::KeyMap;
    use crate::app::model::Preferences;
    use crate::domain::listing::{ListedImage, ListedStatus};

    fn row(id: &str) -> ListedImage {
        ListedImage {
            image_id: SafeText::new(id),
            region: None,
            status: ListedStatus::Building,
            since: None,
            version: None,
            ami_id: None,
            stack_id: None,
            stack_status: None,
        }
    }

    fn picker(model: &mut Model) -> &mut Picker {
        match &mut model.overlay {
            Some(Overlay::Picker(picker)) => picker,
            _ => panic!("no picker"),
        }
    }

    #[test]
    fn a_comparison_is_read_once_and_its_progress_is_known() {
        let preferences = Preferences::new(Mode::Screen, KeyMap::default());
        let mut model = Model::new(preferences, Session::placeholder(), DateTime::UNIX_EPOCH);
        let mut effects = Effects::new();
        open_picker(&mut model, &mut effects);
        let rows = vec![row("alpha"), row("beta")];
        let whole = true;
        listed(
            &mut model,
            Listed {
                rows,
                whole,
                ..Listed::default()
            },
        );
        picker(&mut model).toggle();
        picker(&mut model).toggle();
        for _ in 0..2 {
            compare(&mut model, &mut effects);
        }
        let compares = |effect: &&Effect| matches!(effect, Effect::Compare(_));
        assert_eq!(effects.iter().filter(compares).count(), 1);
        assert!(model.toast.is_some(), "the second key is answered");
        compare_read(&mut model);
        let comparing = picker(&mut model).comparing.clone().unwrap();
        assert_eq!(
            (comparing.names.join(" "), comparing.read),
            ("alpha beta".to_owned(), 1)
        );
        compared(&mut model, Err("refused".to_owned()));
        assert!(picker(&mut model).comparing.is_none());
    }

    #[test]
    fn a_kept_filter_gives_the_keys_back_to_the_rows() {
        let mut rows = Picker::default();
        rows.take(Listed {
            rows: vec![row("alpha"), row("alpine"), row("beta")],
            ..Listed::default()
        });
        for (key, has_action) in [(Key::Enter, false), (Key::Down, true)] {
            rows.typing = true;
            for letter in "al".chars() {
                assert!(type_key(&mut rows, Key::Char(letter)));
            }
            assert_eq!(type_key(&mut rows, key), !has_action);
            assert!(!rows.typing);
            assert_eq!(rows.rows.len(), 2, "the text is kept");
            assert!(!type_key(&mut rows, Key::Char(' ')), "it marks");
            assert!(rows.clear());
            assert_eq!(rows.rows.len(), 3);
        }
    }
}
