//! Events of the YAML parser → tree, within bounds.
//!
//! Aliases are replaced by copies of what they name, and merge keys (`<<`) by the entries that
//! they bring, so nothing behind this file knows of either. Every copy counts against
//! [`Limits::nodes`]: that is what defuses an alias bomb.

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Parser, ScalarStyle as Style, ScanError, Span};

use super::{
    Entry, Key, Node, Place, Scalar, ScalarKind, ScalarStyle, SyntaxError, Tree, dialect::Source,
    scalar, surrogates,
};

/// Bounds of one document, against input that is made to exhaust us.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of text.
    pub bytes: usize,
    /// Mappings and lists within each other.
    pub depth: usize,
    /// Nodes in the tree, copies made by aliases included.
    pub nodes: usize,
}

/// A collection that is still being read.
enum Open {
    Sequence { place: Place, anchor: usize, items: Vec<Node> },
    Mapping { place: Place, anchor: usize, mapping: OpenMapping },
}

#[derive(Default)]
struct OpenMapping {
    entries: Vec<Entry>,
    seen: HashMap<String, Place>,
    key: Option<Key>,
    merged: Vec<Entry>,
}

struct Loader<'t> {
    limits: Limits,
    source: Source<'t>,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    anchor_names: HashSet<&'t str>,
    /// Nodes in the tree and in what anchors remember of it.
    nodes: usize,
    root: Option<Node>,
}

/// Reads one document. `None` is an empty one: nothing but comments and white space.
///
/// # Errors
/// Text that is not YAML, a second document, a repeated key, a key that is not a string, an alias
/// to nothing or to itself, and everything beyond `limits`.
pub fn load(text: &str, limits: Limits) -> Result<Option<Node>, SyntaxError> {
    match surrogates::joined(text).filter(|_| text.len() <= limits.bytes) {
        Some(text) => load_joined(&text, limits),
        None => load_joined(text, limits),
    }
}

fn load_joined(text: &str, limits: Limits) -> Result<Option<Node>, SyntaxError> {
    if text.len() > limits.bytes {
        return Err(SyntaxError {
            place: None,
            message: format!("the file is larger than {} bytes", limits.bytes),
        });
    }
    let mut loader = Loader {
        limits,
        source: Source::new(text)?,
        open: Vec::new(),
        anchors: HashMap::new(),
        anchor_names: HashSet::new(),
        nodes: 0,
        root: None,
    };
    let mut documents = 0_usize;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| loader.scan_error(&error))?;
        match event {
            Event::DocumentStart(_) => documents += 1,
            Event::StreamStart | Event::StreamEnd | Event::DocumentEnd | Event::Nothing => {}
            // A document without anything in it, such as a trailing `---` makes.
            Event::Scalar(text, Style::Plain, 0, _)
                if text.is_empty() && loader.open.is_empty() => {}
            _ if documents > 1 => {
                return Err(error(
                    Some(place_of(span)),
                    "more than one YAML document: write each into a file of its own",
                ));
            }
            event => loader.event(event, place_of(span))?,
        }
    }
    Ok(loader.root)
}

// === impl Loader ===

