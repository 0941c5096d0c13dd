//! Builds in every state, each as the responses of an API in its course.

use bakewatch::testing::app::Msg;
use bakewatch::testing::domain::{
    FaultKind, ImageAnswer, ListedWorkflows, LogLine, LogPage, LogPart, LogState, ResourceTime,
    Seen, Step, StepStatus, StepTime, TypicalDuration, TypicalTimes, Workflow,
};
use bakewatch::testing::text::SafeText;
use chrono::{FixedOffset, TimeDelta};

use super::story::{Fact, IMAGE, Story};

const MINUTE: i64 = 60;

/// The resources of an ordinary build: id, type, and the seconds in which they are created.
const RESOURCES: [(&str, &str, i64, i64); 12] = [
    ("InstanceRole", "AWS::IAM::Role", 3, 22),
    (
        "ParallelClusterComponent",
        "AWS::ImageBuilder::Component",
        3,
        9,
    ),
    (
        "ParallelClusterTagComponent",
        "AWS::ImageBuilder::Component",
        3,
        8,
    ),
    (
        "DistributionConfiguration",
        "AWS::ImageBuilder::DistributionConfiguration",
        3,
        8,
    ),
    ("DeleteStackFunctionLog", "AWS::Logs::LogGroup", 4, 7),
    ("BuildNotificationTopic", "AWS::SNS::Topic", 4, 16),
    ("ImageRecipe", "AWS::ImageBuilder::ImageRecipe", 11, 15),
    ("DeleteStackFunction", "AWS::Lambda::Function", 24, 33),
    ("InstanceProfile", "AWS::IAM::InstanceProfile", 24, 150),
    (
        "DeleteStackFunctionPermission",
        "AWS::Lambda::Permission",
        35,
        46,
    ),
    (
        "BuildNotificationSubscription",
        "AWS::SNS::Subscription",
        35,
        37,
    ),
    (
        "InfrastructureConfiguration",
        "AWS::ImageBuilder::InfrastructureConfiguration",
        152,
        157,
    ),
];

/// The events of an ordinary build until the image itself is being built.
fn beginning() -> Vec<Fact<'static>> {
    let mut facts: Vec<Fact<'static>> = vec![(
        0,
        IMAGE,
        "AWS::CloudFormation::Stack",
        "CREATE_IN_PROGRESS",
        "User Initiated",
    )];
    for (id, kind, begin, end) in RESOURCES {
        let initiated = "Resource creation Initiated";
        facts.push((begin, id, kind, "CREATE_IN_PROGRESS", ""));
        facts.push((begin + 1, id, kind, "CREATE_IN_PROGRESS", initiated));
        facts.push((end, id, kind, "CREATE_COMPLETE", ""));
    }
    facts.push((
        200,
        "ParallelClusterImage",
        IMAGE_TYPE,
        "CREATE_IN_PROGRESS",
        "",
    ));
    facts.push((
        202,
        "ParallelClusterImage",
        IMAGE_TYPE,
        "CREATE_IN_PROGRESS",
        "Resource creation Initiated",
    ));
    facts.sort_by_key(|fact| fact.0);
    facts
}

const IMAGE_TYPE: &str = "AWS::ImageBuilder::Image";
const STACK_TYPE: &str = "AWS::CloudFormation::Stack";
const FAILURE: &str = "Resource handler returned message: \"Error occurred during operation 'SSM execution \
    'a4bb5a44-7e1b-4b5a-9e50-1b8f0a6d7c11' failed for image arn: \
    'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-alinux2-image/3.16.1/1' with \
    status = 'Failed' in state = 'BUILDING' and failure message = 'Document \
    arn:aws:imagebuilder:us-east-1:123456789012:component/parallelclusterimage-6accc570/3.16.1/1 failed!''.\" \
    (RequestToken: 1c2d3e4f-0000-1111-2222-333344445555, HandlerErrorCode: GeneralServiceException)";

/// Before the first response.
pub(crate) fn connecting(width: u16, height: u16) -> Story {
    Story::new(width, height)
}

/// The API responds, and has no such stack yet.
pub(crate) fn waiting(width: u16, height: u16) -> Story {
    let mut story = Story::new(width, height);
    story.observe(Seen::StackGone).at(2);
    story
}

/// The hour in which nothing happens.
pub(crate) fn building(width: u16, height: u16) -> Story {
    let mut story = Story::new(width, height);
    story.events(&beginning());
    story.describe("BUILD_IN_PROGRESS", Some("BUILDING"));
    story.at(34 * MINUTE + 10).page(&[], true);
    story.at(34 * MINUTE + 12);
    story
}

