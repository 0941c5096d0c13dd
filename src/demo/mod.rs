//! A simulated AWS and a simulated ParallelCluster API on one loopback port. `bakewatch demo` watches either over HTTP
//! as it would watch the real one: only the preparation of the watch knows that it is simulated.
//!
//! ```text
//!  scenario/ ─► playback ─┐                       ┌─ faults
//!  a test, by hand ───────┴─► world ─► server/api ┴─► server/http ─► HTTP on a loopback port
//! ```
//! - `scenario/`: a [`Scenario`] is data: a stack, its end, and the time of every change.
//! - [`World`]: the state at one moment, from which the API makes its responses.
//! - `token`: page tokens, which the world writes and reads.
//! - `server/`: routes, responses, and connections that fail on purpose; `server/aws` has the services of AWS.
//! - `faults`: the requests that fail, and in which way. The scenario `flaky` has some.
//!
//! [`RequestLog`], [`Simulator::bind_world`], [`Simulator::with_faults`] and [`Simulator::with_page_size`] are
//! facilities for tests only: a test may leave the scenario out and change the world itself.
//!
//! ```
//! use bakewatch::testing::Clock;
//! use bakewatch::testing::demo::{
//!     FaultPlan, FaultRule, InjectedFault, RequestLog, Route, Simulator, World,
//! };
//!
//! # async fn example() -> std::io::Result<()> {
//! let world = World::new("alinux2-image");
//! world.replace_stack("arn:aws:cloudformation:us-east-1:123456789012:stack/alinux2-image/1");
//! world.push_events([serde_json::json!({ "eventId": "1" })]);
//!
//! let log = RequestLog::default();
//! let reset = FaultRule::requests(2..=2, InjectedFault::Reset).of(Route::StackEvents);
//! let simulator = Simulator::bind_world(world, Clock::wall())
//!     .await?
//!     .with_page_size(10)
//!     .with_faults(FaultPlan::new(vec![reset]))
//!     .with_log(&log);
//! let url = simulator.url();
//! tokio::select! {
//!     () = simulator.serve() => {}
//!     () = async { /* requests to `url` */ } => {}
//! }
//! assert!(log.all().is_empty());
//! # Ok(())
//! # }
//! ```

pub(crate) mod duration;
pub(crate) mod faults;
pub(crate) mod identifier;
pub(crate) mod playback;
pub(crate) mod scenario;
pub(crate) mod server;
pub(crate) mod token;
pub(crate) mod world;

pub use self::faults::FaultPlan;
pub use self::faults::FaultRule;
pub use self::faults::InjectedFault;
pub use self::faults::Route;
pub use self::scenario::Scenario;
pub use self::server::requests::RequestLog;
pub use self::server::simulator::Simulator;
pub use self::world::World;
