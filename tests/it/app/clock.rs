//! The screen while the machine's clock is wrong or is set.

use bakewatch::testing::app::{Effect, Msg, PollRequest, Remark};
use chrono::{Offset, TimeDelta, Utc};

use crate::support::builds;
use crate::support::frame::{COLOUR, draw, lines};

#[test]
fn a_wrong_clock_is_shown_until_it_is_right() {
    for (seconds, word) in [(599, "10 min slow"), (-7200, "120 min fast")] {
        let mut story = builds::building(80, 24);
        story.machine_is_behind(seconds);
        let notice = format!("this machine's clock is {word}; times are shown by the API's clock");
        let frame = lines(&draw(&story.model, &COLOUR)).join("\n");
        assert!(frame.contains(&notice), "{frame}");
        let mut right = builds::building(80, 24);
        right.machine_is_behind(seconds);
        let other = Remark::lasting("another remark");
        right.msg(Msg::Remark(other.clone()));
        right.machine_is_behind(0);
        assert_eq!(right.model.remark(), Some(&other));
    }
}

#[test]
fn only_the_machines_time_is_corrected() {
    for seconds in [599, -7200] {
        let mut story = builds::building(80, 24);
        let off = TimeDelta::seconds(seconds);
        let shown = story.model.now;
        story.machine_is_behind(seconds);
        for (now, is_machine_time) in [(shown - off, true), (shown, false)] {
            story.msg(Msg::Tick {
                now,
                is_machine_time,
                offset: Utc.fix(),
                elapsed: story.elapsed(),
                running: story.elapsed(),
                slept: false,
            });
            assert_eq!(story.model.now, shown, "{seconds}, {is_machine_time}");
        }
    }
}

#[test]
fn changing_the_clock_makes_no_time_negative_and_blocks_no_key() {
    for set in [-86_400, -3_600, 3_600, 86_400] {
        let mut story = builds::building(80, 24);
        story.keys("r").effects.clear();
        story.set_clock(set).keys("r");
        assert!(
            story
                .effects
                .iter()
                .any(|effect| matches!(effect, Effect::Poll(_, PollRequest::Now))),
            "{set}: nothing is asked"
        );
        let frame = lines(&draw(&story.model, &COLOUR)).join("\n");
        let negative = frame.split([' ', '(']).find(|word| {
            let number = word.strip_prefix('-');
            number.is_some_and(|rest| rest.starts_with(|digit: char| digit.is_ascii_digit()))
        });
        assert_eq!(negative, None, "{set}:\n{frame}");
        story.keys("23");
        draw(&story.model, &COLOUR);
    }
}
