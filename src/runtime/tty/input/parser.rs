//! Splits the bytes of a terminal into events. Bytes and the times of their arrival go in, events come out.
//!
//! A sequence may arrive in parts, so the parser waits for the rest, but each wait has a limit: the first byte of an
//! arrow key is the key Esc, and what a line has lost never arrives. Ctrl-C ends every wait at once. Tests beside this
//! file and in `tests/it/app/input.rs`.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::app::keys::key::Key;
use crate::runtime::tty::input::Event;
use crate::runtime::tty::input::decode::{self, Decoded};

/// The longest pause inside a sequence: 150 ms on the line, and what a busy machine adds.
const LIMIT: Duration = Duration::from_millis(175);
/// The longest pause between Esc and a byte that together are a key with Alt: nobody presses two keys that fast.
const TOGETHER: Duration = Duration::from_millis(30);
/// The longest pause inside the text of a reply, which can't be mistaken for keys.
const REPLY_LIMIT: Duration = Duration::from_secs(1);
/// The longest reply, in time: keys that are pressed steadily must not be taken for one for ever.
const LONGEST_REPLY: Duration = Duration::from_secs(3);
/// The longest pause inside a paste.
const PASTE_LIMIT: Duration = Duration::from_secs(2);
/// The longest pause in the rest of a paste that is not wanted any more.
const DROP_LIMIT: Duration = Duration::from_millis(100);
/// After that time, bytes that look like the rest of an abandoned sequence are keys.
const LATE: Duration = Duration::from_secs(1);
/// The most printable bytes of one read that are keys. More are a paste of a terminal that does not mark pastes.
const MOST_KEYS: usize = 8;
/// The same for one key that is held: two seconds of its repeats.
const MOST_REPEATS: usize = 64;
/// The longest pause inside such a paste.
const UNMARKED_LIMIT: Duration = Duration::from_millis(50);
/// The bytes of a sequence that are kept: no sequence that means anything is longer.
const LONGEST: usize = 64;
/// The bytes of a paste that are kept: more than a prompt takes.
const LONGEST_PASTE: usize = 4096;
const PASTE_END: &[u8] = b"\x1b[201~";

const CTRL_C: u8 = 0x03;
const BELL: u8 = 0x07;
const ESC: u8 = 0x1b;
const DEL: u8 = 0x7f;

/// The state machine.
#[derive(Debug, Default)]
pub struct Parser {
    state: State,
    /// The arrival of the newest byte.
    last: Option<Instant>,
    /// The arrival of the first byte of a reply.
    began: Option<Instant>,
    /// When a sequence was abandoned whose rest may still arrive.
    abandoned: Option<Instant>,
    /// The arrival of the newest part of a paste without marks.
    unmarked: Option<Instant>,
}

/// The unfinished part of the input.
#[derive(Debug, Default)]
enum State {
    #[default]
    Ground,
    /// Esc, perhaps twice: Esc before a sequence stands for Alt.
    Escape { twice: bool },
    /// `Esc O`, then parameters.
    Function { alt: bool, bytes: Vec<u8> },
    /// `Esc [`, then parameters.
    Control { alt: bool, bytes: Vec<u8> },
    /// `Esc [ [`, by which the Linux console begins a function key.
    Console,
    /// `Esc [ M`, then three bytes.
    Mouse(Vec<u8>),
    /// `Esc` and the byte that begins a text, then the text.
    Reply {
        begin: u8,
        text: Vec<u8>,
        /// Esc, which begins the end.
        ends: bool,
        /// `begin` came alone and late: without a text, it is a key that was pressed after the key Esc.
        is_late: bool,
    },
    /// The first bytes of a character.
    Character { alt: bool, bytes: Vec<u8> },
    Paste {
        text: Vec<u8>,
        /// The bytes of the end mark so far.
        matched: usize,
        is_dropped: bool,
    },
}

