//! CloudWatch Logs of the scripted AWS: a token names a line, so what arrives later and is older is not returned by it.

use serde_json::{Value, json};

/// The number of lines of a page.
const PAGE: usize = 1_500;

/// A line of the build log.
#[derive(Clone, Debug)]
pub(crate) struct LogLine {
    /// In milliseconds since 1970.
    pub(crate) written: i64,
    pub(crate) message: String,
}

/// The build log: lines in the order of time and arrival, with the number of their arrival.
#[derive(Default)]
pub(crate) struct BuildLog {
    lines: Vec<(LogLine, i64)>,
    tokens: usize,
}

impl BuildLog {
    pub(crate) fn push(&mut self, line: LogLine) {
        let number = i64::try_from(self.lines.len()).unwrap();
        let place = self
            .lines
            .partition_point(|(other, _)| other.written <= line.written);
        self.lines.insert(place, (line, number));
    }

    /// The answer to a read, or the code of an error. `random` makes empty pages and lets tokens expire.
    pub(super) fn read(
        &mut self,
        action: &str,
        body: &[u8],
        random: Option<&mut fastrand::Rng>,
    ) -> Result<Value, (&'static str, &'static str)> {
        let query: Value = serde_json::from_slice(body).unwrap();
        let is_search = action == "FilterLogEvents";
        let stream = if is_search {
            &query["logStreamNames"][0]
        } else {
            &query["logStreamName"]
        };
        let group = "/aws/imagebuilder/ParallelClusterImage-img";
        if self.lines.is_empty() || query["logGroupName"] != group || stream != "3.16.1/1" {
            return Err((
                "ResourceNotFoundException",
                "The specified log stream does not exist.",
            ));
        }
        let token = query["nextToken"].as_str();
        let (mut is_empty, mut is_expired) = (false, false);
        if let Some(random) = random {
            is_empty = random.u8(..10) == 0;
            is_expired = token.is_some() && random.u8(..20) == 0;
        }
        if is_expired {
            return Err((
                "InvalidParameterException",
                "The specified nextToken is invalid.",
            ));
        }
        let from = query["startTime"].as_i64().unwrap();
        let until = query["endTime"].as_i64().unwrap_or(i64::MAX - 1) + i64::from(is_search);
        let place = token.map(|token| {
            let mut parts = token.split('/').skip(1).map(|part| part.parse().unwrap());
            (parts.next().unwrap(), parts.next().unwrap())
        });
        let key = |(line, number): &(LogLine, i64)| (line.written, *number);
        let own = self
            .lines
            .iter()
            .filter(|one| (from..until).contains(&one.0.written));
        let backward = !is_search && query["startFromHead"] == false;
        let rest: Vec<_> = if backward {
            own.rev()
                .filter(|one| place.is_none_or(|place| key(one) < place))
                .collect()
        } else {
            own.filter(|one| place.is_none_or(|place| key(one) > place))
                .collect()
        };
        let count = if is_empty { 0 } else { PAGE.min(rest.len()) };
        let is_last = count == rest.len();
        let mut page = rest[..count].to_vec();
        if backward {
            page.reverse();
        }
        let events = page.iter().map(|(line, _)| {
            json!({"timestamp": line.written, "message": line.message, "ingestionTime": line.written + 900})
        });
        let events: Vec<_> = events.collect();
        let first = page.first().map(|one| key(one)).or(place);
        let last = page.last().map(|one| key(one)).or(place);
        self.tokens += 1;
        let tokens = self.tokens;
        let new = |direction, place: Option<(i64, i64)>| {
            let (written, number) = place.unwrap_or((i64::MIN, 0));
            format!("{direction}/{written}/{number}/{tokens}")
        };
        if is_search {
            let next = (!is_last).then(|| new('s', last));
            return Ok(json!({"events": events, "nextToken": next}));
        }
        let same = token
            .filter(|_| page.is_empty() && is_last)
            .map(str::to_owned);
        let (forward, behind) = if backward {
            (new('f', last), same.unwrap_or_else(|| new('b', first)))
        } else {
            (same.unwrap_or_else(|| new('f', last)), new('b', first))
        };
        Ok(json!({"events": events, "nextForwardToken": forward, "nextBackwardToken": behind}))
    }
}
