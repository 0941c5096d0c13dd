//! The line of tabs and chips: its items, their level of detail and their columns. The view draws them, and
//! `update::mouse` finds the clicked one.
//!
//! A chip is a class of statuses with the number of resources of the current build that are in it now; it is lit while the
//! events of the class are listed alone or with others.

use crate::app::keys::action::{Action, SessionAction};
use crate::app::model::Model;
use crate::app::views::Tab;
use crate::domain::status::{ClassSet, StatusClass};
use crate::domain::verdict::Verdict;
use crate::text::width::width;

/// The view or the class of statuses behind an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BarTarget {
    Tab(Tab),
    Class(StatusClass),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BarItem {
    pub target: BarTarget,
    pub column: usize,
    /// The text without the sign of a chip; with a space on both sides.
    pub text: String,
    /// Whether it is the current view, or a class that the filter names.
    pub chosen: bool,
    /// Whether there are no events, resources or failure behind it.
    pub empty: bool,
    /// Whether it leads to a failure.
    pub alarming: bool,
}

impl BarItem {
    /// The width in columns, with the sign of a chip and the space before it.
    pub fn width(&self) -> usize {
        let sign = if matches!(self.target, BarTarget::Class(_)) {
            2
        } else {
            0
        };
        sign + width(&self.text)
    }
}

/// The level of detail, from the lowest to the highest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum BarDetail {
    /// The keys of the tabs, and the number of failures.
    Keys,
    /// The names of the tabs; that of the failure is coloured if there is one.
    Names,
    /// The chips too.
    Chips,
    /// The words on the chips too, but the names of no tab except the shown one.
    Shown,
    /// The words and the names, but of the chips only those with resources, and that of the failures. Neighbours share the
    /// space between them.
    Brief,
    /// The same, with every usual chip.
    Tight,
    /// The same, each with a space on both sides.
    Words,
    /// The counts on the tabs too.
    Counts,
}

impl BarDetail {
    /// From the highest level to the lowest. The words of the chips stay longer than the counts of the tabs, since a sign
    /// and a number say little.
    const ALL: [Self; 8] = [
        Self::Counts,
        Self::Words,
        Self::Tight,
        Self::Brief,
        Self::Shown,
        Self::Chips,
        Self::Names,
        Self::Keys,
    ];

    /// Whether an item's last space is the first one of the next item.
    fn shares_spaces(self) -> bool {
        matches!(self, Self::Shown | Self::Brief | Self::Tight)
    }
}

/// From this width on, the words of the chips are worth more than the names of the tabs.
const ROOM_FOR_WORDS: usize = 76;

/// The items at the highest level of detail that fits the columns. They begin at column 1.
pub fn bar_items(model: &Model, columns: usize) -> Vec<BarItem> {
    let fits = |items: &Vec<BarItem>| {
        items
            .last()
            .is_none_or(|last| last.column + last.width() <= columns)
    };
    let is_for = |detail: &BarDetail| *detail != BarDetail::Shown || columns >= ROOM_FOR_WORDS;
    let mut forms = BarDetail::ALL
        .into_iter()
        .filter(is_for)
        .map(|detail| lay_out(items_with(model, detail), detail));
    let smallest = forms.next_back().unwrap_or_default();
    forms.find(fits).unwrap_or(smallest)
}

/// The target of the item at a column.
pub fn bar_target_at(model: &Model, columns: usize, column: usize) -> Option<BarTarget> {
    let items = bar_items(model, columns).into_iter();
    let mut under =
        items.filter(|item| (item.column..item.column + item.width()).contains(&column));
    under.next().map(|item| item.target)
}

fn items_with(model: &Model, detail: BarDetail) -> Vec<BarItem> {
    let tabs = Tab::ALL.into_iter().map(|tab| tab_item(model, tab, detail));
    let classes = StatusClass::ALL.into_iter();
    let chips = classes.filter_map(|class| chip(model, class, detail));
    tabs.chain(chips).collect()
}

/// Sets the columns of the items, with a gap between tabs and chips.
fn lay_out(mut items: Vec<BarItem>, detail: BarDetail) -> Vec<BarItem> {
    let shared = usize::from(detail.shares_spaces());
    let mut column = 1;
    let mut chips = false;
    for item in &mut items {
        if matches!(item.target, BarTarget::Class(_)) && !std::mem::replace(&mut chips, true) {
            column += 1;
        }
        item.column = column;
        column += item.width() - shared;
    }
    items
}

fn tab_item(model: &Model, tab: Tab, detail: BarDetail) -> BarItem {
    let session = &model.shown;
    let view = session.views.of(tab);
    let name = view.name(session.data());
    let is_failure = view.explains_failure() && name.is_none();
    let name = name.unwrap_or(tab.name());
    let count = view.count(session.data());
    let show = Action::Session(SessionAction::Show(tab));
    let key = model.keys.key_for(show);
    let key = key.map_or_else(String::new, |key| format!("{key} "));
    let is_shown = model.shown.tab == tab;
    let is_named = match detail {
        BarDetail::Shown => is_shown,
        detail => detail >= BarDetail::Names,
    };
    let text = match (
        is_named,
        detail >= BarDetail::Counts && !view.explains_failure(),
    ) {
        (true, true) => format!(" {key}{name} {count} "),
        (true, false) => format!(" {key}{name} "),
        (false, _) => format!(" {} ", key.trim_end()),
    };
    BarItem {
        target: BarTarget::Tab(tab),
        column: 0,
        text,
        chosen: is_shown,
        empty: count == 0,
        alarming: count > 0 && is_failure,
    }
}

/// The usual classes have a chip, and others if resources are in them or the filter names them.
fn chip(model: &Model, class: StatusClass, detail: BarDetail) -> Option<BarItem> {
    let build = &model.shown.build;
    let facts = build.current()?.facts();
    let usual = [
        StatusClass::Running,
        StatusClass::Complete,
        StatusClass::Failed,
    ];
    // After a verdict, nothing runs or gets complete any more.
    let is_final = build.verdict().is_final();
    let is_usual = usual.contains(&class) && (!is_final || class == StatusClass::Failed);
    let count = facts.resources_in(class);
    let classes = model.shown.filter.classes;
    let chosen = classes != ClassSet::ALL && classes.contains(class);
    let wanted =
        detail >= BarDetail::Chips || (detail == BarDetail::Keys && class == StatusClass::Failed);
    // After a success, the resources are gone with the stack.
    let is_gone = build.is_gone() && build.verdict() == Verdict::Succeeded;
    let is_worth_it = match detail {
        BarDetail::Shown | BarDetail::Brief => {
            class == StatusClass::Failed || (count > 0 && class != StatusClass::Skipped)
        }
        _ => count > 0 || is_usual,
    };
    if !wanted || (is_gone && !chosen) || !(chosen || is_worth_it) {
        return None;
    }
    let word = match class {
        _ if detail < BarDetail::Shown => "",
        StatusClass::Running => "running",
        StatusClass::Deleting if build.is_over() => "deleted",
        other => other.label(),
    };
    let text = format!(" {count} {word}");
    Some(BarItem {
        target: BarTarget::Class(class),
        column: 0,
        text: format!("{} ", text.trim_end()),
        chosen,
        empty: count == 0,
        alarming: false,
    })
}
