//! A scripted AWS on loopback: CloudFormation and EC2 in XML, Image Builder in JSON. A test changes it while the program
//! watches; it counts the calls, and can deny each of them.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use percent_encoding::percent_decode_str;

pub(crate) const STACK: &str =
    "arn:aws:cloudformation:us-east-1:123456789012:stack/img/6accc570-b080-11ec-845e-0e2dc6386985";
pub(crate) const IMAGE: &str =
    "arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-img/3.16.1/1";

/// The number of events of a page.
const PAGE: usize = 100;

/// What the account has.
#[derive(Default)]
pub(crate) struct Account {
    /// Oldest first, in XML.
    events: Vec<String>,
    /// The stack's status; `None` before it exists.
    status: Option<String>,
    /// Image Builder's state, in JSON.
    image: Option<String>,
    /// The AMI's tags, in XML.
    ami: Option<String>,
    /// The calls that a policy denies.
    denied: Vec<String>,
    /// The answers to send instead, each once.
    instead: Vec<(String, u16, String)>,
    /// Every call, with the stack that it names.
    pub(crate) calls: Vec<(String, String)>,
    unsigned: usize,
}

pub(crate) struct Aws {
    account: Arc<Mutex<Account>>,
    pub(crate) url: String,
    made: usize,
}

type Query = HashMap<String, String>;

impl Aws {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let account = Arc::<Mutex<Account>>::default();
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
        self.account.lock().unwrap()
    }

    /// The environment of a program that is to use it.
    pub(crate) fn environment(&self) -> [(&'static str, &str); 4] {
        [
            ("AWS_ENDPOINT_URL", &self.url),
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_REGION", "us-east-1"),
        ]
    }

    pub(crate) fn deny(&self, action: &str) {
        self.account().denied.push(action.to_owned());
    }

    /// Sends another answer to the next call of an action.
    pub(crate) fn answer_once(&self, action: &str, status: u16, body: &str) {
        let answer = (action.to_owned(), status, body.to_owned());
        self.account().instead.push(answer);
    }

    pub(crate) fn push_root(&mut self, status: &str) {
        self.push("img", status, STACK);
        self.account().status = Some(status.to_owned());
    }

    pub(crate) fn push(&mut self, logical: &str, status: &str, physical: &str) {
        self.made += 1;
        let second = self.made % 60;
        let event = format!(
            "<member><StackId>{STACK}</StackId><EventId>e{}</EventId><StackName>img</StackName>\
             <OperationId>op-1</OperationId><LogicalResourceId>{logical}</LogicalResourceId>\
             <PhysicalResourceId>{physical}</PhysicalResourceId><ResourceType>AWS::Made::Up</ResourceType>\
             <Timestamp>2026-01-01T10:00:{second:02}.000Z</Timestamp><ResourceStatus>{status}</ResourceStatus></member>",
            self.made
        );
        self.account().events.push(event);
    }

    /// Image Builder's stage.
    pub(crate) fn set_image(&self, status: &str) {
        self.account().image = Some(format!(
            r#"{{"image":{{"arn":"{IMAGE}","state":{{"status":"{status}","reason":"why it is so"}},
                "outputResources":{{"amis":[{{"region":"us-east-1","image":"ami-0abc"}}]}}}}}}"#
        ));
    }

    /// Image Builder forgets the image with its stack.
    pub(crate) fn account_without_image(&self) {
        self.account().image = None;
    }

    /// The AMI, tagged by ParallelCluster.
    pub(crate) fn set_ami(&self) {
        self.account().ami = Some(format!(
            "<item><imageId>ami-0abc</imageId><imageState>available</imageState>\
             <creationDate>2026-01-01T10:30:00.000Z</creationDate><tagSet>\
             <item><key>parallelcluster:image_id</key><value>img</value></item>\
             <item><key>parallelcluster:build_status</key><value>available</value></item>\
             <item><key>Ec2ImageBuilderArn</key><value>{IMAGE}</value></item></tagSet></item>"
        ));
    }

    pub(crate) fn all_ids(&self) -> Vec<String> {
        (1..=self.made).map(|number| format!("e{number}")).collect()
    }

    /// Checks that only calls of the allow-list were made, and that all were signed.
    pub(crate) fn assert_only_signed_reads(&self) {
        const ALLOWED: [&str; 5] = [
            "DescribeStackEvents",
            "DescribeStacks",
            "ListStacks",
            "DescribeImages",
            "GetImage",
        ];
        let account = self.account();
        assert_eq!(account.unsigned, 0);
        for (action, _) in &account.calls {
            assert!(ALLOWED.contains(&action.as_str()), "{action}");
        }
    }
}

