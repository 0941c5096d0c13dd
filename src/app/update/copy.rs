//! Copies to the clipboard: the text that an action copies, and the toast about it. Called by `keys`; the runtime
//! writes to the clipboard.

use crate::app::effect::{Effect, Effects};
use crate::app::model::Model;
use crate::app::session::Session;
use crate::text::safe::{SafeText, one_line};
use crate::text::width::truncate;

/// The maximum width of a name in a toast.
const NAME: usize = 30;

/// A name for the toast, and the text.
type Copied = (String, String);

/// Copies the marked value of the focused pane; in a list, the event.
pub(super) fn copy_marked(model: &mut Model, effects: &mut Effects) {
    let session = &model.shown;
    let copied = if session.detail_focused() {
        let subject = session.subject();
        let marked = subject.and_then(|subject| session.detail.copyable(subject));
        marked.or_else(|| event_json(session))
    } else {
        session.view().copyable().or_else(|| event_json(session))
    };
    copy(model, copied, "nothing to copy here", effects);
}

pub(super) fn copy_event(model: &mut Model, effects: &mut Effects) {
    let copied = event_json(&model.shown);
    copy(model, copied, "nothing to copy here", effects);
}

pub(super) fn copy_ami(model: &mut Model, effects: &mut Effects) {
    let ami = model.shown.build.ami();
    let copied = ami.map(|ami| (ami.id.to_string(), ami.id.to_string()));
    let nothing = if model.shown.build.verdict().is_final() {
        "this build has no AMI"
    } else {
        "there is no AMI yet"
    };
    copy(model, copied, nothing, effects);
}

pub(super) fn copy_command(model: &mut Model, effects: &mut Effects) {
    let copied = model.shown.command();
    let copied = copied.map(|(name, text)| (name.to_owned(), text));
    copy(model, copied, "there is no command to copy", effects);
}

fn event_json(session: &Session) -> Option<Copied> {
    let event = session.event()?;
    Some(("the event as JSON".to_owned(), event.raw()))
}

fn copy(model: &mut Model, copied: Option<Copied>, nothing: &str, effects: &mut Effects) {
    let Some((name, text)) = copied else {
        model.toast = Some(nothing.to_owned());
        return;
    };
    let name = truncate(&one_line(SafeText::new(&name).as_str()), NAME, "...");
    model.toast = Some(format!("copied {name}, {} bytes", text.len()));
    effects.push(Effect::Copy(text));
}
