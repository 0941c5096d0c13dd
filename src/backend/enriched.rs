//! The ParallelCluster API, with what it leaves out: Image Builder's steps and its account of a failure. These are read
//! from AWS with the user's own identity: a role is the API's.

use chrono::TimeDelta;

use crate::backend::direct::Direct;
use crate::backend::parallelcluster::ParallelCluster;
use crate::backend::{
    Asked, Endpoint, EventSource, EventsError, EventsResponse, ImageSource, NextToken, Source,
    StepSource, StepsAnswer,
};
use crate::domain::fault::Fault;
use crate::domain::image::ImageAnswer;
use crate::domain::observation::Stream;
use crate::text::safe::SafeText;

#[derive(Debug)]
pub(crate) struct Enriched {
    pub(crate) api: ParallelCluster,
    pub(crate) aws: Direct,
}

impl EventSource for Enriched {
    async fn events(&mut self, token: Option<&NextToken>) -> Result<EventsResponse, EventsError> {
        let response = self.api.events(token).await?;
        if let EventsResponse::Page(page) = &response {
            self.aws.note(page, token.is_none());
        }
        Ok(response)
    }
}

impl ImageSource for Enriched {
    async fn image(&mut self) -> Result<ImageAnswer, Fault> {
        let mut answer = self.api.image().await?;
        if let ImageAnswer::Described(image) = &mut answer {
            let status = image.builder_status.as_ref().map(SafeText::as_str);
            if status == Some("FAILED") {
                image.failure = self.aws.failure().await;
            }
        }
        Ok(answer)
    }
}

impl StepSource for Enriched {
    async fn steps(&mut self) -> Result<StepsAnswer, Fault> {
        self.aws.steps().await
    }
}

impl Source for Enriched {
    type Image = Self;
    type Steps = Self;

    fn step_source(&mut self) -> Option<&mut Self> {
        Some(self)
    }

    type Log = Direct;

    fn log_source(&mut self) -> Option<&mut Direct> {
        self.aws.log_source()
    }

    fn image_source(&mut self) -> Option<&mut Self> {
        Some(self)
    }

    fn endpoint(&self, stream: Stream) -> Endpoint {
        match stream {
            Stream::Steps | Stream::Log => self.aws.endpoint(stream),
            Stream::Events | Stream::Image | Stream::Images => self.api.endpoint(stream),
        }
    }

    fn take_requests(&mut self) -> Vec<Asked> {
        self.aws.take_requests()
    }

    fn take_refusals(&mut self) -> Vec<Fault> {
        self.aws.take_refusals()
    }

    fn clock_correction(&self) -> TimeDelta {
        self.api.clock_correction()
    }

    fn retry_now(&mut self) {
        self.api.retry_now();
        self.aws.retry_now();
    }

    fn reconnect(&mut self) {
        self.api.reconnect();
        self.aws.reconnect();
    }
}
