//! The columns of the list of events for a pane's width. They depend on the width alone, so that nothing jumps while
//! events arrive or the user scrolls.
//!
//! In a narrow pane, the reason is left out first, then the type; then the status word shrinks, then the time
//! since the start is left out, then the time. The logical id stays.

/// The longest logical ids of ParallelCluster's own template have this many columns.
const ID: usize = 29;
const TYPE: usize = 23;
/// `Resource creation Initiated`
const REASON: usize = 27;

/// The form of the time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeColumn {
    Absent,
    Short,
    Full,
}

/// The form of the status, after its glyph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StatusColumn {
    Absent,
    /// Its class: `running`.
    Class,
    /// The service's word: `CREATE_IN_PROGRESS`.
    Word,
}

/// The columns of a row. Widths are without the space that follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EventColumns {
    pub(crate) time: TimeColumn,
    /// Whether the time since the build's start is shown.
    pub(crate) offset: bool,
    pub(crate) status: StatusColumn,
    /// The width of the logical id.
    pub(crate) id: usize,
    /// The width of the type; 0: left out.
    pub(crate) kind: usize,
    /// The width of the reason; 0: left out.
    pub(crate) reason: usize,
}

impl EventColumns {
    /// The width of the service's status words; few are longer.
    pub(crate) const WORD: usize = 20;
    /// The width of the class words.
    pub(crate) const CLASS: usize = 9;
    /// The width of the time since the start.
    pub(crate) const OFFSET: usize = 8;

    /// The columns of a pane that has `width` columns inside its borders.
    pub(crate) fn of(width: usize) -> Self {
        let marker_and_glyph = 3;
        let mut room = width.saturating_sub(marker_and_glyph + ID);
        let mut take = |columns: usize| {
            let fits = room >= columns;
            room -= if fits { columns } else { 0 };
            fits
        };
        // Each is taken only if the one before fits; otherwise a narrow pane would show the second alone.
        let time = take("21:39 ".len());
        let seconds = time && take(":24".len());
        let offset = seconds && take(Self::OFFSET + 1);
        let class = offset && take(Self::CLASS + 1);
        let word = class && take(Self::WORD - Self::CLASS);
        let kind = word && take(TYPE + 2);
        let reason = kind && take(REASON + 2);
        let (id, kind, reason) = shared(width, room, kind, reason);
        Self {
            time: match (time, seconds) {
                (_, true) => TimeColumn::Full,
                (true, false) => TimeColumn::Short,
                (false, false) => TimeColumn::Absent,
            },
            offset,
            status: match (class, word) {
                (_, true) => StatusColumn::Word,
                (true, false) => StatusColumn::Class,
                (false, false) => StatusColumn::Absent,
            },
            id,
            kind,
            reason,
        }
    }
}

/// Distributes the remaining columns: to the last column, after the ones before it got a few.
fn shared(width: usize, room: usize, kind: bool, reason: bool) -> (usize, usize, usize) {
    if reason {
        let for_id = (room / 4).min(8);
        let for_kind = (room / 3).min(18);
        (
            ID + for_id,
            TYPE + for_kind,
            REASON + room - for_id - for_kind,
        )
    } else if kind {
        let for_id = (room / 4).min(8);
        (ID + for_id, TYPE + room - for_id, 0)
    } else {
        ((ID + room).min(width.saturating_sub(3)), 0, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(columns: EventColumns) -> usize {
        let time = match columns.time {
            TimeColumn::Absent => 0,
            TimeColumn::Short => 6,
            TimeColumn::Full => 9,
        };
        let offset = if columns.offset {
            EventColumns::OFFSET + 1
        } else {
            0
        };
        let status = match columns.status {
            StatusColumn::Absent => 0,
            StatusColumn::Class => EventColumns::CLASS + 1,
            StatusColumn::Word => EventColumns::WORD + 1,
        };
        let more = |columns| if columns > 0 { columns + 2 } else { 0 };
        3 + time + offset + status + columns.id + more(columns.kind) + more(columns.reason)
    }

    #[test]
    fn a_row_is_as_wide_as_its_pane() {
        for width in 3..=300 {
            assert_eq!(
                total(EventColumns::of(width)),
                width,
                "{:?}",
                EventColumns::of(width)
            );
        }
    }

    #[test]
    fn the_logical_id_is_cut_last() {
        for width in 3..=300 {
            let columns = EventColumns::of(width);
            assert!(
                columns.id >= ID || columns.time == TimeColumn::Absent,
                "{width}"
            );
        }
    }

    #[test]
    fn usual_terminals_have_these_columns() {
        let of = |width| {
            let columns = EventColumns::of(width);
            (
                columns.time,
                columns.status,
                columns.kind > 0,
                columns.reason > 0,
            )
        };
        assert_eq!(
            of(38),
            (TimeColumn::Short, StatusColumn::Absent, false, false)
        );
        assert_eq!(
            of(60),
            (TimeColumn::Full, StatusColumn::Class, false, false)
        );
        assert_eq!(of(78), (TimeColumn::Full, StatusColumn::Word, false, false));
        assert_eq!(of(132), (TimeColumn::Full, StatusColumn::Word, true, true));
    }
}