impl Loader<'_> {
    fn event(&mut self, event: Event<'_>, place: Place) -> Result<(), SyntaxError> {
        match event {
            // A tag is ignored, as Cerbos's parser ignores it: `!!str 12` is a number.
            Event::Scalar(text, style, anchor, _tag) => {
                self.name_anchor(anchor, place)?;
                let scalar = scalar(text.into_owned(), style, place)?;
                if self.expects_key() {
                    return self.key(scalar, place, anchor);
                }
                self.value(Node { place, tree: Tree::Scalar(scalar) }, anchor, 1)
            }
            Event::SequenceStart(anchor, _tag) => {
                self.name_anchor(anchor, place)?;
                self.open(Open::Sequence { place, anchor, items: Vec::new() }, place)
            }
            Event::MappingStart(anchor, _tag) => {
                self.name_anchor(anchor, place)?;
                if self.source.is_key_behind_tab(place) {
                    let message = "a tab cannot stand between `-` and a key: use spaces";
                    return Err(error(Some(place), message));
                }
                let mapping = OpenMapping::default();
                self.open(Open::Mapping { place, anchor, mapping }, place)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => self.alias(anchor, place),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    /// YAML lets an anchor be defined again, Cerbos does not.
    fn name_anchor(&mut self, anchor: usize, place: Place) -> Result<(), SyntaxError> {
        let name = if anchor == 0 { None } else { self.source.anchor_at(place) };
        match name {
            Some(name) if !self.anchor_names.insert(name) => {
                let message = format!("the anchor `&{name}` is defined twice");
                Err(SyntaxError { place: Some(place), message })
            }
            _ => Ok(()),
        }
    }

    fn expects_key(&self) -> bool {
        matches!(self.open.last(), Some(Open::Mapping { mapping, .. }) if mapping.key.is_none())
    }

    fn is_merging(&self) -> bool {
        matches!(self.open.last(), Some(Open::Mapping { mapping, .. }) if mapping.is_merging())
    }

    fn key(&mut self, scalar: Scalar, place: Place, anchor: usize) -> Result<(), SyntaxError> {
        if anchor != 0 || self.source.is_explicit_key(place) {
            return Err(error(
                Some(place),
                "write `key: value`: a key is a text, and nothing else",
            ));
        }
        match self.open.last_mut() {
            Some(Open::Mapping { mapping, .. }) => mapping.start(Key { place, scalar }),
            _ => Ok(()),
        }
    }

    fn open(&mut self, open: Open, place: Place) -> Result<(), SyntaxError> {
        if self.expects_key() {
            return Err(error(Some(place), "a key must be a string"));
        }
        if self.open.len() >= self.limits.depth {
            return Err(self.too_deep(place));
        }
        self.open.push(open);
        Ok(())
    }

    fn close(&mut self) -> Result<(), SyntaxError> {
        match self.open.pop() {
            Some(Open::Sequence { place, anchor, items }) => {
                self.value(Node { place, tree: Tree::Sequence(items) }, anchor, 1)
            }
            Some(Open::Mapping { place, anchor, mapping }) => {
                self.value(Node { place, tree: Tree::Mapping(mapping.finish()) }, anchor, 1)
            }
            None => Ok(()),
        }
    }

    fn alias(&mut self, anchor: usize, place: Place) -> Result<(), SyntaxError> {
        if self.expects_key() {
            return Err(error(Some(place), "a key cannot be an alias"));
        }
        // An anchor is known once its node is complete, so one that holds itself is not.
        let Some(node) = self.anchors.get(&anchor) else {
            return Err(error(Some(place), "this alias names no anchor before it"));
        };
        let Size { nodes, depth } = size(node);
        if self.nodes.saturating_add(nodes) > self.limits.nodes {
            return Err(self.too_many(place));
        }
        if self.open.len().saturating_add(depth) > self.limits.depth {
            return Err(self.too_deep(place));
        }
        let mut node = node.clone();
        node.place = place;
        self.value(node, 0, nodes)
    }

    fn value(&mut self, node: Node, anchor: usize, nodes: usize) -> Result<(), SyntaxError> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > self.limits.nodes {
            return Err(self.too_many(node.place));
        }
        if anchor != 0 {
            if self.is_merging() {
                return Err(error(Some(node.place), "what `<<` merges cannot have an anchor"));
            }
            // What an anchor remembers is a copy too: anchors within anchors would double it.
            self.nodes = self.nodes.saturating_add(size(&node).nodes);
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut() {
            Some(Open::Sequence { items, .. }) => items.push(node),
            Some(Open::Mapping { mapping, .. }) => mapping.complete(node)?,
            None => self.root = Some(node),
        }
        Ok(())
    }

    fn scan_error(&self, error: &ScanError) -> SyntaxError {
        let marker = error.marker();
        let place = Place { line: marker.line(), column: marker.col() + 1 };
        // The parser reads ahead, and has a bound of its own.
        if error.info() == "recursion limit exceeded" {
            return self.too_deep(place);
        }
        SyntaxError { place: Some(place), message: error.info().to_owned() }
    }

    fn too_deep(&self, place: Place) -> SyntaxError {
        let message = format!("nested more than {} deep", self.limits.depth);
        SyntaxError { place: Some(place), message }
    }

    fn too_many(&self, place: Place) -> SyntaxError {
        let message = format!("more than {} values, aliases counted", self.limits.nodes);
        SyntaxError { place: Some(place), message }
    }
}

// === impl OpenMapping ===

impl OpenMapping {
    fn start(&mut self, key: Key) -> Result<(), SyntaxError> {
        if key.scalar.kind != ScalarKind::String {
            let message = format!("the key `{}` must be a string: quote it", key.scalar.text);
            return Err(SyntaxError { place: Some(key.place), message });
        }
        if let Some(first) = self.seen.insert(key.scalar.text.clone(), key.place) {
            let message = format!("the key `{}` is already defined at {first}", key.scalar.text);
            return Err(SyntaxError { place: Some(key.place), message });
        }
        self.key = Some(key);
        Ok(())
    }

    /// Only a plain `<<` merges.
    fn is_merging(&self) -> bool {
        let scalar = self.key.as_ref().map(|key| &key.scalar);
        scalar.is_some_and(|scalar| scalar.text == "<<" && scalar.style == ScalarStyle::Plain)
    }

    fn complete(&mut self, value: Node) -> Result<(), SyntaxError> {
        let is_merging = self.is_merging();
        let Some(key) = self.key.take() else { return Ok(()) };
        if !is_merging {
            self.entries.push(Entry { key, value });
            return Ok(());
        }
        match value.tree {
            Tree::Mapping(entries) => self.merged = entries,
            Tree::Scalar(_) | Tree::Sequence(_) => {
                return Err(error(Some(value.place), "`<<` takes one mapping"));
            }
        }
        Ok(())
    }

    /// The mapping's own entries win over merged ones, wherever they stand.
    fn finish(mut self) -> Vec<Entry> {
        let own: HashSet<String> =
            self.entries.iter().map(|entry| entry.key.scalar.text.clone()).collect();
        let merged = self.merged.into_iter();
        self.entries.extend(merged.filter(|entry| !own.contains(&entry.key.scalar.text)));
        self.entries
    }
}

fn scalar(text: String, style: Style, place: Place) -> Result<Scalar, SyntaxError> {
    // Within `{}` and `[]`, where no block can be.
    if style == Style::Plain && text.starts_with(['|', '>']) {
        return Err(error(Some(place), "put a text that begins with `|` or `>` in quotes"));
    }
    let (style, kind) = match style {
        Style::Plain => (ScalarStyle::Plain, scalar::resolve(&text)),
        Style::SingleQuoted | Style::DoubleQuoted => (ScalarStyle::Quoted, ScalarKind::String),
        Style::Literal | Style::Folded => (ScalarStyle::Block, ScalarKind::String),
    };
    Ok(Scalar { text, kind, style })
}

struct Size {
    nodes: usize,
    /// Collections within each other.
    depth: usize,
}

fn size(node: &Node) -> Size {
    let mut size = Size { nodes: 0, depth: 0 };
    let mut left = vec![(node, 1)];
    while let Some((node, depth)) = left.pop() {
        size.nodes = size.nodes.saturating_add(1);
        match &node.tree {
            Tree::Scalar(_) => continue,
            Tree::Sequence(items) => left.extend(items.iter().map(|item| (item, depth + 1))),
            Tree::Mapping(entries) => {
                left.extend(entries.iter().map(|entry| (&entry.value, depth + 1)));
            }
        }
        size.depth = size.depth.max(depth);
    }
    size
}

fn place_of(span: Span) -> Place {
    Place { line: span.start.line(), column: span.start.col() + 1 }
}

fn error(place: Option<Place>, message: &str) -> SyntaxError {
    SyntaxError { place, message: message.to_owned() }
}
