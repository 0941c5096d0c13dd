//! The list of an account's images: what each backend's is asked for. [`crate::backend::pages`] reads the parts of it that
//! come page by page.

use tokio::time::Instant;

use crate::backend::{Asked, Endpoint};
use crate::domain::fault::Fault;
use crate::domain::listing::ListedImage;
use crate::text::safe::SafeText;

/// Lists the images of an account. It does so by several kinds of request, and each has a turn of its own: where one fails,
/// the others still tell what they know.
pub(crate) trait ImagesSource: Send {
    /// The number of kinds. Of two that may be asked now, the first one is more urgent.
    fn kinds(&self) -> usize;

    /// Reads what a kind tells from its first request on.
    fn begin(&mut self, kind: usize);

    /// Makes the next request of a kind. One that may succeed later is the next one again.
    fn next(&mut self, kind: usize) -> impl Future<Output = Result<(), Fault>> + Send;

    /// The next request of a kind. `None` where all is read.
    fn upcoming(&self, kind: usize) -> Option<Upcoming>;

    /// The images that are known by now.
    fn rows(&self) -> Vec<ListedImage>;

    /// The region whose images are listed. `None` where only the rows name it.
    fn region(&self) -> Option<SafeText> {
        None
    }

    /// How many stacks have been looked at, and of how many. `None` where none are.
    fn looked_at(&self) -> Option<(usize, usize)> {
        None
    }

    /// The requests since the last time that this was asked; none where each is one request to its endpoint.
    fn take_requests(&mut self) -> Vec<Asked> {
        Vec::new()
    }
}

/// A request that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Upcoming {
    pub endpoint: Endpoint,
    /// It must not be made earlier.
    pub not_before: Option<Instant>,
}
