//! The built-in themes: complete, readable, and distinguishable with colour-vision deficiencies.

use bakewatch::testing::config::{BUILT_IN, built_in_themes as built_in};
use bakewatch::testing::domain::{StatusClass, Verdict};
use bakewatch::testing::style::{Depth, Glyphs, Role, Scheme};
use ratatui::style::{Color, Modifier, Style};

use crate::support::frame::theme;

/// The roles that must be distinguishable at a glance.
const STATES: [Role; 4] = [Role::Running, Role::Good, Role::Bad, Role::Warn];
const COLOURED: [Depth; 3] = [Depth::Ansi16, Depth::Ansi256, Depth::True];
/// The depths whose colours do not depend on the terminal's own scheme.
const FIXED: [Depth; 2] = [Depth::Ansi256, Depth::True];

const BLACK: [u8; 3] = [0; 3];
/// The background of many dark schemes of editors and terminals.
const DARK: [u8; 3] = [0x1e; 3];
const WHITE: [u8; 3] = [0xff; 3];

fn themes() -> impl Iterator<Item = (&'static str, Scheme)> {
    BUILT_IN
        .map(|(name, _)| (name, built_in(name).unwrap().unwrap()))
        .into_iter()
}

/// The pairs of roles that must be distinguishable.
fn pairs() -> impl Iterator<Item = (Role, Role)> {
    let after = |index: usize| STATES.into_iter().skip(index + 1);
    let of = move |(index, role)| after(index).map(move |other| (role, other));
    STATES.into_iter().enumerate().flat_map(of)
}

/// A colour that does not depend on the terminal, as sRGB. The 256 are a cube of six steps and a ramp of grey
/// after the 16 of the scheme (xterm's 256colres.pl).
fn srgb(colour: Color) -> [u8; 3] {
    match colour {
        Color::Rgb(red, green, blue) => [red, green, blue],
        Color::Indexed(grey @ 232..) => [8 + 10 * (grey - 232); 3],
        Color::Indexed(index @ 16..) => {
            let step = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
            let index = index - 16;
            [step(index / 36), step(index / 6 % 6), step(index % 6)]
        }
        other => panic!("{other} is another one on every terminal"),
    }
}

/// sRGB as linear light (IEC 61966-2-1).
fn linear(colour: [u8; 3]) -> [f64; 3] {
    colour.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    })
}

fn times(matrix: [[f64; 3]; 3], vector: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row.iter().zip(vector).map(|(one, other)| one * other).sum())
}

/// The contrast ratio of WCAG 2.1: from 1 to 21.
fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let luminance = |colour| times([[0.2126, 0.7152, 0.0722]; 3], linear(colour))[0];
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// How far apart two lights look: the distance in CIELAB under D65; 2 can just be seen.
fn distance(one: [f64; 3], other: [f64; 3]) -> f64 {
    const XYZ: [[f64; 3]; 3] = [
        [0.4124, 0.3576, 0.1805],
        [0.2126, 0.7152, 0.0722],
        [0.0193, 0.1192, 0.9505],
    ];
    let lab = |light: [f64; 3]| {
        let [x, y, z] = times(XYZ, light.map(|part| part.clamp(0.0, 1.0)));
        let root = |part: f64| {
            if part > 0.008_856 {
                part.cbrt()
            } else {
                7.787 * part + 16.0 / 116.0
            }
        };
        let (x, y, z) = (root(x / 0.9505), root(y), root(z / 1.089));
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    };
    let squares = lab(one)
        .into_iter()
        .zip(lab(other))
        .map(|(one, other)| (one - other).powi(2));
    squares.sum::<f64>().sqrt()
}

/// Machado, Oliveira and Fernandes: A Physiologically-based Model for Simulation of Color Vision Deficiency
/// (2009), severity 1.0, on linear light.
const PROTANOPIA: [[f64; 3]; 3] = [
    [0.152_286, 1.052_583, -0.204_868],
    [0.114_503, 0.786_281, 0.099_216],
    [-0.003_882, -0.048_116, 1.051_998],
];
const DEUTERANOPIA: [[f64; 3]; 3] = [
    [0.367_322, 0.860_646, -0.227_968],
    [0.280_085, 0.672_501, 0.047_413],
    [-0.011_820, 0.042_940, 0.968_881],
];

fn is_red(colour: Color) -> bool {
    match colour {
        Color::Red | Color::LightRed => true,
        Color::Rgb(..) | Color::Indexed(16..) => {
            let [red, green, blue] = srgb(colour).map(f64::from);
            red > 1.5 * green.max(blue) && (green - blue).abs() < 0.3 * red
        }
        _ => false,
    }
}