impl Parser {
    /// Parses bytes that arrived together.
    pub fn feed(&mut self, bytes: &[u8], at: Instant, events: &mut VecDeque<Event>) {
        if self.deadline().is_some_and(|deadline| deadline <= at) {
            self.expire(at, events);
        }
        let mut rest = self.without_late_rest(bytes, at);
        // Where the run of printable bytes ends whose first ones are known to be keys.
        let mut keys = usize::MAX;
        while let [byte, others @ ..] = rest {
            if matches!(self.state, State::Ground) && rest.len() <= keys {
                let run = printable_run(rest);
                if self.is_unmarked_paste(&rest[..run], at) {
                    events.push_back(paste(&rest[..run]));
                    self.unmarked = Some(at);
                    rest = &rest[run..];
                    continue;
                }
                keys = rest.len().saturating_sub(run.max(1));
                self.unmarked = None;
            }
            self.byte(*byte, !others.is_empty(), at, events);
            self.last = Some(at);
            rest = others;
        }
    }

    /// When the unfinished part is to be given up, if there is one.
    pub fn deadline(&self) -> Option<Instant> {
        let limit = match &self.state {
            State::Ground => return None,
            State::Reply { begin, text, .. } if decode::is_reply(*begin, text) => {
                let longest = self.began? + LONGEST_REPLY;
                return Some(longest.min(self.last? + REPLY_LIMIT));
            }
            State::Paste { is_dropped, .. } if *is_dropped => DROP_LIMIT,
            State::Paste { .. } => PASTE_LIMIT,
            _ => LIMIT,
        };
        Some(self.last? + limit)
    }

    /// Gives up the unfinished part.
    pub fn expire(&mut self, at: Instant, events: &mut VecDeque<Event>) {
        match std::mem::take(&mut self.state) {
            State::Escape { twice } => {
                events.push_back(Event::Key(Key::Esc));
                events.extend(twice.then_some(Event::Key(Key::Esc)));
            }
            State::Function { bytes, .. } if bytes.is_empty() => events.push_back(alt('O')),
            State::Control { bytes, .. } if bytes.is_empty() => events.push_back(alt('[')),
            State::Reply {
                begin,
                text,
                is_late,
                ..
            } if text.is_empty() => events.extend(begin_as_keys(begin, is_late)),
            State::Paste {
                text, is_dropped, ..
            } => events.extend((!is_dropped).then(|| paste(&text))),
            State::Function { .. } | State::Control { .. } | State::Mouse(_) => {
                self.abandoned = Some(at);
            }
            State::Ground | State::Console | State::Reply { .. } | State::Character { .. } => {}
        }
    }

