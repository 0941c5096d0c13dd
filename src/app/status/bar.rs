//! The line of tabs and chips: what is on it, in which form, and where, so that a click finds what it meant.
//!
//! A chip is a class of statuses with its count; it is lit while the class is listed alone or with others.

use crate::app::keys::action::Action;
use crate::app::model::Model;
use crate::app::views::tab::Tab;
use crate::domain::search::Selection;
use crate::domain::status::{ClassSet, StatusClass};
use crate::text::width::width;

/// What an item of the line stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    Tab(Tab),
    Class(StatusClass),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it stands for.
    pub meaning: Meaning,
    /// Its first column.
    pub column: usize,
    /// Its text, without the sign that a chip begins with; a space on both sides included.
    pub text: String,
    /// Whether it is the view that is shown, or a class that was chosen.
    pub chosen: bool,
    /// Whether there is anything behind it.
    pub empty: bool,
}

impl Item {
    /// The columns that it takes: a chip's sign has a space before it.
    pub fn width(&self) -> usize {
        let sign = if matches!(self.meaning, Meaning::Class(_)) {
            2
        } else {
            0
        };
        sign + width(&self.text)
    }
}

/// How much is said, from hardly anything to everything.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Saying {
    /// The keys of the tabs, and how much has failed.
    Keys,
    /// The names of the tabs; that of the failure is coloured where there is one.
    Names,
    /// The chips too.
    Chips,
    /// The counts on the tabs too.
    Counts,
    /// The words on the chips too.
    Words,
}

const SAYINGS: [Saying; 5] = [
    Saying::Words,
    Saying::Counts,
    Saying::Chips,
    Saying::Names,
    Saying::Keys,
];

/// The items of a line of so many columns. They begin at column 1.
pub fn items(model: &Model, columns: usize) -> Vec<Item> {
    let fits = |items: &Vec<Item>| {
        items
            .last()
            .is_none_or(|last| last.column + last.width() <= columns)
    };
    let mut forms = SAYINGS
        .into_iter()
        .map(|saying| placed(said(model, saying)));
    let smallest = forms.next_back().unwrap_or_default();
    forms.find(fits).unwrap_or(smallest)
}

/// The item under a column.
pub fn at(model: &Model, columns: usize, column: usize) -> Option<Meaning> {
    let items = items(model, columns).into_iter();
    let mut under =
        items.filter(|item| (item.column..item.column + item.width()).contains(&column));
    under.next().map(|item| item.meaning)
}

/// How many events a sieve lets through, of every stack that had the image's name.
pub(crate) fn count(model: &Model, sieve: Selection) -> usize {
    let timelines = model.build.timelines().iter();
    timelines.map(|timeline| timeline.count(sieve)).sum()
}

fn said(model: &Model, saying: Saying) -> Vec<Item> {
    let tabs = Tab::ALL.into_iter().map(|tab| tab_item(model, tab, saying));
    let classes = StatusClass::ALL.into_iter();
    // Chips count events, and choose among them: beside resources they would be read as theirs.
    let chips = classes.filter(|_| model.tab == Tab::Events);
    let chips = chips.filter_map(|class| chip(model, class, saying));
    tabs.chain(chips).collect()
}

/// Puts items one after the other, chips apart from tabs.
fn placed(mut items: Vec<Item>) -> Vec<Item> {
    let mut column = 1;
    let mut chips = false;
    for item in &mut items {
        if matches!(item.meaning, Meaning::Class(_)) && !std::mem::replace(&mut chips, true) {
            column += 1;
        }
        item.column = column;
        column += item.width();
    }
    items
}

fn tab_item(model: &Model, tab: Tab, saying: Saying) -> Item {
    let count = match tab {
        Tab::Events => count(model, Selection::ALL),
        Tab::Resources => model
            .build
            .current()
            .map_or(0, |timeline| timeline.facts().resources()),
        Tab::Failure => usize::from(model.explanation().is_some()),
    };
    let action = match tab {
        Tab::Events => Action::ShowEvents,
        Tab::Resources => Action::ShowResources,
        Tab::Failure => Action::ShowFailure,
    };
    let key = model.keys.key_for(action);
    let key = key.map_or_else(String::new, |key| format!("{key} "));
    let text = match (
        saying >= Saying::Names,
        saying >= Saying::Counts && tab != Tab::Failure,
    ) {
        (true, true) => format!(" {key}{} {count} ", tab.name()),
        (true, false) => format!(" {key}{} ", tab.name()),
        (false, _) => format!(" {} ", key.trim_end()),
    };
    Item {
        meaning: Meaning::Tab(tab),
        column: 0,
        text,
        chosen: model.tab == tab,
        empty: count == 0,
    }
}

/// The usual classes have a chip, and others where there are such events, or where they are chosen.
fn chip(model: &Model, class: StatusClass, saying: Saying) -> Option<Item> {
    let usual = [
        StatusClass::Running,
        StatusClass::Complete,
        StatusClass::Failed,
    ];
    let all = count(model, Selection::of(ClassSet::only(class)));
    let classes = model.filter.classes;
    let chosen = classes != ClassSet::ALL && classes.contains(class);
    let wanted =
        saying >= Saying::Chips || (saying == Saying::Keys && class == StatusClass::Failed);
    if !wanted
        || !(all > 0 || chosen || usual.contains(&class))
        || count(model, Selection::ALL) == 0
    {
        return None;
    }
    let listed = count(model, model.filter.sieve_of(ClassSet::only(class)));
    let word = if saying >= Saying::Words {
        class.label()
    } else {
        ""
    };
    let text = format!(" {listed} {word}");
    Some(Item {
        meaning: Meaning::Class(class),
        column: 0,
        text: format!("{} ", text.trim_end()),
        chosen,
        empty: listed == 0,
    })
}
