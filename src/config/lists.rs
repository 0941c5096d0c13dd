//! The commands that read a service once: `list` and `diff`.

use std::path::PathBuf;

use crate::cli::{DiffArgs, ListArgs, ListOutput, ListStatus, LookArgs};
use crate::config::connection::connections;
use crate::config::environment::Environment;
use crate::config::preferences::Preferences;
use crate::config::target::Target;
use crate::config::{ApiSettings, Diff, List, TableFormat, Task};
use crate::domain::listing::ListedStatus;
use crate::error::Error;

pub(super) fn diff(
    args: DiffArgs,
    recordings: Option<PathBuf>,
    environment: &Environment,
) -> Result<Task, Error> {
    let region = args.api.region.clone().filter(|region| !region.is_empty());
    let (_, account, preferences) = connections(&[], args.api, LookArgs::default(), environment)?;
    let settings = |name: String| {
        // A recording's name need not be a target.
        let api = Target::parse(&name).ok().map(|target| {
            let api = account.for_image(&target.image_id, target.region.as_deref());
            Box::new(ApiSettings {
                api_url: api.api_url.clone().filter(|_| target.stack.is_none()),
                stack: target.stack,
                ..api
            })
        });
        (name, api)
    };
    let builds = [args.before, args.after].map(settings);
    let format = table_format(args.output, preferences, environment);
    Ok(Task::Diff(Box::new(Diff {
        builds,
        region,
        recordings,
        format,
    })))
}

/// The format of a list that is read from a service.
pub(super) fn table_format(
    output: ListOutput,
    preferences: Preferences,
    environment: &Environment,
) -> TableFormat {
    match output {
        ListOutput::Text => TableFormat::Text {
            theme: Box::new(preferences.theme),
            utc: preferences.utc,
            columns: environment.columns,
        },
        ListOutput::Json => TableFormat::Json,
    }
}

pub(super) fn list(args: ListArgs, environment: &Environment) -> Result<Task, Error> {
    let (_, account, preferences) = connections(&[], args.api, LookArgs::default(), environment)?;
    let format = table_format(args.output, preferences, environment);
    let status = match args.status {
        ListStatus::Building => Some(ListedStatus::Building),
        ListStatus::Failed => Some(ListedStatus::Failed),
        ListStatus::Available => Some(ListedStatus::Available),
        ListStatus::All => None,
    };
    Ok(Task::List(Box::new(List {
        account,
        status,
        format,
    })))
}
