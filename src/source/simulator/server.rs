//! The simulated API itself: HTTP/1.1 on a loopback port, at the clock's time.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use futures_util::StreamExt;
use futures_util::future::poll_fn;
use futures_util::stream::FuturesUnordered;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use super::api::Api;
use super::faults::FaultPlan;
use super::playback::Playback;
use super::reply::Cut;
use super::requests::RequestLog;
use super::scenario::Scenario;
use super::world::World;
use crate::source::clock::Clock;

/// A ParallelCluster API on a loopback port, about one image. It answers while [`Simulator::serve`] is
/// awaited; dropping that future closes the port and every connection.
#[derive(Debug)]
pub struct Simulator {
    listener: TcpListener,
    address: SocketAddr,
    api: Api,
}

impl Simulator {
    /// An API in which a scenario begins now, by the clock.
    ///
    /// # Errors
    /// Where there is no port to be had.
    pub async fn bind(scenario: &Scenario, clock: Clock) -> io::Result<Self> {
        let script = scenario.script(clock.now());
        let playback = Playback::new(script, clock.elapsed());
        let world = World::new(scenario.image_id());
        let simulator = Self::listen(Api::new(world, playback, clock)).await?;
        Ok(simulator.with_faults(scenario.faults().clone()))
    }

    /// An API whose world is changed by hand only.
    ///
    /// # Errors
    /// Where there is no port to be had.
    pub async fn bind_world(world: World, clock: Clock) -> io::Result<Self> {
        let playback = Playback::new(Vec::new(), clock.elapsed());
        Self::listen(Api::new(world, playback, clock)).await
    }

    async fn listen(api: Api) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        Ok(Self {
            address: listener.local_addr()?,
            listener,
            api,
        })
    }

    /// Fails as planned, instead of as the scenario says.
    #[must_use]
    pub fn with_faults(mut self, faults: FaultPlan) -> Self {
        self.api.faults = faults;
        self
    }

    /// Puts this many events on a page, at least one; 100 unless told.
    #[must_use]
    pub fn with_page_size(mut self, events: usize) -> Self {
        self.api.page_size = events.max(1);
        self
    }

    /// The invoke URL: what ParallelCluster's API stack calls `ParallelClusterApiInvokeUrl`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/prod", self.address)
    }

    /// The world that the answers are made from.
    #[must_use]
    pub fn world(&self) -> World {
        self.api.world.clone()
    }

    /// What was asked, and will be.
    #[must_use]
    pub fn requests(&self) -> RequestLog {
        self.api.log.clone()
    }

    /// Answers requests for as long as it is awaited.
    pub async fn serve(self) {
        let Self { listener, api, .. } = self;
        let mut connections = FuturesUnordered::new();
        loop {
            tokio::select! {
                // A connection that was gone before it could be accepted is none of the others' business.
                accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                    connections.push(converse(stream, &api));
                },
                Some(()) = connections.next() => {}
            }
        }
    }
}

/// Answers the requests of one connection until either side ends it.
async fn converse(stream: TcpStream, api: &Api) {
    let service = service_fn(|request| Box::pin(api.reply(request)));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let ended = poll_fn(|context| connection.poll_without_shutdown(context)).await;
    if ended.is_err_and(|error| Cut::of(&error) == Some(Cut::Reset)) {
        // With nothing to linger for, closing resets the connection.
        let stream = connection.into_parts().io.into_inner();
        drop(stream.set_zero_linger());
    }
}
