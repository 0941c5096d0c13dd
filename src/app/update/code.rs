//! The MFA code that a role needs: the user is asked for it as soon as a request has failed for lack of one, and again
//! when the session that it gave is about to expire. `keys` types it into the prompt. Tests: tests/it/app/code.rs.

use crate::app::effect::{Effect, Effects};
use crate::app::keys::action::{Action, SessionAction};
use crate::app::model::Model;
use crate::app::overlays::Overlay;
use crate::app::overlays::prompt::{Prompt, PromptPurpose};
use crate::app::session::{CodeRequest, Session};
use crate::app::update::view_state::close_prompt;
use crate::domain::change::{Change, Response};
use crate::domain::fault::FaultKind;
use crate::text::secret::Secret;

/// Takes note of a response: whether a code is needed, or no longer. `was_responding` is of the response before.
pub(super) fn observe(session: &mut Session, change: &Change<'_>, was_responding: bool) {
    match change.response {
        Response::Failed(fault) if fault.kind == FaultKind::CodeNeeded => {
            if session.code == CodeRequest::None {
                session.code = if was_responding {
                    CodeRequest::WantedSoon
                } else {
                    CodeRequest::Wanted
                };
            }
        }
        Response::Data | Response::StackGone => {
            if session.code == CodeRequest::Wanted {
                session.code = CodeRequest::None;
            }
        }
        Response::Failed(_)
        | Response::Detail
        | Response::Recorded
        | Response::Refused(_)
        | Response::ClockOff(_) => {}
    }
}

/// The list of builds, before the first of them is shown, needs a code.
pub(super) fn want(session: &mut Session) {
    if session.code == CodeRequest::None {
        session.code = CodeRequest::Wanted;
    }
}

/// Opens the prompt where a code is needed, unless something else is open; closes it where none is needed any more. The
/// picker from which the first build is chosen stays visible.
pub(super) fn show_prompt(model: &mut Model) {
    let wanted = model.shown.wants_code();
    let is_free = match &model.overlay {
        None => true,
        Some(Overlay::Picker(_)) => model.shown.is_placeholder(),
        Some(_) => false,
    };
    if wanted && is_free {
        let mut prompt = Prompt::new(PromptPurpose::Code, None, false);
        prompt.beneath = model.overlay.take().map(Box::new);
        model.overlay = Some(Overlay::Prompt(prompt));
    } else if !wanted && prompt(model).is_some() {
        let _ = close_prompt(model);
    }
}

/// The open prompt for a code.
pub(super) fn prompt(model: &Model) -> Option<&Prompt> {
    match &model.overlay {
        Some(Overlay::Prompt(prompt)) if prompt.purpose == PromptPurpose::Code => Some(prompt),
        _ => None,
    }
}

/// The user has closed the prompt.
pub(super) fn decline(model: &mut Model) {
    model.shown.code = CodeRequest::Declined;
    let retry = Action::Session(SessionAction::PollNow);
    model.toast = model
        .keys
        .key_for(retry)
        .map(|key| format!("{key} asks for the MFA code again"));
}

/// The user wants to try again.
pub(super) fn ask_again(session: &mut Session) {
    if session.code == CodeRequest::Declined {
        session.code = CodeRequest::Wanted;
    }
}

/// Asks for no code: the session that one gives is for every build.
pub(super) fn accepted(model: &mut Model) {
    for session in model.sessions_mut() {
        session.code = CodeRequest::None;
    }
}

/// Uses the entered code.
pub(super) fn enter(model: &mut Model, effects: &mut Effects) {
    let Some(code) = prompt(model).map(Prompt::text) else {
        return;
    };
    if code.len() < Prompt::CODE_LENGTH {
        return;
    }
    let _ = close_prompt(model);
    accepted(model);
    effects.push(Effect::EnterCode(model.shown.id, Secret::new(code)));
    if model.shown.is_placeholder() {
        effects.push(Effect::List(true));
    }
}
