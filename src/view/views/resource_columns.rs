//! The widths of the columns of the list of resources, for the width of its pane. `resources` and `step_row` draw rows in
//! them.

/// The widths of the columns, without the space that follows; 0 is left out.
#[derive(Clone, Copy, Debug)]
pub(super) struct ResourceColumns {
    pub(super) id: usize,
    pub(super) status: usize,
    pub(super) kind: usize,
    /// The usual duration.
    pub(super) usual: usize,
    /// The duration of the deletion.
    pub(super) deleted: usize,
    pub(super) bar: usize,
}

pub(super) const LENGTH: usize = 7;
/// The longest logical id of ParallelCluster's own template, and a little more.
const ID: usize = 30;
/// The width of the service's status words; few are longer.
const WORD: usize = 20;
pub(super) const CLASS: usize = 9;
const KIND: usize = 23;
/// From this width on, the durations of deletions have a column.
const ROOM_FOR_DELETED: usize = 50;
/// From this width on, the usual durations have one.
const ROOM_FOR_USUAL: usize = 80;

impl ResourceColumns {
    pub(super) fn of(width: usize, has_usual: bool, has_deletions: bool) -> Self {
        let marker_and_sign = 3;
        let room = width.saturating_sub(marker_and_sign + LENGTH + 1);
        let usual = if has_usual && room >= ROOM_FOR_USUAL {
            LENGTH
        } else {
            0
        };
        let room = room.saturating_sub(usual + usize::from(usual > 0));
        let deleted = if has_deletions && room >= ROOM_FOR_DELETED {
            LENGTH
        } else {
            0
        };
        let room = room.saturating_sub(deleted + usize::from(deleted > 0));
        let (status, kind) = match room {
            0..54 => (0, 0),
            54..96 => (CLASS, 0),
            96..120 => (WORD, 0),
            _ => (WORD, KIND),
        };
        let spaces = usize::from(status > 0) + usize::from(kind > 0) * 2;
        let room = room.saturating_sub(status + kind + spaces);
        let id = ID.min(room * 2 / 3);
        Self {
            id,
            status,
            kind,
            usual,
            deleted,
            bar: room.saturating_sub(id + 1),
        }
    }

    /// The columns before the bar.
    pub(super) fn lead(self) -> usize {
        let more = |columns: usize, space| if columns > 0 { columns + space } else { 0 };
        let lengths = LENGTH + 1 + more(self.usual, 1) + more(self.deleted, 1);
        3 + self.id + 1 + more(self.status, 1) + more(self.kind, 2) + lengths
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_as_wide_as_its_pane() {
        for width in 12..=300 {
            for (has_usual, has_deletions) in
                [(false, false), (false, true), (true, false), (true, true)]
            {
                let columns = ResourceColumns::of(width, has_usual, has_deletions);
                assert_eq!(columns.lead() + columns.bar, width, "{columns:?}");
            }
        }
    }

    #[test]
    fn usual_terminals_have_a_bar_to_read() {
        for (width, bar) in [(38, 8), (78, 24), (72, 18), (131, 40)] {
            for has_usual in [false, true] {
                let columns = ResourceColumns::of(width, has_usual, false);
                assert!(columns.bar >= bar, "{width}: {columns:?}");
            }
        }
    }
}
