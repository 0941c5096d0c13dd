//! The mouse: a click acts on the item under it, and every click has a key.

use crate::support::builds;
use crate::support::frame::{COLOUR, draw, lines};
use crate::support::story::Story;
use bakewatch::testing::app::{
    BarTarget, Effect, Focus, Key, MouseAction, MouseKind, Msg, Tab, bar_items, bar_target_at,
    update,
};
use bakewatch::testing::domain::{ClassSet, StatusClass};

fn act(story: &mut Story, kind: MouseKind, (column, row): (u16, u16)) {
    story.msg(Msg::Mouse(MouseAction { kind, column, row }));
}

/// Where a text is on the screen.
fn place(story: &Story, text: &str) -> (u16, u16) {
    let lines = lines(&draw(&story.model, &COLOUR));
    let found = lines.iter().enumerate().find_map(|(row, line)| {
        let column = line.find(text)?;
        Some((line.get(..column)?.chars().count(), row))
    });
    let (column, row) = found.unwrap_or_else(|| panic!("{text} is not on\n{}", lines.join("\n")));
    (u16::try_from(column).unwrap(), u16::try_from(row).unwrap())
}

fn click(story: &mut Story, text: &str) {
    let at = place(story, text);
    act(story, MouseKind::Click, at);
}

#[test]
fn tabs_and_chips_can_be_clicked() {
    let mut story = builds::failed(120, 40);
    click(&mut story, "Resources 13");
    assert_eq!(story.model.shown.tab, Tab::Resources);
    click(&mut story, "3 Failure");
    assert_eq!(story.model.shown.tab, Tab::Failure);
    click(&mut story, "1 Events");
    click(&mut story, "2 failed");
    assert_eq!(
        story.model.shown.filter.classes,
        ClassSet::only(StatusClass::Failed)
    );
    click(&mut story, "2 failed");
    assert_eq!(story.model.shown.filter.classes, ClassSet::ALL);
}

#[test]
fn a_click_on_the_bar_hits_the_drawn_item() {
    for width in [20, 40, 60, 80, 120, 200] {
        let story = builds::failed(width, 24);
        for item in bar_items(&story.model, usize::from(width)) {
            let columns = item.column..item.column + item.width();
            for column in columns.clone() {
                assert_eq!(
                    bar_target_at(&story.model, usize::from(width), column),
                    Some(item.target)
                );
            }
            if let BarTarget::Tab(tab) = item.target
                && item.text.len() > 3
            {
                let (column, _) = place(&story, item.text.trim());
                assert!(columns.contains(&usize::from(column)), "{width}: {tab:?}");
            }
        }
    }
}

#[test]
fn a_click_selects_a_row() {
    let mut story = builds::failed(120, 40);
    click(&mut story, "InstanceProfile");
    assert_eq!(
        story.model.shown.selected().unwrap().logical_id.as_str(),
        "InstanceProfile"
    );
    assert!(!story.model.shown.views.events.follows);
    story.keys("2");
    click(&mut story, "BuildNotificationTopic");
    assert_eq!(
        story
            .model
            .shown
            .views
            .resources
            .selected
            .as_ref()
            .unwrap()
            .as_str(),
        "BuildNotificationTopic"
    );
    click(&mut story, "properties");
    assert_eq!(story.model.shown.focus, Focus::Detail);
    click(&mut story, "properties");
    let open = lines(&draw(&story.model, &COLOUR)).join("\n");
    assert!(!open.contains("▾ properties"), "a second click folds");
}

#[test]
fn the_wheel_scrolls_the_pane_under_it() {
    let mut story = builds::failed(140, 40);
    story.keys("G");
    act(&mut story, MouseKind::WheelUp, (10, 20));
    assert!(!story.model.shown.views.events.follows);
    act(&mut story, MouseKind::WheelDown, (10, 20));
    assert!(story.model.shown.views.events.follows);
    story.keys("2");
    act(&mut story, MouseKind::WheelDown, (100, 32));
    assert_eq!(story.model.shown.detail.page.top, 3);
    story.keys("?");
    act(&mut story, MouseKind::WheelDown, (60, 20));
    act(&mut story, MouseKind::Click, (60, 20));
    assert!(story.model.overlay.is_none(), "a click closes the help");
}

#[test]
fn a_click_toggles_a_line_of_the_filter_menu() {
    let mut story = builds::failed(120, 40);
    story.keys("f");
    click(&mut story, "✖ failed");
    assert!(
        !story
            .model
            .shown
            .filter
            .classes
            .contains(StatusClass::Failed)
    );
    let filter = story.model.shown.filter.clone();
    click(&mut story, "types");
    assert_eq!(
        story.model.shown.filter, filter,
        "a heading is nothing to choose"
    );
    act(&mut story, MouseKind::Click, (0, 39));
    assert!(story.model.overlay.is_none(), "a click beside it closes it");
}

#[test]
fn mouse_capture_can_be_disabled() {
    let mut story = builds::failed(80, 24);
    let mouse = |story: &mut Story| {
        let effects = update(&mut story.model, Msg::Key(Key::Char('m')));
        effects.into_iter().find_map(|effect| match effect {
            Effect::Mouse(on) => Some(on),
            _ => None,
        })
    };
    assert_eq!(mouse(&mut story), Some(false));
    assert_eq!(mouse(&mut story), Some(true));
}

#[test]
fn before_the_first_event_a_click_hits_the_list_everywhere() {
    for (width, height) in [(120, 40), (80, 40), (80, 12)] {
        let mut story = builds::waiting(width, height);
        act(&mut story, MouseKind::Click, (width - 5, height - 4));
        assert_eq!(story.model.shown.focus, Focus::List, "{width}x{height}");
    }
}
