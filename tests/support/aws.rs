//! A scripted AWS on loopback: CloudFormation and EC2 in XML, Image Builder in JSON, in every region. A test changes it
//! while the program watches. It verifies the signature of every call, counts the calls, and can deny or fail each of
//! them.

mod answers;
mod logs;
pub(crate) mod several;
mod signature;

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;

use chrono::{DateTime, Utc};
use percent_encoding::percent_decode_str;

use super::program::{DEADLINE, Program};

pub(crate) use self::logs::LogLine;

use self::answers::{error, image_builder_error};
use self::signature::{ACCESS_KEY, SECRET_KEY, SESSION_TOKEN, verify};

pub(crate) const STACK: &str =
    "arn:aws:cloudformation:us-east-1:123456789012:stack/img/6accc570-b080-11ec-845e-0e2dc6386985";
/// A stack of the same name.
pub(crate) const OTHER_STACK: &str =
    "arn:aws:cloudformation:us-east-1:123456789012:stack/img/0b1e55ed-b080-11ec-845e-0e2dc6386985";
pub(crate) const IMAGE: &str =
    "arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-img/3.16.1/1";
pub(crate) const REGION: &str = "us-east-1";

/// The number of events of a page.
const PAGE: usize = 100;

/// A call that was made.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) action: String,
    /// The name or the ARN of the stack in the request.
    pub(crate) stack: String,
    /// By its signature.
    pub(crate) region: String,
    /// The code of an MFA device in the request.
    pub(crate) code: Option<String>,
    /// The token of a page in the request.
    pub(crate) token: Option<String>,
    service: String,
}

