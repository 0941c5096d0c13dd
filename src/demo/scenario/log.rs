//! The build log of a scenario: the lines of Image Builder's workflows and those of the components, in the words of both.

use std::time::Duration;

use crate::demo::identifier::{ec2_digits, uuid};
use crate::demo::scenario::build::Build;
use crate::demo::scenario::data::ComponentFailureData;
use crate::demo::scenario::schedule::image_times;

/// What an installation prints, again and again with other packages.
const OUTPUT: &str = include_str!("../../../assets/scenarios/build-log.txt");

const PACKAGES: [&str; 12] = [
    "gcc-c++",
    "kernel-devel",
    "libevent",
    "hwloc",
    "munge",
    "slurm",
    "openmpi",
    "libfabric",
    "nfs-utils",
    "lustre",
    "pmix",
    "stunnel",
];

/// The steps of ParallelCluster's component, and the part of the time that each takes, in hundredths.
const STEPS: [(&str, u32); 8] = [
    ("OperatingSystemRelease", 1),
    ("UpdateOS", 18),
    ("InstallPrerequisites", 9),
    ("DownloadCookbook", 3),
    ("InstallCinc", 5),
    ("InstallPClusterPackages", 56),
    ("ValidateInstallation", 6),
    ("DeleteTemporaryFiles", 2),
];

/// The lines of a log that tries to harm its reader.
const HOSTILE: [&str; 8] = [
    "Stdout: \u{1b}[2J\u{1b}[H\u{1b}]0;owned\u{7}the screen is cleared",
    "Stdout: \u{1b}]52;c;cm0gLXJmIH4=\u{7}a clipboard that is written",
    "Stdout: progress 10%\rprogress 50%\rprogress 100%",
    "Stdout: \u{202e}txt.exe\u{202c} and \u{200b}zero\u{200b}width",
    "Stdout: https://bucket.s3.amazonaws.com/cookbook.tgz?X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20260504&X-Amz-Signature=fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024",
    "Stderr: export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "Stdout: e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301} marks, and a tab\there",
    "Stdout: \u{9b}31m C1 controls \u{90}q\u{9c}",
];

/// How long a script runs.
const SCRIPT: Duration = Duration::from_mins(5);

/// The last words of ParallelCluster's component.
const FAILED_RECIPE: [&str; 12] = [
    "Stdout:   * bash[install efa] action run",
    "Stdout:     [execute] + ./efa_installer.sh -y",
    "Stdout:               = Starting Amazon Elastic Fabric Adapter Installation Script =",
    "Stderr:               Error: Unable to find a match: kernel-devel-5.14.0-570.12.1.el9_6.x86_64",
    "Stderr:               No package available for this kernel: kernel-devel-5.14.0-570.12.1.el9_6.x86_64",
    "Stdout:     ================================================================================",
    "Stdout:     Error executing action `run` on resource 'bash[install efa]'",
    "Stdout:     ================================================================================",
    "Stdout:     Mixlib::ShellOut::ShellCommandFailed",
    "Stdout:     Expected process to exit with [0], but received '1'",
    "Stderr: [2026-05-04T09:02:41+00:00] FATAL: Mixlib::ShellOut::ShellCommandFailed: bash[install efa] (aws-parallelcluster-environment::efa line 42) had an error",
    "CmdExecution: ExitCode 1",
];

/// The last words of a script of the user.
const FAILED_SCRIPT: [&str; 6] = [
    "Stdout: + dnf -y install lab-tools-2.4.1",
    "Stdout: Last metadata expiration check: 0:11:07 ago.",
    "Stderr: Error: Unable to find a match: lab-tools-2.4.1",
    "Stderr: + install -m 0644 lab.conf /etc/lab/lab.conf",
    "Stderr: install: cannot create regular file '/etc/lab/lab.conf': No such file or directory",
    "CmdExecution: ExitCode 17",
];

/// A line: when it was written and when it arrives, since the build began.
pub(crate) struct Line {
    pub(crate) written: Duration,
    pub(crate) arrives: Duration,
    pub(crate) text: String,
}

/// The lines of a build, as they are written.
pub(crate) fn lines(build: &Build) -> Vec<Line> {
    let Some((initiated, stopped)) = image_times(build) else {
        return Vec::new();
    };
    let mut log = Log {
        build,
        stopped,
        now: initiated,
        lines: Vec::new(),
        printed: 0,
    };
    let stages = build.stages.iter();
    let begins: Vec<_> = stages
        .map(|stage| (stage.status.as_str(), initiated + stage.after))
        .collect();
    for (index, (status, begins_at)) in begins.iter().enumerate() {
        let ends = begins.get(index + 1).map_or(*begins_at, |(_, next)| *next);
        log.stage(status, *begins_at, ends);
    }
    log.lines
}

