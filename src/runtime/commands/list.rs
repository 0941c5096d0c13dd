//! `bakewatch list`: reads the list of images once, to its end. Tests: `tests/it/headless/list.rs`.

use std::time::Duration;

use crate::backend::Images;
use crate::backend::parallelcluster::MfaSessions;
use crate::config::{List, TableFormat};
use crate::domain::fault::Fault;
use crate::domain::listing::{ListedImage, ListedStatus, Listing};
use crate::error::Error;
use crate::exit_code;
use crate::output;
use crate::runtime::commands::history::{look, print_note};
use crate::runtime::lister::{Lister, Pace};
use crate::runtime::prepare::{Common, prepare_images};
use crate::runtime::process::progress::Progress;
use crate::runtime::{print, print_diagnostic, run_async};

/// The first wait before a request that may succeed later, and how often the request is made again.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const RETRIES: u32 = 4;

/// Prints the list and returns the exit code.
pub(crate) fn list(list: List) -> Result<u8, Error> {
    let List {
        account,
        status,
        format,
    } = list;
    let (listing, faults) = run_async(async move {
        let images = prepare_images(account, &Common::new(MfaSessions::default())).await?;
        Ok(read(images).await)
    })?;
    let rows = selected(&listing, status);
    if rows.is_empty() && !faults.is_empty() {
        for fault in faults {
            print_diagnostic(&format!("error: {fault}"));
        }
        return Ok(exit_code::NOT_WATCHED);
    }
    for fault in &faults {
        print_note(&format!("the list is not complete: {fault}"));
    }
    if rows.is_empty() {
        print_note(
            "there are no such images; `pcluster build-image` starts a build, and `bakewatch demo` shows one",
        );
    }
    print(&match format {
        TableFormat::Text {
            theme,
            utc,
            columns,
        } => output::images_table(&rows, look(&theme, utc, columns)),
        TableFormat::Json => output::images_json(&rows),
    })
}

fn selected(listing: &Listing, status: Option<ListedStatus>) -> Vec<&ListedImage> {
    let mut rows = listing.sorted();
    rows.retain(|row| status.is_none_or(|status| row.status == status));
    rows
}

/// Reads the whole list, and why parts of it are missing, each reason once. A terminal shows how far it is.
pub(in crate::runtime) async fn read(images: Images) -> (Listing, Vec<Fault>) {
    let mut lister = Lister::new(images);
    let mut progress = Progress::new();
    let pace = Pace {
        back_off: (FIRST_WAIT, FIRST_WAIT * 2_u32.pow(RETRIES)),
        retries: Some(RETRIES),
        again: None,
        budgets: None,
    };
    progress.show("reading the list of images".to_owned());
    while let Some(result) = lister.step(&pace).await {
        if let Some((known, all)) = lister.looked_at() {
            progress.show(format!("looking at {} of {all} stacks", known + 1));
        }
        if matches!(result, Err(fault) if fault.kind.is_of_credentials()) {
            // No other call can be signed either.
            break;
        }
    }
    let mut listing = Listing::default();
    for row in lister.rows() {
        listing.add(row);
    }
    (listing, lister.faults())
}
