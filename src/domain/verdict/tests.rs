use super::*;

const NONE: Evidence<'_> = Evidence {
    root: None,
    stack_status: None,
    root_failed: false,
    events_seen: false,
    seen: false,
    image: None,
    is_foreign: false,
    looked_up_by_arn: false,
    gone: None,
    builder: None,
    made: false,
    recorded: None,
};

fn root(status: &str) -> StackEvent {
    let json = format!(r#"{{"stackId":"s","physicalResourceId":"s","resourceStatus":"{status}"}}"#);
    StackEvent::from_json(&json, None)
}

fn after(root: &StackEvent) -> Evidence<'_> {
    Evidence {
        root: Some(root),
        root_failed: root.status.is_failure_of_stack() && !root.status.is_delete(),
        events_seen: true,
        seen: true,
        ..NONE
    }
}

fn answered(seconds: u64) -> Repeated {
    Repeated::lasting(Duration::from_secs(seconds))
}

#[test]
fn a_rollback_is_no_end_until_the_root_is_final() {
    let rolling_back = root("ROLLBACK_IN_PROGRESS");
    assert_eq!(
        decide(Verdict::Building, &after(&rolling_back)),
        Verdict::RollingBack
    );
    let done = root("ROLLBACK_COMPLETE");
    assert_eq!(decide(Verdict::RollingBack, &after(&done)), Verdict::Failed);
}

#[test]
fn a_failure_stays_when_the_stack_is_deleted_later() {
    let deleting = root("DELETE_IN_PROGRESS");
    assert_eq!(decide(Verdict::Failed, &after(&deleting)), Verdict::Failed);
}

#[test]
fn an_unknown_root_status_is_no_verdict() {
    assert_eq!(
        decide(Verdict::Building, &after(&root("BOGUS"))),
        Verdict::Building
    );
}

#[test]
fn a_cancelled_image_whose_stack_is_deleted_was_deleted() {
    let deleting = root("DELETE_IN_PROGRESS");
    let cancelled = Evidence {
        builder: Some((BuilderEnd::Cancelled, Duration::from_mins(2))),
        ..after(&deleting)
    };
    assert_eq!(decide(Verdict::Failing, &cancelled), Verdict::Deleting);
    let gone = Evidence {
        gone: Some(answered(5)),
        ..cancelled
    };
    assert_eq!(decide(Verdict::Deleting, &gone), Verdict::Deleted);
    let failed = Evidence {
        builder: Some((BuilderEnd::Failed, Duration::from_mins(1))),
        ..after(&deleting)
    };
    assert_eq!(decide(Verdict::Failing, &failed), Verdict::Failed);
}

#[test]
fn an_image_that_was_made_is_never_deleted_before_the_end() {
    let deleting = root("DELETE_IN_PROGRESS");
    let gone = Evidence {
        made: true,
        gone: Some(answered(5)),
        ..after(&deleting)
    };
    assert_eq!(decide(Verdict::Deleting, &gone), Verdict::AmiNotFound);
}

/// An AMI of a made image that no lookup finds: EC2 may not know it everywhere yet.
#[test]
fn a_made_image_counts_as_deleted_after_a_minute_without_any_ami() {
    let gone = |seconds| Evidence {
        made: true,
        seen: true,
        events_seen: true,
        looked_up_by_arn: true,
        gone: Some(Repeated::lasting(Duration::from_secs(seconds))),
        ..NONE
    };
    assert!(!decide(Verdict::Deleting, &gone(59)).is_final());
    assert_eq!(decide(Verdict::Deleting, &gone(60)), Verdict::Deleted);
    let by_tag_only = Evidence {
        looked_up_by_arn: false,
        ..gone(60)
    };
    assert_eq!(
        decide(Verdict::Deleting, &by_tag_only),
        Verdict::AmiNotFound
    );
}
