//! The way of data is visible in the folders: this reads the paths in the code and fails where a layer uses another
//! one that it must not know. `LAYERS` is the table.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::source::{SourceFile, files, src};

/// A folder or a top-level file of `src`: the modules of this crate that it may use, and the crates it must not use.
struct Layer {
    name: &'static str,
    /// From the root of the crate. `None`: all of them.
    may_use: Option<&'static [&'static str]>,
    never: &'static [&'static [&'static str]],
}

const NETWORK: &[&str] = &[
    "tokio",
    "reqwest",
    "hyper",
    "aws_config",
    "aws_sigv4",
    "std::net",
];
/// Input and output, which pure functions do not use.
const OUTSIDE: &[&str] = &["clap", "std::fs", "std::env", "std::io", "Instant"];
const SCREEN: &[&str] = &["ratatui", "crossterm"];

const fn layer(
    name: &'static str,
    may_use: &'static [&'static str],
    never: &'static [&'static [&'static str]],
) -> Layer {
    let may_use = Some(may_use);
    Layer {
        name,
        may_use,
        never,
    }
}

/// A layer that puts the others together.
const fn top(name: &'static str) -> Layer {
    Layer {
        name,
        may_use: None,
        never: &[],
    }
}

const LAYERS: &[Layer] = &[
    layer("text", &[], &[NETWORK, OUTSIDE, SCREEN]),
    layer("clock", &[], &[SCREEN, &["clap"]]),
    layer("file", &[], &[NETWORK, SCREEN, &["clap", "std::env"]]),
    layer("exit_code", &["domain"], &[NETWORK, OUTSIDE, SCREEN]),
    layer("store", &["text"], &[NETWORK, OUTSIDE, SCREEN]),
    layer("domain", &["text", "store"], &[NETWORK, OUTSIDE, SCREEN]),
    layer(
        "aws",
        &["text", "clock", "file", "domain::fault"],
        // The environment: whether aws-config may take its home folder from there.
        &[SCREEN, &["clap"]],
    ),
    layer(
        "backend",
        &["aws", "domain", "text", "clock"],
        &[SCREEN, &["clap", "std::env"]],
    ),
    layer(
        "poll",
        &["backend", "domain", "clock", "text"],
        &[SCREEN, &["clap", "std::env", "reqwest"]],
    ),
    layer(
        "recording",
        &["domain", "text", "clock", "file"],
        &[
            SCREEN,
            &["clap", "std::env", "std::net", "reqwest", "hyper"],
        ],
    ),
    layer(
        "demo",
        &["domain", "text", "clock"],
        &[SCREEN, &["clap", "std::env", "reqwest"]],
    ),
    layer(
        "app",
        &["domain", "store", "text", "exit_code"],
        &[NETWORK, OUTSIDE, &["crossterm"]],
    ),
    layer(
        "style",
        &["domain", "text"],
        &[NETWORK, OUTSIDE, &["crossterm"]],
    ),
    layer(
        "view",
        &["app", "style", "domain", "store", "text"],
        &[NETWORK, OUTSIDE, &["crossterm"]],
    ),
    layer(
        "output",
        &["app", "style", "domain", "store", "text"],
        &[NETWORK, &["clap", "std::fs", "std::env", "Instant"]],
    ),
    layer("cli", &["text"], &[NETWORK, SCREEN]),
    layer("error", &["exit_code", "text"], &[NETWORK, SCREEN]),
    layer(
        "config",
        &["cli", "error", "style", "app::keys", "text", "domain"],
        &[NETWORK, SCREEN],
    ),
    top("runtime"),
    top("testing"),
    top("lib"),
    layer("main", &[], &[NETWORK, OUTSIDE, SCREEN]),
];

/// The modules and folders that have a row in the document: those that others may use.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    let documented = |name: &&str| !["testing", "lib", "main"].contains(name);
    LAYERS.iter().map(|layer| layer.name).filter(documented)
}

/// The modules that a layer may use; none for one that may use all of them.
pub(crate) fn allowed(name: &str) -> Option<&'static [&'static str]> {
    let layer = LAYERS.iter().find(|layer| layer.name == name)?;
    layer.may_use
}

fn is_within(path: &[String], module: &str) -> bool {
    let module: Vec<_> = module.split("::").collect();
    path.len() >= module.len() && path.iter().zip(&module).all(|(one, other)| one == other)
}

#[test]
fn every_folder_and_file_has_a_row() {
    let found: BTreeSet<_> = files().iter().map(SourceFile::layer).collect();
    let rows: BTreeSet<_> = LAYERS.iter().map(|layer| layer.name.to_owned()).collect();
    assert_eq!(found, rows);
}

