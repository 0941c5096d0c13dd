//! A set of classes, as a filter selects them: one bit a class.

use std::marker::PhantomData;

use crate::store::entry::Class;

/// A set of classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassSet<C> {
    bits: u16,
    classes: PhantomData<C>,
}

impl<C: Class> ClassSet<C> {
    pub const ALL: Self = Self::of_bits(u16::MAX >> (16 - C::ALL.len()));
    pub const NONE: Self = Self::of_bits(0);

    const fn of_bits(bits: u16) -> Self {
        Self {
            bits,
            classes: PhantomData,
        }
    }

    /// The set of one class.
    pub fn only(class: C) -> Self {
        Self::of_bits(1 << class.index())
    }

    pub fn contains(self, class: C) -> bool {
        self.bits & (1 << class.index()) != 0
    }

    /// The set with the class added, or removed if it was in the set.
    #[must_use]
    pub fn toggled(self, class: C) -> Self {
        Self::of_bits(self.bits ^ (1 << class.index()))
    }

    /// The classes of the set, in the order of [`Class::ALL`].
    pub fn iter(self) -> impl Iterator<Item = C> {
        let all = C::ALL.iter().copied();
        all.filter(move |class| self.contains(*class))
    }
}