/// A build whose image has one workflow of three steps.
pub(crate) fn with_steps(width: u16, height: u16) -> Story {
    let mut story = building(width, height);
    let step = |name: &str, status: &str, minutes: i64| Step {
        name: SafeText::new(name),
        status: StepStatus::new(status),
        started_at: Some(story.began + TimeDelta::minutes(minutes)),
        ended_at: (status == "COMPLETED").then(|| story.began + TimeDelta::minutes(minutes + 5)),
        ..Step::default()
    };
    let workflow = Workflow {
        name: SafeText::new("build-image"),
        status: StepStatus::new("RUNNING"),
        started_at: Some(story.began + TimeDelta::minutes(4)),
        steps: vec![
            step("LaunchBuildInstance", "COMPLETED", 4),
            step("ApplyBuildComponents", "RUNNING", 9),
            step("CreateOutputAMI", "PENDING", 0),
        ],
        ..Workflow::default()
    };
    story.observe(Seen::Steps(ListedWorkflows {
        image_arn: SafeText::new("arn:aws:imagebuilder:us-east-1:1:image/img/1.0.0/1"),
        workflows: vec![workflow],
    }));
    story
}

/// The usual times of three builds.
pub(crate) fn usual_times() -> (TypicalDuration, TypicalTimes) {
    let time = |id: &str, seconds: i64| ResourceTime {
        logical_id: SafeText::new(id),
        took: TimeDelta::seconds(seconds),
    };
    let step = |name: &str, minutes: i64| StepTime {
        workflow: SafeText::new("build-image"),
        step: SafeText::new(name),
        took: TimeDelta::minutes(minutes),
    };
    let resources = [
        time("InstanceProfile", 600),
        time("ParallelClusterImage", 3300),
    ];
    let steps = [
        step("LaunchBuildInstance", 5),
        step("ApplyBuildComponents", 45),
    ];
    let typical = TypicalDuration {
        duration: TimeDelta::minutes(65),
        builds: 3,
    };
    (typical, TypicalTimes::of(steps, resources))
}

/// The end of the build log of a failure.
const LOG: [&str; 18] = [
    "Stdout: * bash[make install] action run",
    "Stdout: [execute] + tar xf nfs-utils.tgz",
    "Stdout: + cd nfs-utils-8.3",
    "Stdout: + ./configure --prefix=/opt/nfs-utils --enable-shared",
    "Stdout: checking for gcc... gcc",
    "Stdout: + make -j 8",
    "Stderr: src/nfs-utils.c:206:9: warning: unused variable 'rc' [-Wunused-variable]",
    "Stdout: [2022-04-05T22:10:55+00:00] INFO: bash[make install] ran successfully",
    "Stdout: * bash[install efa] action run",
    "Stdout: [execute] + ./efa_installer.sh -y",
    "Stderr: Error: Unable to find a match: kernel-devel-5.14.0-570.12.1.el9_6.x86_64",
    "Stdout: ================================================================================",
    "Stdout: Error executing action `run` on resource 'bash[install efa]'",
    "Stdout: Mixlib::ShellOut::ShellCommandFailed",
    "Stdout: Expected process to exit with [0], but received '1'",
    "CmdExecution: ExitCode 1",
    "ExecuteBash: FINISHED EXECUTION",
    "TOE has completed execution with failure - Execution failed!",
];

/// A failed build with the end of its log.
pub(crate) fn with_log(width: u16, height: u16) -> Story {
    let mut story = failed(width, height);
    let end = story.began + TimeDelta::minutes(35);
    let line = |(index, text): (usize, &&str)| {
        let before = TimeDelta::seconds(i64::try_from(LOG.len() - index).unwrap());
        let line = LogLine {
            timestamp: end - before,
            ingested_at: None,
            message: LogLine::text(text),
            stream: SafeText::new("3.16.1/1"),
            late: false,
            again: false,
        };
        line.into()
    };
    story.observe(Seen::Log(LogPage {
        lines: LOG.iter().enumerate().map(line).collect(),
        part: LogPart::Newer,
        state: LogState::Complete,
        has_first: true,
        restarts: false,
    }));
    story
}

