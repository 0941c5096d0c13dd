//! Text that would harm a terminal if it were shown unchanged, and checks that it was not.

use serde_json::json;

/// A title, a colour by one byte, reversed text, invisible characters, and an overwritten line.
pub(crate) const HOSTILE: &str =
    "a\u{1b}]0;title\u{7}\u{9b}31m\u{202e}\u{200b}\u{e0041}\u{2028}\rb";

/// Whether a character could control a terminal, reverse text, or is invisible.
pub(crate) fn acts(character: char) -> bool {
    character.is_control()
        || matches!(
            u32::from(character),
            0xad | 0x61c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff
                | 0xfff9..=0xfffb | 0xe0000..=0xe007f
        )
}

/// Checks that no character of these lines acts on a terminal.
pub(crate) fn assert_inert(what: &str, text: &str) {
    let found = text
        .chars()
        .find(|character| acts(*character) && *character != '\n');
    assert!(found.is_none(), "{found:?} is in the {what}:\n{text:?}");
}

/// A recording of a failed build in which every text is hostile.
pub(crate) fn hostile_recording() -> String {
    let at = "2026-01-01T10:00:00.000Z";
    let event = |number: usize, logical: &str, physical: &str| {
        json!({"kind": "event", "at": at, "stackId": HOSTILE, "event": {
            "stackId": HOSTILE, "eventId": format!("{HOSTILE}{number}"), "stackName": HOSTILE,
            "logicalResourceId": logical, "physicalResourceId": physical, "resourceType": HOSTILE,
            "timestamp": at, "resourceStatus": "CREATE_FAILED", "resourceStatusReason": HOSTILE,
            "resourceProperties": json!({"Data": HOSTILE, HOSTILE: HOSTILE}).to_string(), HOSTILE: [HOSTILE],
        }})
    };
    let odd = json!({"kind": "event", "at": at, "stackId": HOSTILE, "event": {
        "stackId": HOSTILE, "eventId": "odd", "logicalResourceId": "X", "resourceStatus": HOSTILE, "timestamp": HOSTILE,
    }});
    let fault =
        json!({"class": "denied", "message": HOSTILE, "hint": HOSTILE, "requestId": HOSTILE});
    let lines = [
        json!({"bakewatchRecording": 1, "program": HOSTILE, "imageId": HOSTILE, "region": HOSTILE, "profile": HOSTILE,
            "api": HOSTILE, "startedAt": at}),
        odd,
        event(1, HOSTILE, HOSTILE),
        event(2, "img", HOSTILE),
        json!({"kind": "image", "at": at, "image": {"region": HOSTILE, "version": HOSTILE,
            "imageBuildStatus": "BUILD_FAILED", "imagebuilderImageStatus": HOSTILE,
            "imagebuilderImageStatusReason": HOSTILE, "cloudformationStackStatusReason": HOSTILE,
            "ec2AmiInfo": {"amiId": "ami-1", "amiName": HOSTILE, "state": HOSTILE}}}),
        json!({"kind": "fault", "at": at, "fault": fault}),
        json!({"kind": HOSTILE, "at": at}),
    ];
    let lines: Vec<_> = lines.iter().map(ToString::to_string).collect();
    lines.join("\n") + "\nnot json \u{1b}]0;title\u{7}\n{\"torn"
}
