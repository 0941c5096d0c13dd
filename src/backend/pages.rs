//! The pages of a list that is read again and again. Until they are all read, what the pages of the time before had is
//! still known: a row does not vanish while the list is read.

#[derive(Debug)]
pub(crate) struct Pages<T> {
    now: Vec<T>,
    before: Vec<T>,
}

impl<T> Default for Pages<T> {
    fn default() -> Self {
        Self {
            now: Vec::new(),
            before: Vec::new(),
        }
    }
}

impl<T: PartialEq> Pages<T> {
    /// Begins with the first page. What was read of an unfinished list counts as known.
    pub(crate) fn begin(&mut self) {
        let now = std::mem::take(&mut self.now);
        self.before.retain(|known| !now.contains(known));
        self.before.splice(0..0, now);
    }

    pub(crate) fn add(&mut self, page: impl IntoIterator<Item = T>) {
        self.now.extend(page);
    }

    /// The last page was read.
    pub(crate) fn end(&mut self) {
        self.before = std::mem::take(&mut self.now);
    }

    /// What is known, the newest knowledge first: a row may occur twice.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.now.iter().chain(&self.before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_known_until_a_whole_list_is_without_it() {
        let mut pages = Pages::default();
        let known = |pages: &Pages<u8>| pages.iter().copied().collect::<Vec<_>>();
        pages.begin();
        pages.add([1, 2]);
        pages.end();
        pages.begin();
        pages.add([3]);
        assert_eq!(known(&pages), [3, 1, 2]);
        pages.begin();
        assert_eq!(known(&pages), [3, 1, 2], "an unfinished list loses nothing");
        pages.add([3]);
        pages.end();
        assert_eq!(known(&pages), [3]);
    }
}