#[test]
fn every_layer_uses_only_the_modules_that_it_may_know() {
    let mut complaints = BTreeSet::new();
    for file in files() {
        let name = file.layer();
        let Some(layer) = LAYERS.iter().find(|layer| layer.name == name) else {
            continue;
        };
        let shown = file.path.display();
        for path in file.paths() {
            let mut known = layer.may_use.unwrap_or_default().iter();
            let is_known = layer.may_use.is_none()
                || path.is_empty()
                || is_within(&path, layer.name)
                || known.any(|module| is_within(&path, module));
            if !is_known {
                complaints.insert(format!("src/{shown} uses crate::{}", path.join("::")));
            }
        }
        let uses = |name: &&&str| {
            file.code.contains(&format!("{name}::")) || file.code.contains(&format!("{name};"))
        };
        for name in layer.never.iter().copied().flatten().filter(uses) {
            complaints.insert(format!("src/{shown} uses {name}"));
        }
    }
    let complaints: Vec<_> = complaints.into_iter().collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// Who uses whom, and a file of the one that uses the other.
type Graph = BTreeMap<String, BTreeMap<String, String>>;

/// The uses between the modules directly below a module.
fn graph(files: &[SourceFile], module: &[&str], is_node: impl Fn(&str) -> bool) -> Graph {
    let mut graph = Graph::new();
    for file in files {
        let parts: Vec<_> = file
            .path
            .iter()
            .map(|part| part.to_str().unwrap())
            .collect();
        let Some((from, _)) = parts.strip_prefix(module).and_then(<[_]>::split_first) else {
            continue;
        };
        let from = from.trim_end_matches(".rs");
        for path in file.paths() {
            let names: Vec<_> = path.iter().map(String::as_str).collect();
            let Some((to, _)) = names.strip_prefix(module).and_then(<[_]>::split_first) else {
                continue;
            };
            if from != *to && is_node(from) && is_node(to) {
                let uses = graph.entry(from.to_owned()).or_default();
                uses.insert((*to).to_owned(), file.path.display().to_string());
            }
        }
    }
    graph
}

/// Takes away, again and again, the nodes that use none that is left; the others are in a cycle or lead to one.
fn cyclic(mut graph: Graph) -> Graph {
    loop {
        let nodes: BTreeSet<_> = graph.keys().cloned().collect();
        for uses in graph.values_mut() {
            uses.retain(|to, _| nodes.contains(to));
        }
        graph.retain(|_, uses| !uses.is_empty());
        if graph.len() == nodes.len() {
            return graph;
        }
    }
}

#[test]
fn the_layers_have_no_cycle() {
    let cycles = cyclic(graph(&files(), &[], |name| {
        LAYERS.iter().any(|layer| layer.name == name)
    }));
    assert!(cycles.is_empty(), "{cycles:#?}");
}

/// Layers in which a single file and the folders beside it may use one another; their folders may not.
const FILES_IN_CYCLES: [&str; 3] = ["app", "recording", "runtime"];

/// In each layer that has folders of its own: these folders, and the files beside them.
#[test]
fn the_folders_inside_a_layer_have_no_cycle() {
    let files = files();
    for layer in LAYERS.iter().map(|layer| layer.name) {
        let folder = src().join(layer);
        let has_folders = fs::read_dir(&folder)
            .is_ok_and(|mut entries| entries.any(|entry| entry.unwrap().path().is_dir()));
        if !has_folders {
            continue;
        }
        let is_node = |name: &str| {
            let path = folder.join(name);
            let is_file = !FILES_IN_CYCLES.contains(&layer) && path.with_extension("rs").is_file();
            path.is_dir() || is_file
        };
        let cycles = cyclic(graph(&files, &[layer], is_node));
        assert!(cycles.is_empty(), "{layer}: {cycles:#?}");
    }
}

/// `tty` may use `process`, which knows no terminal, and neither knows the loops. `runtime/mod.rs` puts them together, so it
/// does not count.
#[test]
fn the_modules_of_the_runtime_have_no_cycle() {
    let files = files();
    for module in [
        &["runtime"][..],
        &["runtime", "process"],
        &["runtime", "tty"],
    ] {
        let folder = module.iter().fold(src(), |path, part| path.join(part));
        let is_module = |name: &str| {
            let file = folder.join(name).with_extension("rs");
            name != "mod" && (file.is_file() || folder.join(name).is_dir())
        };
        let cycles = cyclic(graph(&files, module, is_module));
        assert!(cycles.is_empty(), "{cycles:#?}");
    }
}

/// The layer below the backends speaks AWS, and of no service that is built on it.
#[test]
fn the_aws_layer_does_not_know_parallelcluster() {
    fn check(folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                check(&path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap().to_lowercase();
            assert!(!text.contains("parallelcluster"), "{}", path.display());
        }
    }
    check(&src().join("aws"));
}

/// The application may use ratatui's geometry, and nothing else of it.
#[test]
fn the_application_draws_nothing() {
    for file in files().iter().filter(|file| file.layer() == "app") {
        let other = file.code.replace("ratatui::layout::", "");
        assert!(
            !other.contains("ratatui"),
            "{} uses more than ratatui::layout",
            file.path.display()
        );
    }
}

/// 400 lines a file, without blanks, comments and tests.
#[test]
fn no_file_is_longer_than_400_lines() {
    for file in files() {
        let lines = file.code.lines().filter(|line| !line.trim().is_empty());
        let count = lines.count();
        assert!(count <= 400, "{} has {count} lines", file.path.display());
    }
}

fn toml(file: &str) -> toml::Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    fs::read_to_string(path).unwrap().parse().unwrap()
}

/// No attribute can allow a lint that the manifest forbids. The single TLS stack is checked by
/// `cargo deny`, since `Cargo.lock` also names crates that no build needs.
#[test]
fn unsafe_code_is_forbidden_and_functions_have_at_most_80_lines() {
    let manifest = toml("Cargo.toml");
    let lints = &manifest["lints"];
    assert_eq!(lints["rust"]["unsafe_code"].as_str(), Some("forbid"));
    // The lint of long functions is one of these.
    assert_eq!(lints["clippy"]["pedantic"]["level"].as_str(), Some("warn"));
    let clippy = toml("clippy.toml");
    assert_eq!(clippy["too-many-lines-threshold"].as_integer(), Some(80));
}
