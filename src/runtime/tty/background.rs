//! Asks the terminal for its background colour, so that the theme `auto` can be dark or light. The first frame does not
//! wait for the answer.

use std::time::Duration;

use tokio::time::Instant;

use crate::config::{self, ByBackground};
use crate::style::Theme;

/// The background colour (OSC 11), and the attributes (DA1): every terminal answers that, in the order of the questions,
/// so after it no other answer comes.
const QUESTION: &str = "\x1b]11;?\x1b\\\x1b[c";
/// An answer that comes later changes nothing: the user reads by then.
const LIMIT: Duration = Duration::from_secs(1);
/// The longest delay of the exit by an answer, which would else be typed into the shell.
const EXIT_LIMIT: Duration = Duration::from_millis(40);

/// The question and the themes to choose from.
#[derive(Debug)]
pub(crate) struct Background {
    themes: Option<Box<ByBackground>>,
    asked: Option<Instant>,
    is_pending: bool,
}

impl Background {
    pub(crate) const fn new(themes: Option<Box<ByBackground>>) -> Self {
        let (asked, is_pending) = (None, false);
        Self {
            themes,
            asked,
            is_pending,
        }
    }

    /// The sequences that ask, if the answer matters.
    pub(crate) fn ask(&mut self) -> &'static str {
        if self.themes.is_none() {
            return "";
        }
        self.asked = Some(Instant::now());
        self.is_pending = true;
        QUESTION
    }

    /// The theme for the background that the terminal has told.
    pub(crate) fn theme(&mut self, [red, green, blue]: [u8; 3]) -> Option<Theme> {
        let asked = self.asked?;
        let themes = self.themes.take().filter(|_| asked.elapsed() <= LIMIT)?;
        // How bright the parts look (ITU-R BT.709), in ten-thousandths.
        let brightness = 2126 * u32::from(red) + 7152 * u32::from(green) + 722 * u32::from(blue);
        let is_light = brightness > 10_000 * 255 / 2;
        themes.theme(if is_light {
            config::Background::Light
        } else {
            config::Background::Dark
        })
    }

    /// The terminal has answered everything.
    pub(crate) fn answered(&mut self) {
        self.is_pending = false;
    }

    /// Until when the exit waits for the answer, if one may still come.
    pub(crate) fn exit_deadline(&self) -> Option<Instant> {
        let latest = self.asked? + LIMIT;
        let now = Instant::now();
        (self.is_pending && now < latest).then(|| latest.min(now + EXIT_LIMIT))
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;
    use crate::config::Environment;
    use crate::style::{Depth, Glyphs};

    fn themes() -> Box<ByBackground> {
        let (depth, glyphs) = (Depth::True, Glyphs::Unicode);
        Box::new(ByBackground::new(
            &Environment::default(),
            depth,
            glyphs,
            false,
        ))
    }

    #[tokio::test(start_paused = true)]
    async fn the_theme_follows_an_answer_in_time() {
        let of = |background| themes().theme(background).unwrap().good();
        let dark = of(config::Background::Dark);
        let light = of(config::Background::Light);
        assert_ne!(dark, light);
        for (colour, good) in [
            ([0, 0, 0], dark),
            ([0x1e, 0x1e, 0x2e], dark),
            ([0, 0, 255], dark),
            ([255, 255, 255], light),
            ([0xfd, 0xf6, 0xe3], light),
        ] {
            let mut background = Background::new(Some(themes()));
            assert!(background.ask().contains("]11;?"));
            advance(Duration::from_millis(900)).await;
            let theme = background.theme(colour).unwrap();
            assert_eq!(theme.good(), good, "{colour:?}");
            assert!(background.theme(colour).is_none(), "it is told once");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_answer_or_one_to_no_question_changes_nothing() {
        let mut background = Background::new(Some(themes()));
        assert!(background.theme([0; 3]).is_none(), "nobody has asked");
        background.ask();
        advance(Duration::from_millis(1100)).await;
        assert!(background.theme([0; 3]).is_none());
        let mut fixed = Background::new(None);
        assert_eq!(fixed.ask(), "");
        assert!(fixed.theme([0; 3]).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn the_exit_waits_a_moment_for_an_answer_that_may_come() {
        let mut background = Background::new(Some(themes()));
        assert_eq!(background.exit_deadline(), None);
        background.ask();
        let soon = Instant::now() + EXIT_LIMIT;
        assert_eq!(background.exit_deadline(), Some(soon));
        background.answered();
        assert_eq!(background.exit_deadline(), None);
        background.ask();
        advance(LIMIT).await;
        assert_eq!(background.exit_deadline(), None);
    }
}