/// A component failed, and its running sibling was cancelled.
pub(crate) fn failed(width: u16, height: u16) -> Story {
    let mut story = building(width, height);
    let end = 35 * MINUTE;
    story.events(&[
        (
            end,
            "ParallelClusterImage",
            IMAGE_TYPE,
            "CREATE_FAILED",
            FAILURE,
        ),
        (
            end + 1,
            "DeleteStackFunctionPermission",
            "AWS::Lambda::Permission",
            "CREATE_FAILED",
            "Resource creation cancelled",
        ),
        (
            end + 3,
            IMAGE,
            STACK_TYPE,
            "CREATE_FAILED",
            "The following resource(s) failed to create: [ParallelClusterImage]. ",
        ),
    ]);
    story.describe("BUILD_FAILED", Some("FAILED"));
    story
}

/// A failed build is rolled back.
pub(crate) fn rolling_back(width: u16, height: u16) -> Story {
    let mut story = building(width, height);
    let end = 35 * MINUTE;
    let lambda = "AWS::Lambda::Function";
    story.events(&[
        (end, "ParallelClusterImage", IMAGE_TYPE, "CREATE_FAILED", FAILURE),
        (
            end + 3,
            IMAGE,
            STACK_TYPE,
            "ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create: [ParallelClusterImage]. Rollback requested by user.",
        ),
        (end + 5, "ParallelClusterImage", IMAGE_TYPE, "DELETE_IN_PROGRESS", ""),
        (end + 9, "ParallelClusterImage", IMAGE_TYPE, "DELETE_COMPLETE", ""),
        (end + 11, "InfrastructureConfiguration", "AWS::ImageBuilder::InfrastructureConfiguration", "DELETE_IN_PROGRESS", ""),
        (end + 12, "DeleteStackFunction", lambda, "DELETE_SKIPPED", ""),
    ]);
    story.describe("BUILD_FAILED", None);
    story
}

fn cleanup(story: &mut Story) {
    let end = 58 * MINUTE;
    story.events(&[
        (
            end,
            IMAGE,
            STACK_TYPE,
            "DELETE_IN_PROGRESS",
            "User Initiated",
        ),
        (
            end + 2,
            "ParallelClusterImage",
            IMAGE_TYPE,
            "DELETE_IN_PROGRESS",
            "",
        ),
        (
            end + 6,
            "ParallelClusterImage",
            IMAGE_TYPE,
            "DELETE_COMPLETE",
            "",
        ),
        (
            end + 8,
            "InstanceRole",
            "AWS::IAM::Role",
            "DELETE_IN_PROGRESS",
            "",
        ),
    ]);
}

/// A watch over AWS that begins while the stack is being deleted, before the first answer about the image.
pub(crate) fn opened_while_deleting(width: u16, height: u16) -> Story {
    let mut story = Story::new(width, height);
    story.model.shown.target.backend = Some("AWS");
    story.events(&beginning());
    cleanup(&mut story);
    story
}

/// The image is available, and its stack deletes itself.
pub(crate) fn succeeded(width: u16, height: u16) -> Story {
    let mut story = building(width, height);
    cleanup(&mut story);
    story.complete();
    story
}

/// The image is available, and its stack has deleted itself.
pub(crate) fn finished(width: u16, height: u16) -> Story {
    let mut story = succeeded(width, height);
    story.at(60 * MINUTE).observe(Seen::StackGone);
    story
}

/// The image is available; its stack failed to delete itself.
pub(crate) fn leftover(width: u16, height: u16) -> Story {
    let mut story = succeeded(width, height);
    let end = 59 * MINUTE;
    story.events(&[
        (
            end,
            "InstanceRole",
            "AWS::IAM::Role",
            "DELETE_FAILED",
            "Internal Failure",
        ),
        (
            end + 1,
            IMAGE,
            STACK_TYPE,
            "DELETE_FAILED",
            "The following resource(s) failed to delete: [InstanceRole].",
        ),
    ]);
    story.complete();
    story
}

/// The build was deleted half-way.
pub(crate) fn deleted(width: u16, height: u16) -> Story {
    let mut story = building(width, height);
    for seconds in [0, 6] {
        story.at(36 * MINUTE + seconds).observe(Seen::StackGone);
        story.observe(Seen::Image(ImageAnswer::Absent));
    }
    story
}

/// There is no such image.
pub(crate) fn not_found(width: u16, height: u16) -> Story {
    let mut story = Story::new(width, height);
    for seconds in [0, 4] {
        story.at(seconds).observe(Seen::StackGone);
        story.observe(Seen::Image(ImageAnswer::Absent));
    }
    story
}

