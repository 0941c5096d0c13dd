//! A list that is read page by page, again and again: its next page, how many pages are read, and what a failure between
//! them means. Until all of them are read, what the pages of the time before had is still known: a row does not vanish
//! while the list is read.

use crate::backend::NextToken;
use crate::domain::fault::{Fault, FaultKind};
use crate::text::safe::SafeText;

/// The pages that are read at most: a busy account has many stacks, and a service may name a next page for ever.
const LONGEST_LIST: usize = 50;

/// The rows of a page, and the token of the next one.
pub(crate) type Page<T> = (Vec<T>, Option<NextToken>);

/// A page to request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PageRequest {
    First,
    Next(NextToken),
}

impl PageRequest {
    pub(crate) fn token(&self) -> Option<&NextToken> {
        match self {
            Self::First => None,
            Self::Next(token) => Some(token),
        }
    }
}

/// The reason why there is no page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PageError {
    /// The service rejected the page token: it has expired.
    TokenRejected(Fault),
    Fault(Fault),
}

#[derive(Debug)]
pub(crate) struct Pages<T> {
    now: Vec<T>,
    before: Vec<T>,
    /// `None` where there is nothing more to read.
    next: Option<PageRequest>,
    /// The number of pages that were read.
    read: usize,
    /// Whether a token was rejected since the list began.
    has_restarted: bool,
}

impl<T> Default for Pages<T> {
    fn default() -> Self {
        Self {
            now: Vec::new(),
            before: Vec::new(),
            next: None,
            read: 0,
            has_restarted: false,
        }
    }
}

impl<T: PartialEq> Pages<T> {
    /// Begins with the first page. What was read of an unfinished list counts as known.
    pub(crate) fn begin(&mut self) {
        self.restart();
        self.has_restarted = false;
    }

    fn restart(&mut self) {
        let now = std::mem::take(&mut self.now);
        self.before.retain(|known| !now.contains(known));
        self.before.splice(0..0, now);
        self.next = Some(PageRequest::First);
        self.read = 0;
    }

    /// The next page to request. `None` where there is nothing more to read.
    pub(crate) fn next(&self) -> Option<&PageRequest> {
        self.next.as_ref()
    }

    /// Takes the answer to the request for the next page. A page that may come later is requested again. After a rejected
    /// token the list begins again, once. Any other failure ends it, and what was known stays known.
    pub(crate) fn take(&mut self, answer: Result<Page<T>, PageError>) -> Result<(), Fault> {
        match answer {
            Ok((rows, next)) => self.add(rows, next),
            Err(PageError::TokenRejected(fault)) => {
                if self.has_restarted {
                    self.next = None;
                } else {
                    self.restart();
                    self.has_restarted = true;
                }
                Err(fault)
            }
            Err(PageError::Fault(fault)) => {
                if !fault.kind.may_pass() {
                    self.next = None;
                }
                Err(fault)
            }
        }
    }

    /// Adds a page. An error if the list goes on behind the last one that is read.
    fn add(&mut self, rows: Vec<T>, next: Option<NextToken>) -> Result<(), Fault> {
        self.now.extend(rows);
        self.read += 1;
        let is_cut = next.is_some() && self.read >= LONGEST_LIST;
        self.next = next.filter(|_| !is_cut).map(PageRequest::Next);
        if self.next.is_none() {
            self.before = std::mem::take(&mut self.now);
        }
        if is_cut { Err(too_long()) } else { Ok(()) }
    }

    /// What is known, the newest knowledge first: a row may occur twice.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.now.iter().chain(&self.before)
    }
}

fn too_long() -> Fault {
    let message =
        format!("failed to list your images: the list has more than {LONGEST_LIST} pages");
    Fault {
        kind: FaultKind::Misconfigured,
        message: SafeText::new(&message),
        hint: Some(SafeText::new(
            "watch a build that is missing by its image id",
        )),
        request_id: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(pages: &Pages<u8>) -> Vec<u8> {
        pages.iter().copied().collect()
    }

    fn page(rows: &[u8], next: Option<&str>) -> Page<u8> {
        (rows.to_vec(), next.map(NextToken::new))
    }

    /// The token of the next page; `-` for the first one.
    fn next(pages: &Pages<u8>) -> Option<&str> {
        let next = pages.next()?;
        Some(next.token().map_or("-", NextToken::as_str))
    }

    #[test]
    fn a_row_is_known_until_a_whole_list_is_without_it() {
        let mut pages = Pages::default();
        assert_eq!(next(&pages), None);
        pages.begin();
        assert_eq!(next(&pages), Some("-"));
        pages.take(Ok(page(&[1], Some("a")))).unwrap();
        assert_eq!(next(&pages), Some("a"));
        pages.take(Ok(page(&[2], None))).unwrap();
        assert_eq!(next(&pages), None);
        pages.begin();
        pages.take(Ok(page(&[3], Some("a")))).unwrap();
        assert_eq!(known(&pages), [3, 1, 2]);
        pages.begin();
        assert_eq!(known(&pages), [3, 1, 2], "an unfinished list loses nothing");
        pages.take(Ok(page(&[3], None))).unwrap();
        assert_eq!(known(&pages), [3]);
    }

    #[test]
    fn a_page_that_may_come_later_is_requested_again_and_any_other_failure_ends_the_list() {
        for (kind, expected) in [
            (FaultKind::Throttled, Some("a")),
            (FaultKind::Transient, Some("a")),
            (FaultKind::Malformed, Some("a")),
            (FaultKind::Expired, None),
            (FaultKind::Denied, None),
            (FaultKind::Misconfigured, None),
        ] {
            let mut pages = Pages::default();
            pages.begin();
            pages.take(Ok(page(&[1], Some("a")))).unwrap();
            let failed = pages.take(Err(PageError::Fault(Fault::of_test(kind))));
            assert_eq!(failed.unwrap_err().kind, kind);
            assert_eq!(next(&pages), expected, "{kind:?}");
            assert_eq!(known(&pages), [1], "{kind:?}");
        }
    }

    #[test]
    fn after_a_rejected_token_the_list_begins_again_once() {
        let rejected = || {
            Err(PageError::TokenRejected(Fault::of_test(
                FaultKind::Transient,
            )))
        };
        let mut pages = Pages::default();
        for _ in 0..2 {
            pages.begin();
            pages.take(Ok(page(&[1], Some("a")))).unwrap();
            pages.take(rejected()).unwrap_err();
            assert_eq!(next(&pages), Some("-"), "the token is not used again");
            assert_eq!(known(&pages), [1]);
            pages.take(Ok(page(&[1], Some("b")))).unwrap();
            pages.take(rejected()).unwrap_err();
            assert_eq!(next(&pages), None, "it would never end");
        }
    }

    #[test]
    fn a_list_without_an_end_is_read_up_to_a_limit_and_says_so() {
        for is_endless in [true, false] {
            let mut pages = Pages::default();
            for _again in 0..2 {
                pages.begin();
                for read in 1..=LONGEST_LIST {
                    assert!(pages.next().is_some(), "after {read} pages");
                    let next = (is_endless || read < LONGEST_LIST).then_some("a");
                    let result = pages.take(Ok(page(&[1], next)));
                    let is_cut = result.is_err_and(|fault| {
                        assert!(!fault.kind.may_pass(), "it would be tried again");
                        fault.to_string().contains("more than 50 pages")
                    });
                    assert_eq!(is_cut, is_endless && read == LONGEST_LIST);
                }
                assert_eq!((next(&pages), known(&pages)), (None, vec![1; LONGEST_LIST]));
            }
        }
    }
}
