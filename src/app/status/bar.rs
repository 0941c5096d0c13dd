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
    /// The words on the chips too.
    Words,
    /// The counts on the tabs too.
    Counts,
}

const BAR_DETAILS: [BarDetail; 5] = [
    BarDetail::Counts,
    BarDetail::Words,
    BarDetail::Chips,
    BarDetail::Names,
    BarDetail::Keys,
];

/// The items at the highest level of detail that fits the columns. They begin at column 1.
pub fn bar_items(model: &Model, columns: usize) -> Vec<BarItem> {
    let fits = |items: &Vec<BarItem>| {
        items
            .last()
            .is_none_or(|last| last.column + last.width() <= columns)
    };
    let mut forms = BAR_DETAILS
        .into_iter()
        .map(|detail| lay_out(items_with(model, detail)));
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
fn lay_out(mut items: Vec<BarItem>) -> Vec<BarItem> {
    let mut column = 1;
    let mut chips = false;
    for item in &mut items {
        if matches!(item.target, BarTarget::Class(_)) && !std::mem::replace(&mut chips, true) {
            column += 1;
        }
        item.column = column;
        column += item.width();
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
    let text = match (
        detail >= BarDetail::Names,
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
        chosen: model.shown.tab == tab,
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
    if !wanted || (is_gone && !chosen) || !(count > 0 || chosen || is_usual) {
        return None;
    }
    let word = match class {
        _ if detail < BarDetail::Words => "",
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
