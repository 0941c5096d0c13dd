//! A simulated ParallelCluster API: what `bakewatch demo` watches, and what the tests fail on purpose.
//!
//! ```text
//!  scenario ─► playback ─┐                     ┌─ faults
//!  a test, by hand ──────┴─► world ─► answer ──┴─► reply ─► HTTP on a loopback port
//! ```
//! A [`Scenario`] is data: a stack, what becomes of it, and when. The [`World`] is what there is to be told at
//! one moment. A test may leave the scenario out and change the world itself:
//!
//! ```
//! use bakewatch::source::clock::Clock;
//! use bakewatch::source::simulator::{
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
//!     () = async { /* asks `url` */ } => {}
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
pub(crate) mod world;

pub use self::faults::FaultPlan;
pub use self::faults::FaultRule;
pub use self::faults::InjectedFault;
pub(crate) use self::scenario::Scenario;
pub use self::server::requests::RequestLog;
pub use self::server::requests::Route;
pub use self::server::simulator::Simulator;
pub use self::world::World;
