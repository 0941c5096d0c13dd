//! Replaces the `${…}` of the scenarios' data.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use crate::demo::identifier::uuid;
use crate::demo::scenario::ScenarioError;

/// The documents of `${file:NAME}`.
const FILES: [(&str, &str); 2] = [
    (
        "build-component.yaml",
        include_str!("../../../assets/scenarios/build-component.yaml"),
    ),
    (
        "tag-component.yaml",
        include_str!("../../../assets/scenarios/tag-component.yaml"),
    ),
];

/// The values of the names in the data, for one stack.
#[derive(Debug)]
pub(crate) struct Filler {
    values: HashMap<String, String>,
    stack: String,
}

impl Filler {
    /// A filler for the stack with this UUID.
    pub(crate) fn new(stack: String) -> Self {
        Self {
            values: HashMap::from([("stack".to_owned(), stack.clone())]),
            stack,
        }
    }

    /// Gives a name its value.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.values.insert(name.to_owned(), value.to_owned());
    }

    /// The text with every `${…}` replaced. The value is not filled in turn: a document may hold `${…}` of its own.
    pub(crate) fn fill(&self, text: &str) -> Result<String, ScenarioError> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, behind) = after
                .split_once('}')
                .ok_or_else(|| ScenarioError::Placeholder(after.to_owned()))?;
            filled.push_str(before);
            filled.push_str(&self.value(name)?);
            rest = behind;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    /// The same names, each with its value filled in.
    pub(crate) fn fill_all(
        &self,
        values: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, ScenarioError> {
        let filled = values.iter();
        let filled = filled.map(|(name, value)| Ok((name.clone(), self.fill(value)?)));
        filled.collect()
    }

    /// The object with every text in it filled in.
    pub(crate) fn fill_object(&self, object: &Map<String, Value>) -> Result<Value, ScenarioError> {
        let members = object.iter();
        let members = members.map(|(name, value)| Ok((self.fill(name)?, self.fill_json(value)?)));
        members.collect::<Result<_, _>>().map(Value::Object)
    }

    fn fill_json(&self, value: &Value) -> Result<Value, ScenarioError> {
        match value {
            Value::Object(object) => self.fill_object(object),
            Value::Array(items) => {
                let items = items.iter().map(|item| self.fill_json(item));
                items.collect::<Result<_, _>>().map(Value::Array)
            }
            Value::String(text) => self.fill(text).map(Value::String),
            // CloudFormation sends every scalar as a string.
            scalar => Ok(Value::String(scalar.to_string())),
        }
    }

    fn value(&self, name: &str) -> Result<String, ScenarioError> {
        let value = match name.split_once(':') {
            Some(("uuid", label)) => Some(uuid(&format!("{} {label}", self.stack))),
            Some(("file", file)) => FILES
                .iter()
                .find(|(known, _)| *known == file)
                .map(|(_, text)| (*text).to_owned()),
            Some(_) => None,
            None => self.values.get(name).cloned(),
        };
        value.ok_or_else(|| ScenarioError::Placeholder(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_uuids_are_filled_in_and_a_document_is_left_as_it_is() {
        let mut filler = Filler::new("0-1".to_owned());
        filler.set("image", "alinux2-image");
        assert_eq!(
            filler.fill("<${image}|${stack}>").unwrap(),
            "<alinux2-image|0-1>"
        );
        assert_eq!(
            filler.fill("${uuid:a}").unwrap(),
            filler.fill("${uuid:a}").unwrap()
        );
        assert_ne!(
            filler.fill("${uuid:a}").unwrap(),
            filler.fill("${uuid:b}").unwrap()
        );
        assert!(
            filler
                .fill("${file:build-component.yaml}")
                .unwrap()
                .contains("${ID}")
        );
    }

    #[test]
    fn an_unknown_name_is_an_error_that_quotes_it() {
        let error = Filler::new(String::new())
            .fill("a ${unknown} b")
            .unwrap_err();
        assert_eq!(error.to_string(), "unknown placeholder ${unknown}");
    }
}
