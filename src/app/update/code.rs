//! The MFA code that a role needs: the user is asked for it as soon as a request has failed for lack of one, and again
//! when the session that it gave is about to expire. `keys` types it into the prompt. Tests: tests/it/app/code.rs.

use crate::app::effect::{Effect, Effects};
use crate::app::model::Model;
use crate::app::overlays::Overlay;
use crate::app::overlays::prompt::{Prompt, PromptPurpose};
use crate::app::session::{CodeRequest, Session};
use crate::domain::change::{Change, Response};
use crate::domain::fault::FaultKind;
use crate::text::secret::Secret;

/// Takes note of a response: whether a code is needed, or no longer.
pub(super) fn observe(session: &mut Session, change: &Change<'_>) {
    match change.response {
        Response::Failed(fault) if fault.kind == FaultKind::CodeNeeded => {
            if session.code == CodeRequest::None {
                session.code = CodeRequest::Wanted;
            }
        }
        Response::Data | Response::StackGone => session.code = CodeRequest::None,
        Response::Failed(_)
        | Response::Detail
        | Response::Recorded
        | Response::Refused(_)
        | Response::ClockOff(_) => {}
    }
}

/// Opens the prompt where a code is needed, unless something else is open; closes it where none is needed any more.
pub(super) fn show_prompt(model: &mut Model) {
    let wanted = model.shown.code == CodeRequest::Wanted;
    if wanted && model.overlay.is_none() {
        let prompt = Prompt::new(PromptPurpose::Code, None, false);
        model.overlay = Some(Overlay::Prompt(prompt));
    } else if !wanted && prompt(model).is_some() {
        model.overlay = None;
    }
}

/// The open prompt for a code.
pub(super) fn prompt(model: &Model) -> Option<&Prompt> {
    match &model.overlay {
        Some(Overlay::Prompt(prompt)) if prompt.purpose == PromptPurpose::Code => Some(prompt),
        _ => None,
    }
}

/// The user wants to try again.
pub(super) fn ask_again(session: &mut Session) {
    if session.code == CodeRequest::Declined {
        session.code = CodeRequest::Wanted;
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
    model.overlay = None;
    let session = &mut model.shown;
    session.code = CodeRequest::None;
    effects.push(Effect::EnterCode(session.id, Secret::new(code)));
}
