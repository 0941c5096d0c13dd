//! Copies to the clipboard: the text that an action copies, and the toast about it. Called by `keys`; the runtime
//! writes to the clipboard.

use crate::app::effect::{Effect, Effects};
use crate::app::keys::action::Action;
use crate::app::model::Model;
use crate::app::session::Focus;
use crate::app::views::Tab;
use crate::app::views::page::PageLine;
use crate::text::safe::{SafeText, one_line};
use crate::text::width::truncate;

/// The maximum width of a name in a toast.
const NAME: usize = 30;

pub(super) fn copy_to_clipboard(model: &mut Model, action: Action, effects: &mut Effects) {
    let copied = match action {
        Action::CopyAmi => ami_id(model),
        Action::Copy if model.shown.focus == Focus::Detail && model.shown.tab != Tab::Failure => {
            model
                .shown
                .subject()
                .and_then(|subject| model.shown.detail.copyable(subject))
        }
        Action::Copy => failure_page_line(model).or_else(|| event_json(model)),
        _ => event_json(model),
    };
    let Some((name, text)) = copied else {
        let message = if action == Action::CopyAmi {
            "there is no AMI yet"
        } else {
            "nothing to copy here"
        };
        model.toast = Some(message.to_owned());
        return;
    };
    let name = truncate(&one_line(SafeText::new(&name).as_str()), NAME, "...");
    model.toast = Some(format!("copied {name}, {} bytes", text.len()));
    effects.push(Effect::Copy(text));
}

fn ami_id(model: &Model) -> Option<(String, String)> {
    let id = model.shown.build.ami()?.id.to_string();
    Some((id.clone(), id))
}

fn event_json(model: &Model) -> Option<(String, String)> {
    let event = model.shown.event()?;
    Some(("the event as JSON".to_owned(), event.raw().to_owned()))
}

/// The text that the marked line of the explanation copies, if that is the current view.
fn failure_page_line(model: &Model) -> Option<(String, String)> {
    let page = &model.shown.views.failure.page;
    let line = page
        .lines
        .get(page.cursor)
        .filter(|_| model.shown.tab == Tab::Failure);
    line.and_then(PageLine::copyable)
}
