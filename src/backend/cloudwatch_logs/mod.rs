//! The build log in CloudWatch Logs: the bodies of the requests, and the lines of the responses. The client of
//! [`crate::backend::direct`] signs and sends them.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use crate::backend::{LogBatch, LogRead, LogRequest, NextToken};
use crate::domain::log_line::LogLine;
use crate::text::safe::SafeText;

/// The most lines that the service returns at once.
const LIMIT: u32 = 10_000;

/// The body of the request.
pub(crate) fn body(request: &LogRequest) -> String {
    let mut body = json!({
        "logGroupName": request.path.group,
        "startTime": request.from.timestamp_millis(),
        "limit": LIMIT,
    });
    if request.read == LogRead::Search {
        body["logStreamNames"] = json!([request.path.stream]);
    } else {
        body["logStreamName"] = request.path.stream.as_str().into();
        body["startFromHead"] = (request.read == LogRead::Forward).into();
    }
    if let Some(until) = request.until {
        // The end is inclusive for a search only.
        let beyond = i64::from(request.read != LogRead::Search);
        let end = until.timestamp_millis().saturating_add(beyond);
        body["endTime"] = end.into();
    }
    if let Some(token) = &request.token {
        body["nextToken"] = token.as_str().into();
    }
    body.to_string()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    events: Vec<Row>,
    next_forward_token: Option<String>,
    next_backward_token: Option<String>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    timestamp: i64,
    #[serde(default)]
    message: String,
    ingestion_time: Option<i64>,
}

/// Reads the answer to a request; `None` where it is not the service's.
pub(crate) fn batch(request: &LogRequest, body: &[u8]) -> Option<LogBatch> {
    let answer: Answer = serde_json::from_slice(body).ok()?;
    let stream = SafeText::new(&request.path.stream);
    let lines = answer.events.into_iter().filter_map(|row| {
        Some(LogLine {
            timestamp: time(row.timestamp)?,
            ingested_at: row.ingestion_time.and_then(time),
            message: LogLine::text(&row.message),
            stream: stream.clone(),
            late: false,
            again: false,
        })
    });
    let mut lines: Vec<_> = lines.collect();
    // Stable: lines of one time stay in the service's order.
    lines.sort_by_key(|line| line.timestamp);
    let token = |token: Option<String>| {
        let token = token.filter(|token| !token.is_empty());
        token.map(NextToken::new)
    };
    let forward = token(answer.next_forward_token);
    let backward = token(answer.next_backward_token);
    let (next, opposite) = match request.read {
        LogRead::Forward => (forward, backward),
        LogRead::Backward => (backward, forward),
        LogRead::Search => (token(answer.next_token), None),
    };
    Some(LogBatch {
        lines,
        next,
        opposite,
    })
}

fn time(millis: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(millis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::LogPath;

    fn request(read: LogRead) -> LogRequest {
        LogRequest {
            path: LogPath {
                group: "/aws/imagebuilder/ParallelClusterImage-Img".to_owned(),
                stream: "3.16.1/1".to_owned(),
            },
            read,
            from: DateTime::from_timestamp_millis(1_000).unwrap(),
            until: DateTime::from_timestamp_millis(2_000),
            token: Some(NextToken::new("f/1")),
        }
    }

    #[test]
    fn each_read_has_its_own_parameters() {
        for (read, expected) in [
            (
                LogRead::Forward,
                r#"{"endTime":2001,"limit":10000,"logGroupName":"/aws/imagebuilder/ParallelClusterImage-Img","logStreamName":"3.16.1/1","nextToken":"f/1","startFromHead":true,"startTime":1000}"#,
            ),
            (
                LogRead::Backward,
                r#"{"endTime":2001,"limit":10000,"logGroupName":"/aws/imagebuilder/ParallelClusterImage-Img","logStreamName":"3.16.1/1","nextToken":"f/1","startFromHead":false,"startTime":1000}"#,
            ),
            (
                LogRead::Search,
                r#"{"endTime":2000,"limit":10000,"logGroupName":"/aws/imagebuilder/ParallelClusterImage-Img","logStreamNames":["3.16.1/1"],"nextToken":"f/1","startTime":1000}"#,
            ),
        ] {
            let fields = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
            assert_eq!(fields(&body(&request(read))), fields(expected));
        }
    }

    #[test]
    fn lines_come_in_time_order_with_the_tokens_of_both_directions() {
        let answer = r#"{"events":[{"timestamp":7,"message":"b\n","ingestionTime":9},{"timestamp":5,"message":"a"}],
            "nextForwardToken":"f","nextBackwardToken":"b"}"#;
        let batch = batch(&request(LogRead::Backward), answer.as_bytes()).unwrap();
        let texts: Vec<_> = batch
            .lines
            .iter()
            .map(|line| line.message.as_str())
            .collect();
        assert_eq!(texts, ["a", "b"]);
        assert_eq!(batch.next, Some(NextToken::new("b")));
        assert_eq!(batch.opposite, Some(NextToken::new("f")));
        for other in ["{}", "[]", "<html>", r#"{"events":[{"#] {
            assert!(super::batch(&request(LogRead::Forward), other.as_bytes()).is_none());
        }
    }
}