/// It failed, and was started again under the same name.
pub(crate) fn rebuilt(width: u16, height: u16) -> Story {
    let mut story = failed(width, height);
    story.change_stack();
    story.began += TimeDelta::minutes(90);
    let facts: Vec<_> = beginning().into_iter().take(7).collect();
    story.events(&facts);
    story.describe("BUILD_IN_PROGRESS", Some("PENDING"));
    story
}

/// The newest page was fetched, and older ones were not yet.
pub(crate) fn loading(width: u16, height: u16) -> Story {
    let mut story = Story::new(width, height);
    let all = beginning();
    let (old, new) = all.split_at(all.len() - 4);
    story.events(old.get(..3).unwrap_or_default());
    story.at(210).page(new, false);
    story
}

/// The API throttles.
pub(crate) fn throttled(width: u16, height: u16) -> Story {
    let mut story = building(width, height);
    story.at(34 * MINUTE + 40).fault(
        FaultKind::Throttled,
        "failed to read the stack events of alinux2-image: throttled (429)",
        "",
    );
    story.at(34 * MINUTE + 41);
    story
}

/// The credentials expired during the watch.
pub(crate) fn unauthorized(width: u16, height: u16) -> Story {
    let mut story = building(width, height);
    denied(&mut story);
    story
}

/// The credentials were never accepted.
pub(crate) fn refused(width: u16, height: u16) -> Story {
    let mut story = Story::new(width, height);
    denied(&mut story);
    story
}

fn denied(story: &mut Story) {
    story.fault(
        FaultKind::Denied,
        "failed to read the stack events of alinux2-image: access denied (403)",
        "the API lets one role in by default: pass it with --role-arn; the stack's output \
         ParallelClusterApiUserRole names it",
    );
}

/// Names and reasons that try to break the screen.
pub(crate) fn hostile(width: u16, height: u16) -> Story {
    let mut story = Story::new(width, height);
    let reason = "\u{1b}[2J\u{202e}desrever\nsecond line\tand a tab 日本語のとても長い理由です";
    story.events(&[
        (0, IMAGE, STACK_TYPE, "CREATE_IN_PROGRESS", "User Initiated"),
        (
            2,
            "日本語のリソース名はとても幅が広いです",
            "AWS::X::Y",
            "CREATE_IN_PROGRESS",
            "",
        ),
        (
            3,
            "A\nB\tC\u{1b}]52;c;Zm9v\u{7}",
            "T\nY",
            "BOGUS\u{9b}31m",
            reason,
        ),
        (-400, "FromTheFuture", "", "", ""),
        (
            90_000,
            "Zalgo\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
            "AWS::X::Y",
            "CREATE_FAILED",
            reason,
        ),
    ]);
    story.at(5);
    story
}

/// The list does not follow while events arrive.
pub(crate) fn held(width: u16, height: u16) -> Story {
    let mut story = Story::new(width, height);
    let all = beginning();
    let (first, more) = all.split_at(30);
    story.events(first);
    story.keys("kkkk");
    story.events(more);
    story
}

/// The same build from a simulated API, in another time zone.
pub(crate) fn elsewhere(width: u16, height: u16) -> Story {
    let mut story = building(width, height);
    let now = story.model.now;
    let offset = FixedOffset::east_opt(5 * 3600 + 1800).unwrap();
    story.model.shown.target.note = Some("simulated API".to_owned());
    let elapsed = story.elapsed();
    story.msg(Msg::Tick {
        now,
        offset,
        elapsed,
        running: elapsed,
        is_machine_time: false,
        slept: false,
    });
    story
}

/// Makes a build on a screen of a size.
type Make = fn(u16, u16) -> Story;

/// Every build, by its name.
pub(crate) fn all(width: u16, height: u16) -> impl Iterator<Item = (&'static str, Story)> {
    let builds: [(&str, Make); 18] = [
        ("connecting", connecting),
        ("waiting", waiting),
        ("not_found", not_found),
        ("refused", refused),
        ("building", building),
        ("elsewhere", elsewhere),
        ("loading", loading),
        ("held", held),
        ("failed", failed),
        ("rolling_back", rolling_back),
        ("succeeded", succeeded),
        ("finished", finished),
        ("leftover", leftover),
        ("deleted", deleted),
        ("rebuilt", rebuilt),
        ("throttled", throttled),
        ("unauthorized", unauthorized),
        ("hostile", hostile),
    ];
    builds
        .into_iter()
        .map(move |(name, build)| (name, build(width, height)))
}
