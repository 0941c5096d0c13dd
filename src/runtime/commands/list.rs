//! `bakewatch list`: reads the list of images once, to its end. Tests: `tests/it/headless/list.rs`.

use std::time::Duration;

use crate::backend::parallelcluster::MfaSessions;
use crate::backend::{Images, ImagesSource};
use crate::config::{List, TableFormat};
use crate::domain::fault::Fault;
use crate::domain::listing::{ListedImage, ListedStatus, Listing};
use crate::error::Error;
use crate::exit_code;
use crate::output;
use crate::runtime::commands::history::{look, print_note};
use crate::runtime::prepare::{Common, prepare_images};
use crate::runtime::{print, print_diagnostic, run_async};

/// From so many stacks on, the user is told that the list takes a while.
const MANY: usize = 10;
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

/// Reads the whole list, and why parts of it are missing, each reason once.
async fn read(mut images: Images) -> (Listing, Vec<Fault>) {
    let (mut listing, mut faults) = (Listing::default(), Vec::<Fault>::new());
    let mut tries = 0;
    let mut is_said = false;
    images.begin();
    while let Some(upcoming) = images.upcoming() {
        let waiting = images.undescribed();
        if waiting >= MANY && !is_said {
            is_said = true;
            let seconds = waiting.div_ceil(2);
            print_note(&format!(
                "looking for images among {waiting} stacks, of which CloudFormation describes two a second: about {seconds} s"
            ));
        }
        upcoming.wait().await;
        let Some(rows) = images.next().await else {
            break;
        };
        match rows {
            Ok(rows) => {
                tries = 0;
                for row in rows {
                    listing.add(row);
                }
            }
            Err(fault) if fault.kind.may_pass() && tries < RETRIES => {
                tokio::time::sleep(FIRST_WAIT * 2_u32.pow(tries)).await;
                tries += 1;
            }
            Err(fault) => {
                let gives_up = fault.kind.may_pass() || fault.kind.is_of_credentials();
                if !faults.iter().any(|known| known.message == fault.message) {
                    faults.push(fault);
                }
                if gives_up {
                    break;
                }
            }
        }
    }
    (listing, faults)
}
