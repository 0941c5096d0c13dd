//! The ParallelCluster API over HTTPS: the real [`Source`].
//!
//! ```text
//!  Question ─► identity ─► endpoint (URL) ─► sign ─► http ─► skew ─► wire ─► answer
//!                                                              └──► classify ─► refusal
//! ```
//! Every request is a GET. Nothing is tried again here except where the first try itself showed how to do
//! better: on a connection that was dead already, with a corrected date, with other credentials.

#[cfg(any(test, fuzzing))]
pub(crate) mod any_response;
pub(crate) mod endpoint;
pub(crate) mod response;
pub(crate) mod wire;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use reqwest::Url;
use reqwest::header::{AGE, DATE, HeaderMap};
use tokio::time::Instant;

use crate::aws::credentials::chain::{AwsChain, SigningChain};
use crate::aws::credentials::identity::IdentityCache;
use crate::aws::http::{Failure, Http, Limits, Reply};
use crate::aws::operation::{Asked, Question};
use crate::aws::refusal::{Cause, Refusal, classify, request_id};
use crate::aws::skew::{ClockSkew, Exchange};
use crate::aws::tls::CaBundle;
use crate::aws::transport_error;
use crate::backend::{EventsAnswer, EventsError, NextToken, Source};
use crate::clock::Clock;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::image::ImageAnswer;

pub(crate) use self::endpoint::ApiUrl;
pub(crate) use self::endpoint::ImageId;
pub(crate) use crate::aws::credentials::chain::check_profile;
pub(crate) use crate::aws::tls::TlsError;

/// Where the API is, what image is asked about, and who asks.
#[derive(Clone, Debug)]
pub struct Settings {
    pub api_url: ApiUrl,
    pub image_id: ImageId,
    /// The image's region; the usual AWS chain where it is absent.
    pub region: Option<String>,
    /// The profile to use rather than what the environment holds.
    pub profile: Option<String>,
    /// Whether and how requests are signed.
    pub signing: Signing,
    /// A PEM file of certificates to trust besides the platform's.
    pub ca_bundle: Option<PathBuf>,
}

/// Whether and how requests are signed.
#[derive(Clone, Debug)]
pub enum Signing {
    /// Not at all; no credentials are looked for.
    Unsigned,
    /// With AWS Signature Version 4.
    SigV4 {
        /// The region that the API is in. Where it is absent the API's host tells, else the image's region.
        region: Option<String>,
        /// A role to assume first.
        role_arn: Option<String>,
    },
}

/// The API, asked about one image.
#[derive(Debug)]
pub struct ParallelCluster {
    api: ApiUrl,
    image: ImageId,
    signed: bool,
    identity: IdentityCache,
    http: Http,
    skew: ClockSkew,
    clock: Clock,
}

impl ParallelCluster {
    /// A source for one image. Reads the CA bundle; asks neither the network nor the credential chain.
    ///
    /// # Errors
    /// Where the CA bundle can't be used, or no TLS client can be made.
    pub fn new(settings: Settings, clock: Clock) -> Result<Self, TlsError> {
        Self::with_limits(settings, clock, Limits::default())
    }

    fn with_limits(settings: Settings, clock: Clock, limits: Limits) -> Result<Self, TlsError> {
        let bundle = settings.ca_bundle.as_deref().map(CaBundle::read);
        let bundle = bundle.transpose()?;
        let http = Http::new(&settings.api_url, bundle.as_ref(), limits)?;
        let signing = match settings.signing {
            Signing::Unsigned => None,
            Signing::SigV4 { region, role_arn } => Some(SigningChain {
                region: region.or_else(|| settings.api_url.signing_region().map(str::to_owned)),
                role_arn,
                tls: bundle.as_ref().map(CaBundle::sdk_context).transpose()?,
            }),
        };
        Ok(Self {
            signed: signing.is_some(),
            identity: IdentityCache::new(AwsChain {
                profile: settings.profile,
                region: settings.region,
                signing,
            }),
            api: settings.api_url,
            image: settings.image_id,
            http,
            skew: ClockSkew::default(),
            clock,
        })
    }

