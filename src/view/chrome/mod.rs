//! view/chrome

pub mod bar;
pub mod hints;
pub mod notices;
pub mod parts;
pub mod title;
pub mod verdict;
