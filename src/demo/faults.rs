//! The faults of the simulated API: the requests that fail, and in which way. The same requests always meet the same
//! faults.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde::Deserialize;

use crate::demo::duration;

/// The operation that a request names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Route {
    StackEvents,
    Image,
    /// The workflows of the image and their steps: from AWS only.
    Steps,
    /// None that the API has.
    Unknown,
}

/// The number of requests: this one and all before it, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count {
    pub of_all: u64,
    pub of_route: u64,
}

/// One way to fail.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum InjectedFault {
    /// The gateway's own throttle: 429.
    Throttled,
    /// The application's throttle: 429 in CloudFormation's words.
    RateExceeded,
    /// The body that the gateway sends with this status: 500, 502, 503, 504.
    Status(u16),
    /// Any response.
    Response {
        /// The HTTP status.
        status: u16,
        /// The `x-amzn-ErrorType` header.
        error_type: Option<String>,
        body: String,
    },
    /// The correct response, this much of the clock's time too late.
    Slow(#[serde(deserialize_with = "duration::deserialize")] Duration),
    /// The connection is reset instead of a response.
    Reset,
    /// The head of the correct response, then half of the body that it promises, then the end.
    Truncated,
    /// 200 with a web page, as captive portals and proxies send it.
    Html,
    /// 200 with JSON that ends in the middle.
    HalfJson,
    /// The service rejects the page token: 500 in CloudFormation's words. A request without a token gets the
    /// correct response.
    TokenRejected,
    /// The credentials have expired: 403.
    ExpiredToken,
}

/// The requests that meet a fault. They are counted from 1: all of them, or a route's own.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    route: Option<Route>,
    /// The first request.
    from: u64,
    /// The last one. Where it is absent, there is one request only, or, with `every`, no end.
    to: Option<u64>,
    /// The first of these requests and then each nth; absent for all of them.
    every: Option<u64>,
    fault: InjectedFault,
}

impl FaultRule {
    /// These requests meet the fault.
    pub fn requests(numbers: RangeInclusive<u64>, fault: InjectedFault) -> Self {
        Self {
            route: None,
            from: *numbers.start(),
            to: Some(*numbers.end()),
            every: None,
            fault,
        }
    }

    /// Counts only the requests of one route.
    #[must_use]
    pub fn of(mut self, route: Route) -> Self {
        self.route = Some(route);
        self
    }

    /// Of the requests in the range, takes the first and then each `step`th.
    #[must_use]
    pub fn every(mut self, step: u64) -> Self {
        self.every = Some(step);
        self
    }

    fn matches(&self, route: Route, count: Count) -> bool {
        let number = match self.route {
            None => count.of_all,
            Some(own) if own == route => count.of_route,
            Some(_) => return false,
        };
        let endless = if self.every.is_some() {
            u64::MAX
        } else {
            self.from
        };
        let last = self.to.unwrap_or(endless);
        let step = self.every.unwrap_or(1).max(1);
        (self.from..=last).contains(&number) && (number - self.from).is_multiple_of(step)
    }
}

/// Every fault of the API; the first rule that matches a request counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultPlan(Vec<FaultRule>);

impl FaultPlan {
    /// A plan made of these rules.
    pub fn new(rules: Vec<FaultRule>) -> Self {
        Self(rules)
    }

    /// The fault of a request.
    pub(crate) fn fault(&self, route: Route, count: Count) -> Option<&InjectedFault> {
        let rule = self.0.iter().find(|rule| rule.matches(route, count));
        rule.map(|rule| &rule.fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faulty_requests(rule: FaultRule, route: Route) -> Vec<u64> {
        let plan = FaultPlan::new(vec![rule]);
        let counts = (1..=10).map(|number| Count {
            of_all: 100 + number,
            of_route: number,
        });
        let counts = counts.filter(|count| plan.fault(route, *count).is_some());
        counts.map(|count| count.of_route).collect()
    }

    fn rule(toml: &str) -> FaultRule {
        toml::from_str(toml).unwrap()
    }

    #[test]
    fn a_rule_is_for_one_request_a_range_or_each_nth() {
        let route = "route = \"image\"\nfault = \"reset\"\n";
        let one = rule(&format!("{route}from = 3"));
        let range = rule(&format!("{route}from = 3\nto = 5"));
        let nth = rule(&format!("{route}from = 2\nevery = 4"));
        assert_eq!(faulty_requests(one.clone(), Route::Image), [3]);
        assert_eq!(faulty_requests(range, Route::Image), [3, 4, 5]);
        assert_eq!(faulty_requests(nth, Route::Image), [2, 6, 10]);
        assert!(faulty_requests(one, Route::StackEvents).is_empty());
    }

    #[test]
    fn without_a_route_all_requests_are_counted() {
        let rule = FaultRule::requests(102..=106, InjectedFault::Reset);
        assert_eq!(faulty_requests(rule.clone(), Route::Image), [2, 3, 4, 5, 6]);
        assert_eq!(
            faulty_requests(rule.every(2), Route::StackEvents),
            [2, 4, 6]
        );
    }

    #[test]
    fn faults_are_read_from_their_toml() {
        let fault = |text: &str| rule(&format!("from = 1\nfault = {text}")).fault;
        assert_eq!(fault("{ status = 504 }"), InjectedFault::Status(504));
        assert_eq!(
            fault("{ slow = \"24s\" }"),
            InjectedFault::Slow(Duration::from_secs(24))
        );
    }
}