#[derive(Clone, Debug)]
struct Stack {
    arn: &'static str,
    /// Oldest first, in XML.
    events: Vec<String>,
    status: String,
    /// ParallelCluster's tags.
    is_tagged: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Ami {
    pub(crate) id: &'static str,
    pub(crate) region: &'static str,
    pub(crate) state: &'static str,
    /// Tagged by ParallelCluster.
    pub(crate) is_tagged: bool,
    /// The Image Builder image that made it.
    pub(crate) made_by: &'static str,
}

/// What the account has.
#[derive(Default)]
pub(crate) struct Account {
    /// The image's id, where it is not `img`.
    name: Option<String>,
    /// In the order in which they were created: the last one has the name, unless it is deleted.
    stacks: Vec<Stack>,
    /// The name of a new stack is not known for so many calls.
    unknown_for: usize,
    /// Image Builder's answer, in JSON.
    image: Option<String>,
    /// The steps of its build workflow, with their statuses.
    steps: Vec<(&'static str, &'static str)>,
    pub(crate) amis: Vec<Ami>,
    log: logs::BuildLog,
    /// The calls that a policy denies.
    denied: Vec<String>,
    /// The answers to send instead, each once.
    instead: Vec<(String, u16, String)>,
    /// The number of requests for the log that are still answered, where not all are.
    log_requests: Option<usize>,
    /// The random calls that fail.
    failures: Option<fastrand::Rng>,
    /// The time of the services, where they say one.
    pub(crate) time: Option<DateTime<Utc>>,
    pub(crate) calls: Vec<Received>,
    /// Why a signature is wrong.
    unsigned: Vec<String>,
}

pub(crate) struct Aws {
    account: Arc<(Mutex<Account>, Condvar)>,
    pub(crate) url: String,
    made: usize,
}

type Query = HashMap<String, String>;

/// The end of a call.
enum Answer {
    Body(u16, String),
    /// The connection breaks after these bytes of the body.
    Cut(u16, String, usize),
    Reset,
}

impl Aws {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let account = Arc::<(Mutex<Account>, Condvar)>::default();
        let shared = Arc::clone(&account);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let account = Arc::clone(&shared);
                thread::spawn(move || serve(stream, &account));
            }
        });
        let made = 0;
        Self { account, url, made }
    }

    pub(crate) fn account(&self) -> MutexGuard<'_, Account> {
        self.account.0.lock().unwrap()
    }

    /// Waits until the calls so far are such.
    pub(crate) fn wait_until(&self, is_so: impl Fn(&[Received]) -> bool) {
        let (account, called) = &*self.account;
        let waited = called.wait_timeout_while(account.lock().unwrap(), DEADLINE, |account| {
            !is_so(&account.calls)
        });
        let (account, result) = waited.unwrap();
        assert!(!result.timed_out(), "{:#?}", account.calls);
    }

    /// The environment of a program that is to use it.
    pub(crate) fn environment(&self) -> [(&'static str, &str); 5] {
        environment(&self.url)
    }

    pub(crate) fn environment_without_credentials(&self) -> [(&'static str, &str); 5] {
        let missing = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
        self.environment()
            .map(|(name, value)| (name, if missing.contains(&name) { "" } else { value }))
    }

    /// Watches an image or a stack of this account, as lines of JSON.
    pub(crate) fn watch(&self, target: &str, flags: &[&str]) -> Program {
        let mut arguments = vec!["watch", target, "--interval", "200ms", "-o", "json"];
        arguments.extend(flags);
        Program::start_with(&arguments, &self.environment())
    }

    pub(crate) fn deny(&self, action: &str) {
        self.account().denied.push(action.to_owned());
    }

    /// Sends another answer to the next call of an action.
    pub(crate) fn answer_once(&self, action: &str, status: u16, body: &str) {
        let answer = (action.to_owned(), status, body.to_owned());
        self.account().instead.push(answer);
    }

    /// A file of profiles: `dev` assumes a role with an MFA device, with the keys that this account knows.
    pub(crate) fn profile_with_device() -> String {
        format!(
            "[default]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n\
             aws_session_token = {SESSION_TOKEN}\n\
             [profile dev]\nrole_arn = arn:aws:iam::123456789012:role/DevRole\nsource_profile = default\n\
             mfa_serial = arn:aws:iam::123456789012:mfa/ci-user\nregion = {REGION}\n"
        )
    }

    /// STS accepts the next code: the session that it gives has the same keys.
    pub(crate) fn accept_code(&self, until: DateTime<Utc>) {
        let until = until.format("%FT%TZ");
        let body = format!(
            "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>{ACCESS_KEY}</AccessKeyId>\
             <SecretAccessKey>{SECRET_KEY}</SecretAccessKey><SessionToken>{SESSION_TOKEN}</SessionToken>\
             <Expiration>{until}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
        );
        self.answer_once("AssumeRole", 200, &body);
    }

    /// STS refuses the next code.
    pub(crate) fn refuse_code(&self) {
        let message = "MultiFactorAuthentication failed with invalid MFA one time pass code.";
        let (status, body) = error("AccessDenied", message, 403);
        self.answer_once("AssumeRole", status, &body);
    }

    /// Adds lines to the build log.
    pub(crate) fn push_log(&self, lines: impl IntoIterator<Item = (i64, String)>) {
        let mut account = self.account();
        for (written, message) in lines {
            account.log.push(LogLine { written, message });
        }
    }

    /// Answers only so many more requests for the log.
    pub(crate) fn answer_log_requests(&self, count: usize) {
        self.account().log_requests = Some(count);
    }

    /// Fails a third of the calls, in every way.
    pub(crate) fn fail_a_third(&self, seed: u64) {
        self.account().failures = Some(fastrand::Rng::with_seed(seed));
    }

    /// The next stack has no name yet for so many calls.
    pub(crate) fn hide_name_for(&self, calls: usize) {
        self.account().unknown_for = calls;
    }

    /// Creates a stack of this name. The first event of a stack creates it by itself.
    pub(crate) fn create(&self, arn: &'static str, is_tagged: bool) {
        self.account().stacks.push(Stack {
            arn,
            events: Vec::new(),
            status: "CREATE_IN_PROGRESS".to_owned(),
            is_tagged,
        });
    }

    pub(crate) fn push_root(&mut self, status: &str) {
        if self.account().stacks.is_empty() {
            self.create(STACK, true);
        }
        let arn = self.account().stacks.last().unwrap().arn;
        self.push("img", status, arn);
        let mut account = self.account();
        status.clone_into(&mut account.stacks.last_mut().unwrap().status);
    }

    pub(crate) fn push(&mut self, logical: &str, status: &str, physical: &str) {
        self.made += 1;
        let mut account = self.account();
        let stack = account.stacks.last_mut().unwrap();
        let event = answers::event(stack.arn, self.made, logical, status, physical);
        stack.events.push(event);
    }

    /// Image Builder's stage, and the AMI that it has made.
    pub(crate) fn set_image(&self, status: &str) {
        self.set_image_in(status, &[(REGION, "ami-0abc")]);
    }

    /// The same with AMIs in these regions.
    pub(crate) fn set_image_in(&self, status: &str, amis: &[(&str, &str)]) {
        self.account().image = Some(answers::image(status, amis));
    }

    /// The steps of Image Builder's build workflow, with their statuses.
    pub(crate) fn set_steps(&self, steps: &[(&'static str, &'static str)]) {
        self.account().steps = steps.to_vec();
    }

    /// Image Builder forgets the image with its stack.
    pub(crate) fn account_without_image(&self) {
        self.account().image = None;
    }

    /// The AMI, tagged by ParallelCluster.
    pub(crate) fn set_ami(&self) {
        self.account().amis.push(Ami {
            id: "ami-0abc",
            region: REGION,
            state: "available",
            is_tagged: true,
            made_by: IMAGE,
        });
    }

    /// A build begins.
    pub(crate) fn begin(&mut self) {
        self.push_root("CREATE_IN_PROGRESS");
        self.push("ParallelClusterImage", "CREATE_IN_PROGRESS", "");
        self.push("ParallelClusterImage", "CREATE_IN_PROGRESS", IMAGE);
        self.set_image("BUILDING");
    }

    /// It succeeds, and its stack begins to delete itself.
    pub(crate) fn finish(&mut self) {
        self.set_image("AVAILABLE");
        self.set_ami();
        self.complete();
    }

    /// The same, with the image and the AMIs as they are.
    pub(crate) fn complete(&mut self) {
        self.push("ParallelClusterImage", "CREATE_COMPLETE", IMAGE);
        self.push_root("CREATE_COMPLETE");
        self.push_root("DELETE_IN_PROGRESS");
    }

    /// It fails.
    pub(crate) fn fail(&mut self) {
        self.set_image("FAILED");
        self.push("ParallelClusterImage", "CREATE_FAILED", IMAGE);
        self.push_root("CREATE_FAILED");
    }

    /// The stack is deleted, and Image Builder's image with it.
    pub(crate) fn delete(&mut self) {
        self.account_without_image();
        self.push("ParallelClusterImage", "DELETE_COMPLETE", IMAGE);
        self.push_root("DELETE_COMPLETE");
    }

    pub(crate) fn all_ids(&self) -> Vec<String> {
        (1..=self.made).map(|number| format!("e{number}")).collect()
    }

    /// The calls of an action.
    pub(crate) fn calls_of(&self, action: &str) -> Vec<Received> {
        let account = self.account();
        let calls = account.calls.iter().filter(|call| call.action == action);
        calls.cloned().collect()
    }

    /// Checks that only calls of the allow-list were made, each to its service, and that all were signed.
    pub(crate) fn assert_only_signed_reads(&self) {
        const ALLOWED: [(&str, &str); 10] = [
            ("DescribeStackEvents", "cloudformation"),
            ("DescribeStacks", "cloudformation"),
            ("ListStacks", "cloudformation"),
            ("DescribeImages", "ec2"),
            ("GetImage", "imagebuilder"),
            ("ListWorkflowExecutions", "imagebuilder"),
            ("ListWorkflowStepExecutions", "imagebuilder"),
            ("GetLogEvents", "logs"),
            ("FilterLogEvents", "logs"),
            ("GetCallerIdentity", "sts"),
        ];
        let account = self.account();
        assert!(account.unsigned.is_empty(), "{:#?}", account.unsigned);
        for call in &account.calls {
            let made = (call.action.as_str(), call.service.as_str());
            assert!(ALLOWED.contains(&made), "{call:?}");
        }
    }
}

/// The environment of a program that is to use an AWS at this URL.
fn environment(url: &str) -> [(&'static str, &str); 5] {
    [
        ("AWS_ENDPOINT_URL", url),
        ("AWS_ACCESS_KEY_ID", ACCESS_KEY),
        ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
        ("AWS_SESSION_TOKEN", SESSION_TOKEN),
        ("AWS_REGION", REGION),
    ]
}

fn serve(stream: TcpStream, (account, called): &(Mutex<Account>, Condvar)) {
    let mut writer = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    while let Some((line, headers, body)) = read_request(&mut reader) {
        let mut locked = account.lock().unwrap();
        let answer = locked.respond(&line, &headers, &body);
        let date = locked.time.map_or_else(String::new, |time| {
            format!("Date: {}\r\n", time.format("%a, %d %b %Y %T GMT"))
        });
        drop(locked);
        called.notify_all();
        if !write(&mut writer, answer, &date) {
            return;
        }
    }
}

/// Sends an answer. Whether the connection is still good.
fn write(writer: &mut TcpStream, answer: Answer, date: &str) -> bool {
    let (status, text, sent) = match answer {
        Answer::Reset => return false,
        Answer::Body(status, text) => (status, text, usize::MAX),
        Answer::Cut(status, text, sent) => (status, text, sent),
    };
    // The JSON services name the request in a header, the others in the body.
    let request_id = if text.starts_with('{') {
        "x-amzn-RequestId: r\r\n"
    } else {
        ""
    };
    let head = format!(
        "HTTP/1.1 {status} X\r\n{date}{request_id}Content-Length: {}\r\n\r\n",
        text.len()
    );
    let sent = text.len().min(sent);
    let answer = [head.as_bytes(), &text.as_bytes()[..sent]].concat();
    writer.write_all(&answer).is_ok() && sent >= text.len()
}

/// A request: its first line, its headers with names in lower case, and its body.
fn read_request(reader: &mut impl BufRead) -> Option<(String, HashMap<String, String>, Vec<u8>)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut headers = HashMap::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers
        .get("content-length")
        .and_then(|length| length.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some((line, headers, body))
}

fn parse(query: &str) -> Query {
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

impl Account {
    fn respond(&mut self, line: &str, headers: &HashMap<String, String>, body: &[u8]) -> Answer {
        let mut words = line.split(' ');
        let method = words.next().unwrap_or_default();
        let target = words.next().unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let form = String::from_utf8_lossy(body);
        let mut query = parse(if query.is_empty() { &form } else { query });
        if let Some(name) = &self.name {
            for value in query.values_mut() {
                *value = value.replace(name, "img");
            }
        }
        let target_header = headers.get("x-amz-target");
        let of_logs = target_header.and_then(|target| target.strip_prefix("Logs_20140328."));
        let action = match path {
            "/" if of_logs.is_some() => of_logs.unwrap_or_default().to_owned(),
            "/" => query.get("Action").cloned().unwrap_or_default(),
            other => other.trim_start_matches('/').to_owned(),
        };
        let scope = verify(method, target, headers, body);
        let refusal = scope.as_ref().err();
        let refusal = refusal.map(|why| answers::unsigned(&action, why));
        let (region, service) = scope.unwrap_or_else(|why| {
            self.unsigned.push(format!("{action}: {why:?}"));
            <_>::default()
        });
        self.calls.push(Received {
            stack: query.get("StackName").cloned().unwrap_or_default(),
            action: action.clone(),
            region: region.clone(),
            code: query.get("TokenCode").cloned(),
            token: query.get("NextToken").cloned(),
            service,
        });
        if let Some((status, body)) = refusal {
            return Answer::Body(status, body);
        }
        if let Some(at) = self.instead.iter().position(|(of, ..)| *of == action) {
            let (_, status, body) = self.instead.remove(at);
            return Answer::Body(status, body);
        }
        if let Some(left) = self.log_requests.as_mut().filter(|_| of_logs.is_some()) {
            let Some(less) = left.checked_sub(1) else {
                return Answer::Body(503, "{}".to_owned());
            };
            *left = less;
        }
        let (status, mut body) = match of_logs {
            Some(action) => self.read_log(action, body),
            None => self.answer(&action, &query, &region),
        };
        if let Some(name) = &self.name {
            body = body.replace("img", name);
        }
        if let Some(random) = self.failures.as_mut()
            && random.u8(..3) == 0
        {
            return answers::failure(random, &action, status, body);
        }
        Answer::Body(status, body)
    }

    fn read_log(&mut self, action: &str, body: &[u8]) -> (u16, String) {
        let failure = |code: &str, message: &str| {
            let body = serde_json::json!({"__type": code, "message": message});
            (400, body.to_string())
        };
        if self.denied.iter().any(|denied| denied == action) {
            return failure("AccessDeniedException", "not authorized");
        }
        match self.log.read(action, body, self.failures.as_mut()) {
            Ok(answer) => (200, answer.to_string()),
            Err((code, message)) => failure(code, message),
        }
    }

    fn answer(&mut self, action: &str, query: &Query, region: &str) -> (u16, String) {
        let is_denied = self.denied.iter().any(|denied| denied == action);
        match action {
            "GetImage" | "ListWorkflowExecutions" | "ListWorkflowStepExecutions" if is_denied => {
                image_builder_error(403, "AccessDeniedException", "not authorized")
            }
            "GetImage" => match &self.image {
                Some(image) => (200, image.clone()),
                None => image_builder_error(404, "ResourceNotFoundException", "gone"),
            },
            "ListWorkflowExecutions" | "ListWorkflowStepExecutions" if self.image.is_none() => {
                image_builder_error(404, "ResourceNotFoundException", "gone")
            }
            "ListWorkflowExecutions" => (200, answers::workflows(&self.steps)),
            "ListWorkflowStepExecutions" => (200, answers::steps(&self.steps)),
            "DescribeImages" if is_denied => {
                answers::ec2_error(403, "UnauthorizedOperation", "not authorized")
            }
            "DescribeImages" if self.names_deregistered(query) => {
                let message = "The image ID is no longer available";
                answers::ec2_error(400, "InvalidAMIID.Unavailable", message)
            }
            "DescribeImages" => (200, answers::amis(&self.amis, query, region)),
            "GetCallerIdentity" => (200, answers::caller()),
            _ if is_denied => error("AccessDenied", "not authorized", 403),
            "DescribeStackEvents" => self.describe_events(query),
            "DescribeStacks" => self.describe_stack(query),
            "ListStacks" => (200, answers::listed_stacks(&self.stacks, query)),
            other => error("InvalidAction", other, 400),
        }
    }

    /// Whether EC2 is asked for an AMI of the state `deregistered`.
    fn names_deregistered(&self, query: &Query) -> bool {
        let id = query.get("ImageId.1");
        self.amis
            .iter()
            .any(|ami| ami.state == "deregistered" && id.is_some_and(|id| id == ami.id))
    }

    /// A stack by its ARN, or the present one by its name.
    fn find(&mut self, name: &str) -> Option<&Stack> {
        if name != "img" {
            return self.stacks.iter().find(|stack| stack.arn == name);
        }
        let newest = self.stacks.last()?;
        if newest.status == "DELETE_COMPLETE" {
            return None;
        }
        if self.unknown_for > 0 {
            self.unknown_for -= 1;
            return None;
        }
        Some(newest)
    }

    fn describe_events(&mut self, query: &Query) -> (u16, String) {
        let name = query.get("StackName").map_or("", String::as_str);
        let Some(stack) = self.find(name) else {
            let message = format!("Stack [{name}] does not exist");
            return error("ValidationError", &message, 400);
        };
        let end: usize = match query.get("NextToken") {
            Some(token) => token.trim_end_matches("+/=").parse().unwrap(),
            None => stack.events.len(),
        };
        let begin = end.saturating_sub(PAGE);
        let token = match begin {
            0 => String::new(),
            more => format!("<NextToken>{more}+/=</NextToken>"),
        };
        (200, answers::events(&stack.events[begin..end], &token))
    }

    fn describe_stack(&mut self, query: &Query) -> (u16, String) {
        let name = query.get("StackName").map_or("", String::as_str);
        if let Some(stack) = self.find(name) {
            return (200, answers::stack(stack));
        }
        let message = format!("Stack with id {name} does not exist");
        error("ValidationError", &message, 400)
    }
}