    /// Drops the rest of a sequence that was abandoned a moment ago: as keys, it could do anything.
    fn without_late_rest<'a>(&mut self, bytes: &'a [u8], at: Instant) -> &'a [u8] {
        let abandoned = self.abandoned.take();
        if abandoned.is_none_or(|since| at.saturating_duration_since(since) > LATE) {
            return bytes;
        }
        let parameters = bytes.iter().take_while(|byte| decode::is_parameter(**byte));
        let end = parameters.count();
        let is_rest = end > 0 && bytes.get(end).is_some_and(|byte| decode::is_final(*byte));
        if is_rest { &bytes[end + 1..] } else { bytes }
    }

    fn is_unmarked_paste(&self, run: &[u8], at: Instant) -> bool {
        let printable = run.iter().filter(|byte| **byte >= b' ').count();
        let continues = self
            .unmarked
            .is_some_and(|since| at.saturating_duration_since(since) <= UNMARKED_LIMIT);
        // A key that is held repeats one byte, even where the connection was late.
        let is_one_key = run
            .first()
            .is_some_and(|first| run.iter().all(|byte| byte == first));
        let most = if is_one_key { MOST_REPEATS } else { MOST_KEYS };
        printable > most || (continues && !run.is_empty())
    }

    /// Takes one byte. `has_more`: others arrived together with it.
    fn byte(&mut self, byte: u8, has_more: bool, at: Instant, events: &mut VecDeque<Event>) {
        if byte == CTRL_C {
            self.state = match self.state {
                // What was pasted after it would otherwise be keys.
                State::Paste { .. } => State::Paste {
                    text: Vec::new(),
                    matched: 0,
                    is_dropped: true,
                },
                _ => State::Ground,
            };
            events.push_back(Event::Key(Key::Ctrl('c')));
            return;
        }
        match &mut self.state {
            State::Ground => self.first(byte, false, events),
            State::Escape { twice } => {
                let twice = *twice;
                self.after_escape(byte, twice, has_more, at, events);
            }
            State::Paste {
                text,
                matched,
                is_dropped,
            } => {
                if byte == PASTE_END[*matched] {
                    *matched += 1;
                } else {
                    keep(text, &PASTE_END[..*matched]);
                    // Only its first byte is Esc, so no other start of the mark is inside it.
                    *matched = usize::from(byte == ESC);
                    if *matched == 0 {
                        keep(text, &[byte]);
                    }
                }
                if *matched == PASTE_END.len() {
                    events.extend((!*is_dropped).then(|| paste(text)));
                    self.state = State::Ground;
                }
            }
            State::Reply {
                begin,
                text,
                is_late: true,
                ..
            } if text.is_empty() && (byte < b' ' || !decode::is_reply(*begin, &[byte])) => {
                events.extend(begin_as_keys(*begin, true));
                self.first(byte, false, events);
            }
            State::Reply { text, ends, .. } => match byte {
                ESC if !*ends => *ends = true,
                BELL => self.end_reply(events),
                b'\\' if *ends => self.end_reply(events),
                _ if *ends => {
                    // Another sequence: the end of this one is lost.
                    self.state = State::Escape { twice: false };
                    self.last = Some(at);
                    self.byte(byte, has_more, at, events);
                }
                // A reply contains no control characters: this is a key.
                0..b' ' | DEL => self.first(byte, false, events),
                _ if text.len() < LONGEST => text.push(byte),
                _ => {}
            },
            State::Character { alt, bytes } => {
                let alt = *alt;
                if byte & 0xc0 == 0x80 {
                    bytes.push(byte);
                    self.end_character(alt, events);
                } else {
                    self.first(byte, false, events);
                }
            }
            State::Function { .. } | State::Control { .. } | State::Console | State::Mouse(_) => {
                self.in_sequence(byte, events);
            }
        }
    }

    /// A byte outside of everything unfinished.
    fn first(&mut self, byte: u8, with_alt: bool, events: &mut VecDeque<Event>) {
        self.state = State::Ground;
        match byte {
            ESC => self.state = State::Escape { twice: false },
            0..0x80 => {
                let key = decode::byte(byte);
                events.push_back(if with_alt {
                    Event::ModifiedKey(format!("alt-{key}"))
                } else {
                    Event::Key(key)
                });
            }
            0xc2..0xf5 => {
                let bytes = vec![byte];
                self.state = State::Character {
                    alt: with_alt,
                    bytes,
                };
            }
            // No character begins so.
            _ => {}
        }
    }

    /// The byte after Esc: it begins a sequence, is a key with Alt, or is a key of its own.
    fn after_escape(
        &mut self,
        byte: u8,
        twice: bool,
        has_more: bool,
        at: Instant,
        events: &mut VecDeque<Event>,
    ) {
        // Terminals send Esc and a key in one write for the key with Alt.
        let is_together = self.last == Some(at);
        let is_soon = self.last.is_some_and(|last| at <= last + TOGETHER);
        let bytes = Vec::new();
        match byte {
            b'[' => self.state = State::Control { alt: twice, bytes },
            b'O' => self.state = State::Function { alt: twice, bytes },
            b']' | b'P' | b'X' | b'^' | b'_' => {
                events.extend(twice.then_some(Event::Key(Key::Esc)));
                self.began = Some(at);
                self.state = State::Reply {
                    begin: byte,
                    text: bytes,
                    ends: false,
                    is_late: !has_more && !is_soon,
                };
            }
            ESC => {
                if twice || !is_together {
                    events.push_back(Event::Key(Key::Esc));
                }
                self.state = State::Escape { twice: is_together };
            }
            _ => {
                if twice || !is_together {
                    events.push_back(Event::Key(Key::Esc));
                }
                self.first(byte, is_together, events);
            }
        }
    }

    /// A byte of a sequence that has no text.
    fn in_sequence(&mut self, byte: u8, events: &mut VecDeque<Event>) {
        match &mut self.state {
            // Its three bytes may have any value but those of control characters.
            State::Mouse(bytes) if byte >= b' ' => {
                bytes.push(byte);
                if let [button, column, row] = bytes[..] {
                    self.state = State::Ground;
                    events.extend(decode::plain_mouse([button, column, row]).map(Event::Mouse));
                }
            }
            // Its rest is lost.
            _ if !(b' '..DEL).contains(&byte) => self.first(byte, false, events),
            State::Console => {
                self.state = State::Ground;
                events.extend(decode::console(byte).map(Event::Key));
            }
            State::Function { bytes, .. } | State::Control { bytes, .. }
                if !decode::is_final(byte) =>
            {
                bytes.extend((bytes.len() < LONGEST).then_some(byte));
            }
            State::Function { alt, bytes } => {
                let event = decode::function(bytes, byte, *alt);
                self.state = State::Ground;
                events.extend(event);
            }
            State::Control { bytes, .. } if bytes.is_empty() && byte == b'[' => {
                self.state = State::Console;
            }
            State::Control { bytes, .. } if bytes.is_empty() && byte == b'M' => {
                self.state = State::Mouse(Vec::new());
            }
            State::Control { alt, bytes } => {
                let decoded = decode::control(bytes, byte, *alt);
                self.state = State::Ground;
                match decoded {
                    Decoded::Nothing => {}
                    Decoded::Event(event) => events.push_back(event),
                    Decoded::PasteBegins => {
                        self.state = State::Paste {
                            text: Vec::new(),
                            matched: 0,
                            is_dropped: false,
                        };
                    }
                }
            }
            _ => {}
        }
    }

    fn end_character(&mut self, with_alt: bool, events: &mut VecDeque<Event>) {
        let State::Character { bytes, .. } = &self.state else {
            return;
        };
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                let keys = text.chars().map(Key::Char).map(|key| {
                    if with_alt {
                        Event::ModifiedKey(format!("alt-{key}"))
                    } else {
                        Event::Key(key)
                    }
                });
                events.extend(keys);
                self.state = State::Ground;
            }
            // Incomplete.
            Err(error) if error.error_len().is_none() => {}
            Err(_) => self.state = State::Ground,
        }
    }

    fn end_reply(&mut self, events: &mut VecDeque<Event>) {
        if let State::Reply { begin, text, .. } = std::mem::take(&mut self.state) {
            events.extend(decode::reply(begin, &text));
        }
    }
}

