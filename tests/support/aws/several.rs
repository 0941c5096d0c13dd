//! One scripted AWS with several images, each an [`Aws`] of its own: a request goes to the image that it names.

use std::collections::HashMap;
use std::io::BufReader;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use percent_encoding::percent_decode_str;

use crate::support::program::Program;

use super::{Account, Answer, Aws, environment, read_request, write};

type Accounts = Vec<(&'static str, Arc<(Mutex<Account>, Condvar)>)>;

pub(crate) struct Several {
    images: Vec<(&'static str, Aws)>,
    url: String,
}

impl Several {
    /// No id may be a part of another one.
    pub(crate) fn start(ids: &[&'static str]) -> Self {
        let images: Vec<_> = ids.iter().map(|id| (*id, Aws::start())).collect();
        for (id, aws) in &images {
            aws.account().name = Some((*id).to_owned());
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let accounts = images
            .iter()
            .map(|(id, aws)| (*id, Arc::clone(&aws.account)));
        let accounts: Arc<Accounts> = Arc::new(accounts.collect());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let accounts = Arc::clone(&accounts);
                thread::spawn(move || serve(stream, &accounts));
            }
        });
        Self { images, url }
    }

    pub(crate) fn of(&mut self, id: &str) -> &mut Aws {
        let mut images = self.images.iter_mut();
        &mut images.find(|(one, _)| *one == id).expect("an image").1
    }

    pub(crate) fn environment(&self) -> [(&'static str, &str); 5] {
        environment(&self.url)
    }

    /// Runs the program with this account.
    pub(crate) fn run(&self, arguments: &[&str]) -> Program {
        Program::start_with(arguments, &self.environment())
    }

    /// Watches images of this account.
    pub(crate) fn watch(&self, arguments: &[&str]) -> Program {
        let mut all = vec!["watch", "--interval", "200ms"];
        all.extend(arguments);
        Program::start_with(&all, &environment(&self.url))
    }
}

/// A list is of all images: their rows, in the answer of the first one.
fn list(accounts: &Accounts, line: &str, headers: &HashMap<String, String>, body: &[u8]) -> Answer {
    let mut all: Option<String> = None;
    for (_, account) in accounts {
        let (account, called) = &**account;
        let answer = account.lock().unwrap().respond(line, headers, body);
        called.notify_all();
        let Answer::Body(200, text) = answer else {
            return answer;
        };
        let ends = ["</StackSummaries>", "</imagesSet>"];
        let end = ends.into_iter().find_map(|end| text.find(end));
        match (&mut all, end) {
            (None, _) => all = Some(text),
            (Some(all), Some(end)) => {
                let begin = text.find("<member>").or_else(|| text.find("<item>"));
                let rows = begin
                    .and_then(|begin| text.get(begin..end))
                    .unwrap_or_default();
                let at = ends.into_iter().find_map(|end| all.find(end)).unwrap();
                all.insert_str(at, rows);
            }
            (Some(_), None) => {}
        }
    }
    Answer::Body(200, all.unwrap_or_default())
}

fn serve(stream: TcpStream, accounts: &Accounts) {
    let mut writer = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    while let Some((line, headers, body)) = read_request(&mut reader) {
        let target = percent_decode_str(&line).decode_utf8_lossy();
        let text = format!("{target} {}", String::from_utf8_lossy(&body));
        let named = accounts.iter().find(|(id, _)| text.contains(id));
        let answer = match named {
            Some((_, account)) => {
                let (account, called) = &**account;
                let answer = account.lock().unwrap().respond(&line, &headers, &body);
                called.notify_all();
                answer
            }
            None => list(accounts, &line, &headers, &body),
        };
        if !write(&mut writer, answer, "") {
            return;
        }
    }
}