/// The backgrounds of a role's text: its own, else each that the theme is made for.
fn grounds(style: Style, made_for: &[[u8; 3]]) -> Vec<[u8; 3]> {
    style
        .bg
        .map_or_else(|| made_for.to_vec(), |ground| vec![srgb(ground)])
}

#[test]
fn text_is_readable_on_the_background_of_its_theme() {
    for (name, scheme) in themes() {
        // Nothing is readable at 4.5 on black and on white; 3 is WCAG's least for large text and signs.
        let (least, made_for): (f64, &[_]) = match name {
            "dark" => (4.5, &[BLACK, DARK]),
            "light" => (4.5, &[WHITE]),
            "high-contrast" => (7.0, &[]),
            _ => (3.0, &[BLACK, DARK, WHITE]),
        };
        for depth in FIXED {
            for role in Role::ALL {
                let style = scheme.style(role, depth);
                let Some(text) = style.fg else {
                    assert!(
                        style.bg.is_none() && !made_for.is_empty(),
                        "{name}: {role:?}"
                    );
                    continue;
                };
                for ground in grounds(style, made_for) {
                    let contrast = contrast(srgb(text), ground);
                    assert!(
                        contrast >= least,
                        "{name}: {role:?} in {depth:?}: {contrast:.2} on {ground:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_selected_row_is_readable_in_every_theme() {
    for (name, scheme) in themes() {
        for depth in FIXED {
            let style = scheme.style(Role::Selection, depth);
            let contrast = contrast(srgb(style.fg.unwrap()), srgb(style.bg.unwrap()));
            assert!(contrast >= 4.5, "{name}: {contrast:.2}");
        }
    }
}

#[test]
fn high_contrast_dims_nothing() {
    let scheme = built_in("high-contrast").unwrap().unwrap();
    for depth in Depth::ALL {
        for role in Role::ALL {
            let style = scheme.style(role, depth);
            assert!(
                !style.add_modifier.contains(Modifier::DIM),
                "{role:?} in {depth:?}"
            );
        }
    }
}

#[test]
fn no_two_statuses_have_the_same_colour() {
    for (name, scheme) in themes() {
        for depth in COLOURED {
            for (one, other) in pairs() {
                let colour = |role| scheme.style(role, depth).fg;
                assert!(colour(one).is_some(), "{name}: {one:?} in {depth:?}");
                assert_ne!(
                    colour(one),
                    colour(other),
                    "{name}: {one:?} and {other:?} in {depth:?}"
                );
            }
        }
    }
}

#[test]
fn statuses_differ_with_colour_vision_deficiencies() {
    let scheme = built_in("colour-blind").unwrap().unwrap();
    for depth in FIXED {
        for (one, other) in pairs() {
            let light = |role| linear(srgb(scheme.style(role, depth).fg.unwrap()));
            for sight in [PROTANOPIA, DEUTERANOPIA] {
                let distance = distance(times(sight, light(one)), times(sight, light(other)));
                assert!(
                    distance >= 20.0,
                    "{one:?} and {other:?} in {depth:?}: {distance:.1}"
                );
            }
        }
    }
}

#[test]
fn only_a_failure_is_red() {
    for (name, _) in themes() {
        for depth in COLOURED {
            let theme = theme(name, depth, Glyphs::Unicode);
            let red = theme.status(StatusClass::Failed).fg;
            assert_eq!(
                red.is_some_and(is_red),
                name != "colour-blind",
                "{name} in {depth:?}"
            );
            for role in Role::ALL.into_iter().filter(|role| *role != Role::Bad) {
                let style = theme.role(role);
                let colours = [style.fg, style.bg].into_iter().flatten();
                for colour in colours {
                    assert!(
                        !is_red(colour) && Some(colour) != red,
                        "{name}: {role:?} in {depth:?}"
                    );
                }
            }
            for verdict in [Verdict::Deleting, Verdict::Deleted, Verdict::RollingBack] {
                assert_ne!(
                    theme.verdict(verdict).fg,
                    red,
                    "{name}: {verdict:?} in {depth:?}"
                );
            }
        }
    }
}

#[test]
fn without_colours_no_style_sets_a_colour() {
    // A style that names a colour makes crossterm write `ESC[;m` under NO_COLOR, which ends REVERSED.
    for (name, scheme) in themes() {
        for role in Role::ALL {
            let style = scheme.style(role, Depth::None);
            assert_eq!((style.fg, style.bg), (None, None), "{name}: {role:?}");
        }
    }
}

#[test]
fn the_selected_row_differs_from_the_others_in_every_theme() {
    for (name, _) in themes() {
        for depth in Depth::ALL {
            let theme = theme(name, depth, Glyphs::Unicode);
            for focused in [true, false] {
                assert_ne!(
                    theme.selected(focused),
                    theme.screen(),
                    "{name} in {depth:?}"
                );
            }
        }
    }
}