struct Log<'a> {
    build: &'a Build,
    /// When the build is stopped by a failure or a deletion.
    stopped: Duration,
    now: Duration,
    lines: Vec<Line>,
    /// The number of lines of output.
    printed: usize,
}

impl Log<'_> {
    fn say(&mut self, text: impl Into<String>) {
        if self.now >= self.stopped {
            return;
        }
        let number = self.lines.len();
        // The agent sends batches; one in a while is held up.
        let into_batch = self.now.as_secs() % 3;
        let batch = Duration::from_secs(3 - into_batch);
        let delay = if number % 701 == 700 {
            Duration::from_secs(70)
        } else {
            batch
        };
        self.lines.push(Line {
            written: self.now,
            // A build that is over has no line that arrives later.
            arrives: (self.now + delay).min(self.stopped),
            text: text.into(),
        });
    }

    fn pass(&mut self, millis: u64) {
        self.now += Duration::from_millis(millis);
    }

    fn image(&self) -> String {
        self.physical_id("AWS::ImageBuilder::Image")
            .unwrap_or_default()
    }

    fn physical_id(&self, kind: &str) -> Option<String> {
        let found = self.build.resources.iter().find(|it| it.kind == kind);
        found.map(|resource| resource.physical_id.clone())
    }

    fn stage(&mut self, status: &str, begins: Duration, ends: Duration) {
        self.now = begins;
        if status == "PENDING" {
            return;
        }
        let image = self.image();
        self.say(format!(
            "Image transitioned to {status} state for Image ARN: {image}"
        ));
        match status {
            "BUILDING" => self.building(ends),
            "TESTING" => self.testing(ends),
            "DISTRIBUTING" => {
                self.workflow("DISTRIBUTION", "distribution/distribute-image", 1);
                self.step("DistributeImage", "DistributeImage");
                self.wait("image distribution", ends);
            }
            _ => {}
        }
    }

    fn workflow(&mut self, kind: &str, name: &str, steps: usize) {
        let region = &self.build.image.region;
        let arn = format!("arn:aws:imagebuilder:{region}:aws:workflow/{name}/1.0.3/1");
        self.pass(400);
        self.say(format!("Started {kind} workflow {arn}"));
        self.say(format!("Total {steps} steps to run for workflow {arn}"));
    }

    fn step(&mut self, name: &str, action: &str) {
        self.pass(250);
        self.say(format!("No 'if' conditions to evaluate for step: {name}"));
        self.say(format!("Started step {name} with action {action}"));
    }

    fn launch(&mut self, name: &str, attempts: u32) {
        self.step(name, "LaunchInstance");
        let instance = ec2_digits(&format!("{name} {}", self.build.stack_id));
        self.pass(2_100);
        self.say(format!("Launched instance (instance id: i-{instance})"));
        // A step that the failure names waits in vain until the build is stopped.
        let failure = self.build.creation_failure.as_ref();
        let is_stuck = failure.is_some_and(|failure| failure.step.as_deref() == Some(name));
        let attempts = if is_stuck { u32::MAX } else { attempts };
        for attempt in 1..=attempts {
            if self.now >= self.stopped {
                break;
            }
            self.say(format!(
                "Waiting for instance availability (id: i-{instance}, expected state: ['passed']). Attempt number: {attempt}."
            ));
            self.pass(45_000);
        }
    }

    /// Waits for something until it has come.
    fn wait(&mut self, what: &str, ends: Duration) {
        let mut attempt = 0;
        while self.now < ends.min(self.stopped) {
            attempt += 1;
            self.say(format!("Waiting for {what}. Attempt number: {attempt}."));
            self.now = ends.min(self.now + Duration::from_secs(45));
        }
        self.now = self.now.max(ends);
    }

    fn building(&mut self, ends: Duration) {
        self.workflow("BUILD", "build/build-image", 7);
        self.launch("LaunchBuildInstance", 4);
        self.step("ApplyBuildComponents", "ExecuteComponents");
        let command = uuid(&format!("command {}", self.build.stack_id));
        self.say("Sending command to instance to run");
        self.say(format!("Running command (command id: {command})"));
        self.components(ends.saturating_sub(Duration::from_mins(4)));
        self.step("RunSanitizeScript", "SanitizeInstance");
        self.pass(20_000);
        self.step("CreateOutputAMI", "CreateImage");
        self.wait("image creation", self.now + Duration::from_secs(140));
        self.step("TerminateBuildInstance", "TerminateInstance");
    }

    fn testing(&mut self, ends: Duration) {
        self.workflow("TEST", "test/test-image", 4);
        self.launch("LaunchTestInstance", 3);
        self.step("ApplyTestComponents", "ExecuteComponents");
        self.wait(
            "command to complete",
            ends.saturating_sub(Duration::from_mins(1)),
        );
        self.step("TerminateTestInstance", "TerminateInstance");
    }

    fn components(&mut self, ends: Duration) {
        self.say("Executor: STARTED EXECUTION OF ALL DOCUMENTS");
        let kind = "AWS::ImageBuilder::Component";
        let components = self.build.resources.iter().filter(|it| it.kind == kind);
        let names: Vec<_> = components
            .map(|it| (it.name.clone(), it.physical_id.clone()))
            .collect();
        let failure = self.build.creation_failure.as_ref();
        let failing = failure.and_then(|failure| failure.component.clone());
        let ends = if failure.is_some() {
            ends.min(self.stopped.saturating_sub(Duration::from_secs(2)))
        } else {
            ends
        };
        let scripts = names.iter().filter(|(name, _)| is_script(name)).count();
        let for_scripts = SCRIPT * u32::try_from(scripts).unwrap_or(1);
        let span = ends.saturating_sub(self.now).saturating_sub(for_scripts);
        for (index, (name, arn)) in names.iter().enumerate() {
            self.say(format!("Document {arn}"));
            self.say("Phase build");
            let failing = failing.as_ref().filter(|failing| failing.arn == *arn);
            let steps: &[(&str, u32)] = match index {
                0 => &STEPS,
                _ if is_script(name) => &[("DownloadScript", 1), ("RunScript", 99)],
                _ => &[("TagImage", 0)],
            };
            let span = if is_script(name) { SCRIPT } else { span };
            for (name, part) in steps {
                let is_last = failing.is_some_and(|failing| failing.step == *name);
                let ends = if is_last {
                    ends
                } else {
                    self.now + (span * *part / 100).max(Duration::from_secs(4))
                };
                self.run(name, ends, failing.filter(|_| is_last));
                if is_last {
                    return;
                }
            }
        }
        self.say("Executor: FINISHED EXECUTION OF ALL DOCUMENTS");
        self.say("TOE has completed execution successfully");
    }

    fn run(&mut self, name: &str, ends: Duration, failure: Option<&ComponentFailureData>) {
        self.say(format!("Step {name}"));
        self.say("ExecuteBash: STARTED EXECUTION");
        self.say(format!(
            "ExecuteBash: Created temporary directory: /tmp/{}",
            ec2_digits(name)
        ));
        let density = u64::from(self.build.log_density.max(1));
        while self.now < ends {
            // Bursts of output, and silence in between.
            for _ in 0..12 * density {
                if failure.is_some() && self.now >= ends {
                    break;
                }
                self.output();
                self.pass(if density > 1 { 1 } else { 40 });
            }
            self.pass(9_000);
        }
        if let Some(failure) = failure {
            // The silence after the last burst would outlast the build, and the log would not say why it failed.
            self.now = self.now.min(ends + Duration::from_secs(1));
            self.fail(failure);
            return;
        }
        self.say("ExitCode 0");
        self.say("ExecuteBash: FINISHED EXECUTION");
    }

    fn output(&mut self) {
        let templates: Vec<_> = OUTPUT.lines().collect();
        let number = self.printed;
        self.printed += 1;
        if self.build.log_is_hostile && number % 40 == 39 {
            self.say(HOSTILE[number / 40 % HOSTILE.len()]);
            return;
        }
        let template = templates[number % templates.len()];
        let package = PACKAGES[number / templates.len() % PACKAGES.len()];
        let text = template.replace("{package}", package);
        let text = text.replace("{version}", &format!("{}.{}", 1 + number % 9, number % 23));
        self.say(text.replace("{n}", &(1 + number % 412).to_string()));
    }

    fn fail(&mut self, failure: &ComponentFailureData) {
        let words: &[&str] = if failure.step == "RunScript" {
            &FAILED_SCRIPT
        } else {
            &FAILED_RECIPE
        };
        let ends = [
            "ExecuteBash: FINISHED EXECUTION",
            "TOE has completed execution with failure - Execution failed!",
        ];
        for text in words.iter().chain(&ends) {
            self.say(*text);
            self.pass(30);
        }
        self.say(format!("Document {} failed!", failure.arn));
        // Image Builder says nothing more.
        self.now = self.stopped;
    }
}

/// Whether a component runs a script of the user.
fn is_script(name: &str) -> bool {
    name.starts_with("ScriptComponent")
}
