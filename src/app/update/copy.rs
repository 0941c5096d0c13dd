//! Taking things along: what goes to the clipboard, and what is said about it.

use crate::app::effect::{Effect, Effects};
use crate::app::keys::action::Action;
use crate::app::model::{Focus, Model};
use crate::app::views::page::Line;
use crate::app::views::tab::Tab;
use crate::text::safe::{SafeText, one_line};
use crate::text::width::truncate;

/// The longest name that is said.
const NAME: usize = 30;

/// Copies what the action says.
pub(super) fn act(model: &mut Model, action: Action, effects: &mut Effects) {
    let copied = match action {
        Action::CopyAmi => ami(model),
        Action::Copy if model.focus == Focus::Detail && model.tab != Tab::Failure => model
            .subject()
            .and_then(|subject| model.detail.copied(subject)),
        Action::Copy => on_page(model).or_else(|| event(model)),
        _ => event(model),
    };
    let Some((name, text)) = copied else {
        let nothing = if action == Action::CopyAmi {
            "there is no AMI yet"
        } else {
            "there is nothing to copy here"
        };
        model.toast = Some(nothing.to_owned());
        return;
    };
    let name = truncate(&one_line(SafeText::new(&name).as_str()), NAME, "...");
    model.toast = Some(format!("copied {name}, {} bytes", text.len()));
    effects.push(Effect::Copy(text));
}

fn ami(model: &Model) -> Option<(String, String)> {
    let id = model.build.ami()?.id.to_string();
    Some((id.clone(), id))
}

fn event(model: &Model) -> Option<(String, String)> {
    let event = model.event()?;
    Some(("the event as JSON".to_owned(), event.raw().to_owned()))
}

/// What the marked line of the explanation takes, where that is the view.
fn on_page(model: &Model) -> Option<(String, String)> {
    let page = &model.failure.page;
    let line = page
        .lines
        .get(page.cursor)
        .filter(|_| model.tab == Tab::Failure);
    line.and_then(Line::copied)
}
