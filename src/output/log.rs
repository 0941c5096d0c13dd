//! The lines of `bakewatch log`, as text or JSON; docs/scripting.md describes the fields.

use serde::Serialize;

use crate::domain::log::place::LinePlace;
use crate::domain::log_line::LogLine;
use crate::domain::stack_event::format_time;
use crate::text::safe::{SafeText, escape_json, one_line};

/// A line, and the step that it is of.
pub(crate) struct PrintedLine<'a> {
    pub line: &'a LogLine,
    pub place: &'a LinePlace,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fields<'a> {
    kind: &'static str,
    image_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
    timestamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ingested_at: Option<String>,
    message: &'a str,
    stream: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    component: Option<&'a str>,
    late: bool,
}

/// Formats the lines of one build's log.
pub(crate) struct LogPrinter {
    json: bool,
    image_id: SafeText,
    region: Option<SafeText>,
}

impl LogPrinter {
    pub(crate) fn new(json: bool, image_id: &str, region: Option<SafeText>) -> Self {
        Self {
            json,
            image_id: SafeText::new(image_id),
            region,
        }
    }

    pub(crate) fn line(&self, PrintedLine { line, place }: &PrintedLine<'_>) -> String {
        let time = format_time(line.timestamp);
        if !self.json {
            let late = if line.late { "(late) " } else { "" };
            return format!("{time} {late}{}", one_line(line.message.as_str()));
        }
        let text = SafeText::as_str;
        let fields = Fields {
            kind: "log",
            image_id: self.image_id.as_str(),
            region: self.region.as_ref().map(text),
            timestamp: time,
            ingested_at: line.ingested_at.map(format_time),
            message: line.message.as_str(),
            stream: line.stream.as_str(),
            step: place
                .component_step
                .as_ref()
                .or(place.step.as_ref())
                .map(text),
            component: place.component.as_ref().map(text),
            late: line.late,
        };
        escape_json(&serde_json::to_string(&fields).unwrap_or_default())
    }
}
