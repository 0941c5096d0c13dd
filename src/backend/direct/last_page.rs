//! The newest page of events, as it was read last. Most polls get the same events again: they are not read twice.
//!
//! Two answers with the same events still differ in the request's id, and may differ in the token of the next page.
//! Therefore the answer is cut behind its events, and what follows them is always read.

use std::hash::BuildHasher;

use foldhash::quality::RandomState;

use crate::backend::EventsPage;
use crate::backend::direct::cloudformation;
use crate::backend::direct::query::ForeignBody;
use crate::domain::stack_event::EventReader;

const END: &[u8] = b"</StackEvents>";
/// An answer without its events begins like this.
const BEGIN: &[u8] = b"<DescribeStackEventsResponse><DescribeStackEventsResult><StackEvents>";

#[derive(Debug, Default)]
pub(super) struct LastPage {
    /// With a seed each, so that no two lists of events are taken for the same one.
    hashers: [RandomState; 2],
    last: Option<(Digest, EventsPage)>,
}

/// The length and the hashes of the part of an answer that has the events.
type Digest = (usize, [u64; 2]);

impl LastPage {
    /// Reads an answer, or takes the events of the last one if this has the same.
    pub(super) fn read(
        &mut self,
        body: &[u8],
        reader: &mut EventReader,
    ) -> Result<EventsPage, ForeignBody> {
        let Some((events, rest)) = cut(body) else {
            return cloudformation::events(body, reader);
        };
        let digest = (
            events.len(),
            self.hashers
                .each_ref()
                .map(|hasher| hasher.hash_one(events)),
        );
        let rest = without_events(rest);
        if let (Some((last, page)), Some(rest)) = (&self.last, &rest)
            && *last == digest
        {
            return Ok(EventsPage {
                events: page.events.clone(),
                next: rest.next.clone(),
            });
        }
        let page = cloudformation::events(body, reader)?;
        // Otherwise the events do not come first, and the rest does not tell the token.
        let is_told = rest.is_some_and(|rest| rest.next == page.next);
        self.last = is_told.then(|| (digest, page.clone()));
        Ok(page)
    }
}

/// Cuts an answer before the end of its events.
fn cut(body: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = body.windows(END.len()).rposition(|part| part == END)?;
    body.split_at_checked(end)
}

/// Reads what follows the events. `None` unless it is the rest of an answer, without further events.
fn without_events(rest: &[u8]) -> Option<EventsPage> {
    let answer = [BEGIN, rest].concat();
    let page = cloudformation::events(&answer, &mut EventReader::default()).ok()?;
    page.events.is_empty().then_some(page)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn answer(ids: &[&str], rest: &str) -> String {
        let event =
            |id: &&str| format!("<member><StackId>s</StackId><EventId>{id}</EventId></member>");
        let events: String = ids.iter().map(event).collect();
        format!(
            "<DescribeStackEventsResponse><DescribeStackEventsResult><StackEvents>{events}</StackEvents>{rest}</DescribeStackEventsResponse>"
        )
    }

    fn rest(token: &str, request: &str) -> String {
        format!(
            "<NextToken>{token}</NextToken></DescribeStackEventsResult><ResponseMetadata><RequestId>{request}</RequestId></ResponseMetadata>"
        )
    }

    fn ids(page: &EventsPage) -> Vec<&str> {
        page.events.iter().map(|it| it.event_id.as_str()).collect()
    }

    #[test]
    fn the_same_events_are_read_once_and_the_token_each_time() {
        let (mut last, mut reader) = (LastPage::default(), EventReader::default());
        let mut read = |body: String| last.read(body.as_bytes(), &mut reader).unwrap();
        let first = read(answer(&["2", "1"], &rest("t", "a")));
        let same = read(answer(&["2", "1"], &rest("u", "b")));
        assert_eq!(ids(&same), ["2", "1"]);
        assert!(Arc::ptr_eq(&first.events[0], &same.events[0]), "read twice");
        assert_eq!(same.next.unwrap().as_str(), "u");
        let end = "</DescribeStackEventsResult>";
        assert!(read(answer(&["2", "1"], end)).next.is_none());
        let more = read(answer(&["3", "2", "1"], &rest("t", "c")));
        assert_eq!(ids(&more), ["3", "2", "1"]);
        assert_eq!(ids(&read(answer(&[], end))), [""; 0]);
        assert_eq!(ids(&read(answer(&["3", "2", "2"], end))), ["3", "2", "2"]);
    }

    /// Whatever an answer looks like, it is read as if it were the first.
    #[test]
    fn an_answer_that_is_cut_elsewhere_is_read_whole() {
        let (mut last, mut reader) = (LastPage::default(), EventReader::default());
        let event = "<member><EventId>9</EventId></member>";
        let end = "</DescribeStackEventsResult>";
        let usual = answer(&["1"], &rest("t", "a"));
        let first = usual.replacen("<StackEvents>", "<NextToken>x</NextToken><StackEvents>", 1);
        let bodies = [
            usual.clone(),
            answer(&["1"], &format!("<StackEvents>{event}</StackEvents>{end}")),
            answer(&["1"], &format!("<StackEvents>{event}</StackEvents >{end}")),
            answer(&["1"], &format!("<!-- </StackEvents> -->{end}")),
            answer(
                &["1"],
                &format!("<!-- </StackEvents> --><StackEvents>{event}</StackEvents >{end}"),
            ),
            answer(&["1"], "</DescribeStackEventsResult"),
            answer(&["1"], ""),
            first.clone(),
            first.replace("<NextToken>t</NextToken>", ""),
            first.replace("NextToken>x", "NextToken>y"),
            usual.replace("</StackEvents>", "</StackEvents >"),
            usual,
            "</StackEvents>".to_owned(),
            String::new(),
        ];
        for body in bodies.iter().chain(bodies.iter().rev()) {
            for _ in 0..2 {
                let read = last.read(body.as_bytes(), &mut reader);
                let fresh = cloudformation::events(body.as_bytes(), &mut EventReader::default());
                let shown = |page: Result<EventsPage, ForeignBody>| {
                    page.map(|page| (ids(&page).join(" "), page.next))
                };
                assert_eq!(shown(read), shown(fresh), "{body}");
            }
        }
    }
}