    /// Asks, and once more where the first try showed how to do better. The reply is a success by its status.
    async fn ask(&mut self, question: Question<'_>) -> Result<Reply, Refusal> {
        let mut signed_anew = false;
        loop {
            let skew = self.skew;
            let request = self.prepare(question).await;
            let (url, headers) = request.map_err(|fault| Refusal::Fault(fault, Cause::Other))?;
            let refusal = match self.send(url, headers).await {
                Ok(reply) if reply.status.is_success() => return Ok(reply),
                Ok(reply) => classify(&self.asked(question), &reply),
                // The next connection is a new one, so this happens once.
                Err(failure) if failure.is_of_a_stale_connection() => continue,
                Err(failure) => {
                    let fault = transport_error::explain(&self.asked(question), &failure);
                    return Err(Refusal::Fault(fault, Cause::Other));
                }
            };
            let mended = match &refusal {
                Refusal::Fault(_, Cause::Date) => self.skew.explains_refusal_of(skew),
                Refusal::Fault(_, Cause::Credentials) => self.signed && self.identity.discard(),
                _ => false,
            };
            if signed_anew || !mended {
                return Err(refusal);
            }
            signed_anew = true;
        }
    }

    /// Makes the request for one try: its URL, and the headers that sign it now.
    async fn prepare(&mut self, question: Question<'_>) -> Result<(Url, HeaderMap), Fault> {
        let identity = self.identity.get(self.server_time()).await;
        let identity = identity.map_err(|fault| fault.explain(&self.asked(question)))?;
        let region = identity.region.as_deref();
        let url = match question {
            Question::StackEvents(token) => self.api.stack_events(&self.image, token, region),
            Question::Description => self.api.image(&self.image, region),
        };
        let headers = match &identity.signer {
            Some(signer) => signer.sign(&url, self.server_time()),
            None => Ok(HeaderMap::new()),
        };
        match headers {
            Ok(headers) => Ok((url, headers)),
            Err(unsignable) => {
                let asked = self.asked(question);
                Err(asked.fault(FaultKind::Misconfigured, unsignable))
            }
        }
    }

    /// Sends the request, and learns the server's time from the answer.
    async fn send(&mut self, url: Url, headers: HeaderMap) -> Result<Reply, Failure> {
        let path = url.path().to_owned();
        let (began, sent) = (Instant::now(), self.clock.uncorrected());
        let outcome = self.http.get(url, headers).await;
        let ms = began.elapsed().as_millis();
        let Ok(reply) = &outcome else {
            tracing::debug!(method = "GET", path, ms, "not answered");
            return outcome;
        };
        self.skew.observe(&Exchange {
            sent,
            received: self.clock.uncorrected(),
            date: reply.header(DATE.as_str()),
            from_cache: reply.headers.contains_key(AGE),
        });
        let behind = self.skew.worth_telling(self.clock.behind());
        self.clock.correct(behind);
        let status = reply.status.as_u16();
        let id = request_id(reply).unwrap_or_default();
        tracing::debug!(method = "GET", path, status, ms, id, "answered");
        outcome
    }

    fn server_time(&self) -> DateTime<Utc> {
        self.skew.correct(self.clock.uncorrected())
    }

    fn asked<'a>(&'a self, question: Question<'a>) -> Asked<'a> {
        Asked {
            question,
            image: &self.image,
            host: self.api.authority(),
            signed: self.signed,
        }
    }
}

impl Source for ParallelCluster {
    async fn events(&mut self, token: Option<&NextToken>) -> Result<EventsAnswer, EventsError> {
        let question = Question::StackEvents(token);
        let answer = self.ask(question).await;
        response::events(&self.asked(question), answer)
    }

    async fn image(&mut self) -> Result<ImageAnswer, Fault> {
        let question = Question::Description;
        let answer = self.ask(question).await;
        response::image(&self.asked(question), answer)
    }

    fn retry_now(&mut self) {
        self.identity.forget_failure();
    }

    fn reconnect(&mut self) {
        self.http.reconnect();
        self.identity.forget_failure();
    }
}
