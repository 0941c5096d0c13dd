//! A line of text input: the text to search for, or to filter the list by. `update::find` edits it and applies its
//! pattern; `view::overlays::prompt` draws it in the place of the hints.

use std::fmt;

use unicode_segmentation::UnicodeSegmentation;

use crate::app::overlays::Overlay;
use crate::app::views::Tab;
use crate::text::pattern::Pattern;

/// The maximum length in bytes: more than anyone types, less than is slow to search for.
const LONGEST: usize = 512;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromptPurpose {
    /// To search the list.
    SearchList,
    /// To list only the events that contain it.
    FilterText,
    /// To list only the lines of the log that contain it.
    FilterLog,
    /// To search the detail, or the explanation of a failure.
    SearchPage,
    /// To enter an MFA code, which is not shown.
    Code,
}

#[derive(Clone)]
pub struct Prompt {
    pub purpose: PromptPurpose,
    /// The text before the cursor.
    pub before: String,
    /// The text after the cursor.
    pub after: String,
    pub is_regex: bool,
    /// The parsed text: `None` if it is empty, an error if it is not a regular expression.
    pub pattern: Result<Option<Pattern>, String>,
    /// The pattern from before the line was opened; cancelling restores it.
    pub(crate) original: Option<Pattern>,
    /// The view that opening the line has left; cancelling returns to it.
    pub(crate) opened_from: Option<Tab>,
    /// What was open before, and is open again afterwards: the picker that needs a code.
    pub(crate) beneath: Option<Box<Overlay>>,
}

impl Prompt {
    /// The number of digits of an MFA code.
    pub(crate) const CODE_LENGTH: usize = 6;

    /// Opens the line with the current pattern.
    pub fn new(purpose: PromptPurpose, current: Option<&Pattern>, keep_text: bool) -> Self {
        let text = current.filter(|_| keep_text).map_or("", Pattern::text);
        Self {
            purpose,
            before: text.to_owned(),
            after: String::new(),
            is_regex: current.is_some_and(Pattern::is_regex),
            pattern: Ok(current.filter(|_| keep_text).cloned()),
            original: current.cloned(),
            opened_from: None,
            beneath: None,
        }
    }

    pub fn text(&self) -> String {
        format!("{}{}", self.before, self.after)
    }

    /// Parses the text again, after an edit.
    pub fn parse_pattern(&mut self) {
        let text = self.text();
        self.pattern = if text.is_empty() {
            Ok(None)
        } else {
            Pattern::new(&text, self.is_regex).map(Some)
        };
    }

    pub fn push(&mut self, character: char) {
        let (allowed, longest) = match self.purpose {
            PromptPurpose::Code => (character.is_ascii_digit(), Self::CODE_LENGTH),
            _ => (!character.is_control(), LONGEST),
        };
        if allowed && self.before.len() + self.after.len() < longest {
            self.before.push(character);
        }
    }

    /// Types text as one line.
    pub fn paste(&mut self, text: &str) {
        let lines = text
            .split(['\r', '\n', '\t'])
            .filter(|line| !line.is_empty());
        let line = lines.collect::<Vec<_>>().join(" ");
        line.chars().for_each(|character| self.push(character));
    }

    /// Removes the character before the cursor. False if the line is empty.
    pub fn backspace(&mut self) -> bool {
        let is_empty = self.before.is_empty() && self.after.is_empty();
        let start = last_start(&self.before);
        self.before.truncate(start);
        !is_empty
    }

    /// Removes the character after the cursor.
    pub fn delete(&mut self) {
        let end = self.after.graphemes(true).next().map_or(0, str::len);
        self.after.drain(..end);
    }

    /// Removes the word before the cursor.
    pub fn delete_word(&mut self) {
        let trimmed = self.before.trim_end();
        let start = trimmed
            .rfind(char::is_whitespace)
            .map_or(0, |space| space + 1);
        self.before.truncate(self.before.ceil_char_boundary(start));
    }

    /// Removes everything before the cursor.
    pub fn clear(&mut self) {
        self.before.clear();
    }

    pub fn left(&mut self) {
        let start = last_start(&self.before);
        let moved = self.before.split_off(start);
        self.after.insert_str(0, &moved);
    }

    pub fn right(&mut self) {
        let end = self.after.graphemes(true).next().map_or(0, str::len);
        self.before.extend(self.after.drain(..end));
    }

    pub fn home(&mut self) {
        let before = std::mem::take(&mut self.before);
        self.after.insert_str(0, &before);
    }

    pub fn end(&mut self) {
        let after = std::mem::take(&mut self.after);
        self.before.push_str(&after);
    }
}

/// Without the text, which may be a code.
impl fmt::Debug for Prompt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Prompt")
            .field("purpose", &self.purpose)
            .finish_non_exhaustive()
    }
}

/// The start of the last grapheme.
fn last_start(text: &str) -> usize {
    text.grapheme_indices(true)
        .next_back()
        .map_or(0, |(start, _)| start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Prompt {
        let mut prompt = Prompt::new(PromptPurpose::SearchList, None, false);
        text.chars().for_each(|character| prompt.push(character));
        prompt
    }

    #[test]
    fn the_prompt_is_edited_by_graphemes() {
        let mut prompt = typed("ae\u{301}日");
        prompt.left();
        assert!(prompt.backspace());
        assert_eq!((prompt.before.as_str(), prompt.after.as_str()), ("a", "日"));
        prompt.home();
        prompt.delete();
        assert_eq!(prompt.text(), "日");
        prompt.end();
        assert!(prompt.backspace());
        assert!(!prompt.backspace());
    }

    #[test]
    fn a_word_is_removed_with_the_space_after_it() {
        let mut prompt = typed("one two  ");
        prompt.delete_word();
        assert_eq!(prompt.text(), "one ");
        prompt.delete_word();
        assert_eq!(prompt.text(), "");
    }

    #[test]
    fn a_paste_is_typed_as_one_line_up_to_the_limit() {
        let mut prompt = typed("(");
        prompt.paste("Instance\r\nRole\tquick\n");
        assert_eq!(prompt.text(), "(Instance Role quick");
        prompt.paste(&"é".repeat(LONGEST));
        assert!(prompt.text().len() <= LONGEST + 1);
    }

    #[test]
    fn control_characters_are_not_typed() {
        assert_eq!(typed("a\u{1b}[b\n").text(), "a[b");
    }
}
