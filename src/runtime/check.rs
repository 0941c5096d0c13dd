//! `bakewatch check`: the identities, the endpoints, and whether each call of a watch is permitted. Tests:
//! `tests/it/headless/check.rs`.

use crate::aws::credentials::settings::configured_region;
use crate::backend::direct::check::{Permission, policy};
use crate::backend::direct::{self, Direct};
use crate::backend::parallelcluster::MfaSessions;
use crate::backend::parallelcluster::ParallelCluster;
use crate::backend::{Backend, EventSource, EventsError, ImageSource};
use crate::config::{ApiSettings, Check};
use crate::domain::fault::{Fault, FaultKind};
use crate::error::Error;
use crate::exit_code;
use crate::output::{self, CallState, CheckedCall};
use crate::runtime::prepare::{Common, prepare_api};
use crate::runtime::sessions::Origin;
use crate::runtime::{print, run_async};

/// Runs the command and returns the exit code: whether some call that can show a build is permitted.
pub(crate) fn check(check: Check) -> Result<u8, Error> {
    if check.policy {
        let region = run_async(async { Ok(region(check.api).await) })?;
        return print(&policy(region.as_deref()));
    }
    let (facts, calls, can_watch) = run_async(run(check.api))?;
    print(&output::check(&facts, &calls))?;
    Ok(if can_watch {
        exit_code::SUCCEEDED
    } else {
        exit_code::NOT_WATCHED
    })
}

/// The region whose partition the policy is for, as a watch would find it, but without a request.
async fn region(api: ApiSettings) -> Option<String> {
    let (first, fallback) = (api.region_before_profile, api.requested_region);
    configured_region(api.profile.as_deref(), first, fallback).await
}

type Checked = (Vec<(&'static str, String)>, Vec<CheckedCall>, bool);

async fn run(settings: ApiSettings) -> Result<Checked, Error> {
    let role = settings.role_arn.clone();
    let ready = prepare_api(settings, false, &Common::new(MfaSessions::default())).await?;
    let region = ready.prepared.target.region.clone();
    let Origin::Api { backend, .. } = ready.prepared.origin else {
        return Err(Error::Bug("a check without a backend".to_owned()));
    };
    match backend {
        Backend::Direct(mut aws) => {
            let region = region.map_or_else(String::new, |region| region.as_str().to_owned());
            let mut facts = vec![("backend", "AWS".to_owned()), ("region", region)];
            let (calls, can_watch) = check_aws(&mut aws, &mut facts).await;
            Ok((facts, calls, can_watch))
        }
        Backend::ParallelCluster(mut api) => {
            let mut facts = facts_of_api(&api, role);
            let (calls, can_watch) = check_api(&mut api).await;
            facts.push((
                "identity",
                "no request to AWS is made beside the API".to_owned(),
            ));
            Ok((facts, calls, can_watch))
        }
        Backend::Enriched(mut both) => {
            let mut facts = facts_of_api(&both.api, role);
            let (mut calls, can_watch) = check_api(&mut both.api).await;
            let (of_aws, _) = check_aws(&mut both.aws, &mut facts).await;
            // Beside an API, only Image Builder and the build log are asked.
            let asked = of_aws.into_iter().filter(|call| {
                call.name == "imagebuilder:GetImage" || call.name.starts_with("logs:")
            });
            calls.extend(asked);
            Ok((facts, calls, can_watch))
        }
    }
}

fn facts_of_api(api: &ParallelCluster, role: Option<String>) -> Vec<(&'static str, String)> {
    let role = role.unwrap_or_else(|| "none: the identity below".to_owned());
    vec![
        ("backend", "ParallelCluster API".to_owned()),
        ("API", api.host().to_owned()),
        ("API role", role),
    ]
}

async fn check_aws(
    aws: &mut Direct,
    facts: &mut Vec<(&'static str, String)>,
) -> (Vec<CheckedCall>, bool) {
    let caller = aws.caller().await;
    let account = caller
        .as_ref()
        .map(|caller| caller.account.as_str().to_owned());
    facts.push((
        "identity",
        match &caller {
            Ok(caller) => format!("{} (account {})", caller.arn, caller.account),
            Err(fault) => fault.to_string(),
        },
    ));
    facts.push(("endpoints", aws.hosts().join(", ")));
    if let Err(fault) = &caller
        && aws.has_sent_nothing()
    {
        // Each call would say so again.
        let state = state_of(fault.kind);
        let call = |name| CheckedCall {
            state,
            name,
            detail: String::new(),
        };
        return (direct::check::actions().map(call).collect(), false);
    }
    let account = account.unwrap_or_else(|_| "000000000000".to_owned());
    let permissions = aws.check(&account).await;
    let can_watch = permissions
        .iter()
        .any(|permission| permission.shows_build && permission.fault.is_none());
    (permissions.iter().map(checked).collect(), can_watch)
}

/// The state of a call that failed, in the words of the screen's connection.
const fn state_of(kind: FaultKind) -> CallState {
    match kind {
        FaultKind::Denied => CallState::Denied,
        FaultKind::Expired | FaultKind::Lost | FaultKind::CodeNeeded => CallState::Unauthorized,
        FaultKind::Misconfigured => CallState::Misconfigured,
        FaultKind::Throttled => CallState::Throttled,
        FaultKind::Transient | FaultKind::Malformed => CallState::Unreachable,
    }
}

fn checked(permission: &Permission) -> CheckedCall {
    let (state, detail) = match &permission.fault {
        None => (CallState::Permitted, String::new()),
        Some(fault) if fault.kind == FaultKind::Denied => (
            CallState::Denied,
            format!("without it, {}", permission.lost),
        ),
        Some(fault) => (state_of(fault.kind), fault.to_string()),
    };
    CheckedCall {
        state,
        name: permission.action,
        detail,
    }
}

async fn check_api(api: &mut ParallelCluster) -> (Vec<CheckedCall>, bool) {
    let events = match api.events(None).await {
        Ok(_) => None,
        Err(EventsError::TokenRejected(fault) | EventsError::Fault(fault)) => Some(fault),
    };
    let image = api.image().await.err();
    let can_watch = events.is_none() || image.is_none();
    let call = |name, lost: &str, fault: Option<Fault>| {
        let (state, detail) = match fault {
            None => (CallState::Permitted, String::new()),
            Some(fault) if fault.kind == FaultKind::Denied => {
                (CallState::Denied, format!("without it, {lost}; {fault}"))
            }
            Some(fault) => (state_of(fault.kind), fault.to_string()),
        };
        CheckedCall {
            state,
            name,
            detail,
        }
    };
    let calls = vec![
        call("GetImageStackEvents", "no events", events),
        call("DescribeImage", "no success is known", image),
    ];
    (calls, can_watch)
}
