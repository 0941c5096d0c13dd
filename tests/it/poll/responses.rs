//! Every response that was recorded from the real ParallelCluster API server (`tests/contract/run --record`), read by
//! the real client; a snapshot has the result of each.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use bakewatch::testing::Clock;
use bakewatch::testing::backend::{
    EventSource, EventsError, EventsResponse, ImageSource, NextToken, ParallelCluster, Settings,
    Signing,
};
use bakewatch::testing::demo::{FaultPlan, FaultRule, InjectedFault, Simulator, World};
use bakewatch::testing::domain::{Fault, ImageAnswer};
use serde_json::Value;

/// A recorded response, and the path of its request.
struct Recorded {
    name: String,
    path: String,
    status: u16,
    body: String,
}

fn recordings() -> Vec<Recorded> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/api");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut recordings: Vec<_> = files
        .map(|path| {
            let json: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            Recorded {
                name: text(&json["name"]),
                path: text(&json["request"]["path"]),
                status: u16::try_from(json["status"].as_u64().unwrap()).unwrap(),
                body: text(&json["body"]),
            }
        })
        .collect();
    recordings.sort_by(|one, other| one.name.cmp(&other.name));
    recordings
}

/// The image of a recorded path, and whether the request was for its events. `None` for other routes, and for images
/// that no client would request.
fn request(path: &str) -> Option<(&str, bool)> {
    let path = path.strip_prefix("/v3/images/custom/")?.split('?').next()?;
    let (image, rest) = path.split_once('/').unwrap_or((path, ""));
    (image.starts_with(char::is_alphabetic) && matches!(rest, "" | "stackevents"))
        .then_some((image, rest == "stackevents"))
}

fn fault(fault: &Fault) -> String {
    format!("{:?}: {fault}", fault.kind)
}

async fn events(source: &mut ParallelCluster, token: Option<&NextToken>) -> String {
    match source.events(token).await {
        Ok(EventsResponse::Gone) => "gone".to_owned(),
        Ok(EventsResponse::Page(page)) => {
            let newest = page.events.first();
            let newest = newest.map(|event| format!("{} {}", event.logical_id, event.status));
            let roots = page.events.iter().filter(|event| event.is_root).count();
            format!(
                "{} events, {roots} of the stack itself, newest {newest:?}, {}",
                page.events.len(),
                if page.next.is_some() {
                    "more to come"
                } else {
                    "the last page"
                }
            )
        }
        Err(EventsError::TokenRejected(why)) => format!("token rejected: {}", fault(&why)),
        Err(EventsError::Fault(why)) => fault(&why),
    }
}

async fn image(source: &mut ParallelCluster) -> String {
    match source.image().await {
        Ok(ImageAnswer::Described(image)) => format!(
            "{:?}, Image Builder {:?}, stack {:?}, AMI {:?}",
            image.build_status,
            image.builder_status,
            image.stack_status,
            image.finished_ami().map(|ami| &ami.id)
        ),
        Ok(other) => format!("{other:?}"),
        Err(why) => fault(&why),
    }
}

/// The client's reading of a recorded response.
async fn read(recorded: &Recorded) -> Option<String> {
    let (image_id, of_events) = request(&recorded.path)?;
    let answer = InjectedFault::Response {
        status: recorded.status,
        error_type: None,
        body: recorded.body.clone(),
    };
    let always = FaultPlan::new(vec![FaultRule::requests(1..=u64::MAX, answer)]);
    let simulator = Simulator::bind_world(World::new(image_id), Clock::wall())
        .await
        .unwrap();
    let simulator = simulator.with_faults(always);
    let settings = Settings {
        api_url: simulator.url().parse().unwrap(),
        image_id: image_id.parse().ok()?,
        region: Some("us-east-1".to_owned()),
        profile: None,
        signing: Signing::Unsigned,
        headers: reqwest::header::HeaderMap::new(),
        ca_bundle: None,
    };
    let mut source = ParallelCluster::new(settings, Clock::wall());
    let token = recorded
        .path
        .contains("nextToken=b")
        .then(|| NextToken::new("token"));
    let reading = async {
        if of_events {
            events(&mut source, token.as_ref()).await
        } else {
            image(&mut source).await
        }
    };
    tokio::select! {
        reading = reading => Some(reading),
        () = simulator.serve() => None,
    }
}

#[tokio::test]
async fn recorded_responses_of_the_real_server_are_read() {
    let mut readings = String::new();
    for recorded in recordings() {
        if let Some(reading) = read(&recorded).await {
            let _ = writeln!(
                readings,
                "{} ({}): {reading}",
                recorded.name, recorded.status
            );
        }
    }
    insta::assert_snapshot!(readings);
}