fn serve(stream: TcpStream, account: &Mutex<Account>) {
    let mut writer = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut headers = String::new();
        while reader.read_line(&mut headers).unwrap_or(0) > 2 {}
        let (status, body) = account.lock().unwrap().respond(&target, &headers);
        let answer = format!(
            "HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        if writer.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn parse(query: &str) -> Query {
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

impl Account {
    fn respond(&mut self, target: &str, headers: &str) -> (u16, String) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let query = parse(query);
        let action = if path == "/GetImage" {
            "GetImage".to_owned()
        } else {
            query.get("Action").cloned().unwrap_or_default()
        };
        let stack = query.get("StackName").cloned().unwrap_or_default();
        self.calls.push((action.clone(), stack));
        self.unsigned += usize::from(!headers.contains("AWS4-HMAC-SHA256"));
        if let Some(at) = self.instead.iter().position(|(of, ..)| *of == action) {
            let (_, status, body) = self.instead.remove(at);
            return (status, body);
        }
        let is_denied = self.denied.contains(&action);
        match action.as_str() {
            "GetImage" if is_denied => (
                403,
                r#"{"__type":"AccessDeniedException","message":"not authorized"}"#.to_owned(),
            ),
            "GetImage" => match &self.image {
                Some(image) => (200, image.clone()),
                None => (
                    404,
                    r#"{"__type":"ResourceNotFoundException","message":"gone"}"#.to_owned(),
                ),
            },
            "DescribeImages" if is_denied => (
                403,
                "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>not authorized</Message></Error></Errors><RequestID>r</RequestID></Response>".to_owned(),
            ),
            "DescribeImages" => (
                200,
                format!(
                    "<DescribeImagesResponse><requestId>r</requestId><imagesSet>{}</imagesSet></DescribeImagesResponse>",
                    self.ami.as_deref().unwrap_or_default()
                ),
            ),
            _ if is_denied => error("AccessDenied", "not authorized", 403),
            "DescribeStackEvents" => self.describe_events(&query),
            "DescribeStacks" => self.describe_stack(&query),
            "ListStacks" => (200, self.list()),
            other => error("InvalidAction", other, 400),
        }
    }

    fn finds(&self, name: &str) -> bool {
        match self.status.as_deref() {
            None => false,
            Some("DELETE_COMPLETE") => name == STACK,
            Some(_) => name == STACK || name == "img",
        }
    }

    fn describe_events(&self, query: &Query) -> (u16, String) {
        let name = &query["StackName"];
        if !self.finds(name) {
            return error(
                "ValidationError",
                &format!("Stack [{name}] does not exist"),
                400,
            );
        }
        let end: usize = match query.get("NextToken") {
            Some(token) => token.trim_end_matches("+/=").parse().unwrap(),
            None => self.events.len(),
        };
        let begin = end.saturating_sub(PAGE);
        let page: String = self.events[begin..end]
            .iter()
            .rev()
            .map(String::as_str)
            .collect();
        let token = match begin {
            0 => String::new(),
            more => format!("<NextToken>{more}+/=</NextToken>"),
        };
        let body = format!(
            "<DescribeStackEventsResponse><DescribeStackEventsResult><StackEvents>{page}</StackEvents>{token}</DescribeStackEventsResult></DescribeStackEventsResponse>"
        );
        (200, body)
    }

    fn describe_stack(&self, query: &Query) -> (u16, String) {
        let name = &query["StackName"];
        if !self.finds(name) {
            let message = format!("Stack with id {name} does not exist");
            return error("ValidationError", &message, 400);
        }
        let status = self.status.as_deref().unwrap_or_default();
        let body = format!(
            "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackId>{STACK}</StackId><StackName>img</StackName>\
             <StackStatus>{status}</StackStatus><Tags><member><Key>parallelcluster:image_id</Key><Value>img</Value></member>\
             <member><Key>parallelcluster:version</Key><Value>3.16.1</Value></member></Tags></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
        );
        (200, body)
    }

    fn list(&self) -> String {
        let own = format!(
            "<member><StackId>{STACK}</StackId><StackName>img</StackName><CreationTime>2026-01-01T10:00:00.000Z</CreationTime></member>"
        );
        let is_deleted = self.status.as_deref() == Some("DELETE_COMPLETE");
        let rows = if is_deleted { own } else { String::new() };
        format!(
            "<ListStacksResponse><ListStacksResult><StackSummaries>{rows}</StackSummaries></ListStacksResult></ListStacksResponse>"
        )
    }
}

fn error(code: &str, message: &str, status: u16) -> (u16, String) {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
    );
    (status, body)
}
