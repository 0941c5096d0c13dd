//! The codes and the sessions, without the requests: those are in the tests of the chain.

use tokio::time::advance;

use super::*;

fn role(profile: &str, arn: &str, serial: Option<&str>) -> Role {
    Role {
        profile: profile.to_owned(),
        arn: arn.to_owned(),
        session_name: "me".to_owned(),
        external_id: None,
        duration: None,
        serial: serial.map(str::to_owned),
    }
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

fn keep(sessions: &MfaSessions, roles: &[Role], key: &str) {
    let expiry = Some(at(3600).into());
    let session = Credentials::new(key, "secret", None, expiry, "test");
    sessions.keep(roles, &session);
}

fn key(sessions: &MfaSessions, roles: &[Role], seconds: i64) -> Option<String> {
    let session = sessions.session(roles, at(seconds))?;
    Some(session.access_key_id().to_owned())
}

fn needs(sessions: &MfaSessions) -> bool {
    let checked = sessions.check_code(&role("p", "role", Some("device")));
    matches!(checked, Err(IdentityFault::CodeNeeded { .. }))
}

#[tokio::test(start_paused = true)]
async fn a_code_is_dropped_when_its_device_shows_the_next_one() {
    let sessions = MfaSessions::on_screen();
    assert!(needs(&sessions));
    sessions.enter(Secret::new("987654"));
    assert!(!needs(&sessions));
    advance(CODE_LASTS).await;
    assert!(needs(&sessions));
    assert!(sessions.lock().code.is_none(), "not kept either");
}

#[test]
fn a_session_is_for_every_profile_of_its_role_and_device_and_for_no_other() {
    let sessions = MfaSessions::on_screen();
    let roles = |profile: &str, arn: &str, serial: &str| [role(profile, arn, Some(serial))];
    keep(&sessions, &roles("a", "r1", "d1"), "AKID");
    assert_eq!(
        key(&sessions, &roles("b", "r1", "d1"), 0).as_deref(),
        Some("AKID")
    );
    assert_eq!(key(&sessions, &roles("a", "r2", "d1"), 0), None);
    assert_eq!(key(&sessions, &roles("a", "r1", "d2"), 0), None);
    // The role behind it is another one with another role before it.
    let [first] = roles("a", "r1", "d1");
    let [other] = roles("a", "r1", "d2");
    let last = role("c", "r3", None);
    keep(&sessions, &[first.clone(), last.clone()], "BEHIND");
    assert_eq!(
        key(&sessions, &[first, last.clone()], 0).as_deref(),
        Some("BEHIND")
    );
    assert_eq!(key(&sessions, &[other, last], 0), None);
}

#[test]
fn a_session_is_renewed_five_minutes_before_it_expires_by_the_time_of_the_server() {
    let sessions = MfaSessions::on_screen();
    // In 1970: by this machine's clock it has expired.
    let roles = [role("a", "r1", Some("d1"))];
    keep(&sessions, &roles, "AKID");
    assert_eq!(key(&sessions, &roles, 3299).as_deref(), Some("AKID"));
    assert_eq!(key(&sessions, &roles, 3300), None);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_drops_a_session_unless_it_is_fresh() {
    let sessions = MfaSessions::on_screen();
    let roles = [role("a", "r1", Some("d1"))];
    keep(&sessions, &roles, "AKID");
    advance(FRESH.saturating_sub(Duration::from_secs(1))).await;
    sessions.forget();
    assert!(key(&sessions, &roles, 0).is_some());
    advance(Duration::from_secs(1)).await;
    sessions.forget();
    assert!(key(&sessions, &roles, 0).is_none());
}

#[tokio::test]
async fn watches_assume_roles_one_after_the_other() {
    let sessions = MfaSessions::on_screen();
    let other = sessions.clone();
    let turn = sessions.turn().await;
    assert!(other.turn.try_lock().is_err());
    drop(turn);
    assert!(other.turn.try_lock().is_ok());
}

#[test]
fn a_code_and_a_session_make_failures_out_of_date() {
    let sessions = MfaSessions::on_screen();
    let before = sessions.version();
    sessions.enter(Secret::new("987654"));
    let entered = sessions.version();
    assert_ne!(entered, before);
    keep(&sessions, &[role("a", "r1", Some("d1"))], "AKID");
    assert_ne!(sessions.version(), entered);
}
