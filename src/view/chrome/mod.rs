//! view/chrome

pub(crate) mod bar;
pub(crate) mod hints;
pub(crate) mod notices;
pub(crate) mod parts;
pub(crate) mod title;
pub(crate) mod verdict;