/// The number of bytes at the beginning that are text, line breaks and tabs included. A character that is cut at the end
/// is left for the next read.
fn printable_run(bytes: &[u8]) -> usize {
    let is_text = |byte: &u8| matches!(byte, b'\t' | b'\r' | b'\n' | b' '..=b'~' | 0x80..);
    let end = bytes.iter().take_while(|byte| is_text(byte)).count();
    match std::str::from_utf8(&bytes[..end]) {
        Err(error) if error.error_len().is_none() && end == bytes.len() => error.valid_up_to(),
        _ => end,
    }
}

/// Keeps bytes of a paste up to the limit.
fn keep(text: &mut Vec<u8>, bytes: &[u8]) {
    let room = LONGEST_PASTE.saturating_sub(text.len());
    text.extend(bytes.iter().take(room));
}

fn paste(text: &[u8]) -> Event {
    let kept = &text[..text.len().min(LONGEST_PASTE)];
    Event::Paste(String::from_utf8_lossy(kept).into_owned())
}

/// The keys that the beginning of a reply is where none follows.
fn begin_as_keys(begin: u8, is_late: bool) -> Vec<Event> {
    if is_late {
        vec![Event::Key(Key::Esc), Event::Key(decode::byte(begin))]
    } else {
        vec![alt(begin.into())]
    }
}

fn alt(key: char) -> Event {
    Event::ModifiedKey(format!("alt-{}", Key::Char(key)))
}
