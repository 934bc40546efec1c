//! From the parser's events to a tree, within bounds.
//!
//! The events are pulled one at a time and the tree is built on a stack of our own, so that depth and number of nodes
//! are judged before anything grows: no input recurses, hangs or takes more memory than its bounds allow.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError};

use super::explain::explain;
use super::{Core, Entry, Key, Mapping, Node, Scalar, Style, Value};
use crate::diagnostics::{Problem, Problems, quote};
use crate::source::{Source, Span, too_large_message};

/// How deep mappings and lists may stand in each other, aliases resolved.
pub const MAX_DEPTH: usize = 64;
/// How many nodes a file may have, with those that aliases repeat.
pub const MAX_NODES: usize = 100_000;

/// Reads one YAML document. Mistakes that leave a tree (duplicate keys, tags) are reported and reading goes on; a
/// mistake that leaves none (syntax, bounds, several documents) is reported and there is no tree.
pub fn load(source: &Source, problems: &mut Problems) -> Option<Node> {
    if source.text().len() > Source::MAX_BYTES {
        problems.report(Problem::at(Span::default(), too_large_message()));
        return None;
    }
    let places = Places::new(source.text());
    let mut builder = Builder { source, problems, stack: Vec::new(), nodes: 0, anchors: HashMap::new(), root: None };
    let mut documents = 0;
    for event in Parser::new_from_str(source.text()) {
        let step = match event {
            Ok((Event::DocumentStart(_), span)) => {
                documents += 1;
                if documents > 1 { Err(second_document(places.span(span))) } else { Ok(()) }
            }
            Ok((event, span)) => builder.take(event, places.span(span)),
            Err(error) => Err(syntax(&error, source, &places)),
        };
        if let Err(problem) = step {
            builder.problems.report(problem);
            return None;
        }
    }
    let root = builder.root;
    if root.is_none() {
        problems
            .report(Problem::at(Span::default(), "the file is empty").label("nothing but comments and blank lines"));
    }
    root
}

fn second_document(span: Span) -> Problem {
    Problem::at(span, "there is a second document in the file")
        .label("it begins here")
        .remedy("keep one document in a file, and remove this `---`")
}

fn syntax(error: &ScanError, source: &Source, places: &Places) -> Problem {
    let start = places.offset(error.marker().index());
    explain(error.info(), source, Span { start, end: start })
}

/// Byte offsets of characters: the parser counts characters, we slice text.
struct Places {
    /// Absent for ASCII, where both are the same.
    offsets: Option<Vec<usize>>,
    end: usize,
}

impl Places {
    fn new(text: &str) -> Self {
        let offsets = (!text.is_ascii()).then(|| text.char_indices().map(|(at, _)| at).collect());
        Self { offsets, end: text.len() }
    }

    fn offset(&self, character: usize) -> usize {
        match &self.offsets {
            Some(offsets) => offsets.get(character).copied().unwrap_or(self.end),
            None => character.min(self.end),
        }
    }

    fn span(&self, span: saphyr_parser::Span) -> Span {
        Span { start: self.offset(span.start.index()), end: self.offset(span.end.index()) }
    }
}

/// A node that is complete, with what it costs to repeat it.
struct Built {
    node: Node,
    anchor: usize,
    /// Itself and all below it.
    nodes: usize,
    /// Mappings and lists in each other.
    height: usize,
}

/// A mapping or list that is not closed yet.
struct Open {
    start: usize,
    anchor: usize,
    nodes: usize,
    height: usize,
    content: Content,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping { mapping: Mapping, lines: HashMap<String, u32>, key: Pending },
}

/// Where a mapping stands between two events.
enum Pending {
    Key,
    ValueOf(Key),
    /// The value of a key that was refused.
    Nothing,
}

struct Builder<'l> {
    source: &'l Source,
    problems: &'l mut Problems,
    stack: Vec<Open>,
    nodes: usize,
    anchors: HashMap<usize, (Node, usize, usize)>,
    root: Option<Node>,
}

impl Builder<'_> {
    /// Takes one event. An error ends the reading.
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Problem> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(tag.is_some(), span);
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
                    ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
                };
                let span = self.trimmed(span);
                let node = Node { span, value: Value::Scalar(Scalar::new(text.into_owned(), style)) };
                self.spend(1, span)?;
                self.attach(Built { node, anchor, nodes: 1, height: 0 })
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse_tag(tag.is_some(), span);
                self.open(span, anchor, Content::Sequence(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse_tag(tag.is_some(), span);
                let content =
                    Content::Mapping { mapping: Mapping::default(), lines: HashMap::new(), key: Pending::Key };
                self.open(span, anchor, content)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(anchor) => self.repeat(anchor, span),
            _ => Ok(()),
        }
    }

    fn refuse_tag(&mut self, tagged: bool, span: Span) {
        if tagged {
            let problem = Problem::at(span, "tags such as `!!str` are not read")
                .label("this value has one")
                .remedy("remove the tag; quote the value if it is to be text");
            self.problems.report(problem);
        }
    }

    fn spend(&mut self, nodes: usize, span: Span) -> Result<(), Problem> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes <= MAX_NODES {
            return Ok(());
        }
        Err(Problem::at(span, format!("the file has more than {MAX_NODES} values"))
            .label("reading stopped here")
            .remedy("split it; an alias (`*name`) counts as all that it repeats"))
    }

    fn open(&mut self, span: Span, anchor: usize, content: Content) -> Result<(), Problem> {
        self.check_depth(1, span)?;
        self.spend(1, span)?;
        self.stack.push(Open { start: span.start, anchor, nodes: 1, height: 0, content });
        Ok(())
    }

    fn check_depth(&self, height: usize, span: Span) -> Result<(), Problem> {
        if self.stack.len() + height <= MAX_DEPTH { Ok(()) } else { Err(too_deep(span)) }
    }

    fn close(&mut self, span: Span) -> Result<(), Problem> {
        let Some(open) = self.stack.pop() else { return Ok(()) };
        let span = self.trimmed(Span { start: open.start, end: span.end.max(open.start) });
        let value = match open.content {
            Content::Sequence(items) => Value::Sequence(items),
            Content::Mapping { mapping, .. } => Value::Mapping(mapping),
        };
        let node = Node { span, value };
        self.attach(Built { node, anchor: open.anchor, nodes: open.nodes, height: open.height + 1 })
    }

    /// The parser ends a block, and what is quoted, where the next thing begins.
    fn trimmed(&self, span: Span) -> Span {
        Span { start: span.start, end: span.start + self.source.slice(span).trim_end().len() }
    }

    fn repeat(&mut self, anchor: usize, span: Span) -> Result<(), Problem> {
        let Some(&(ref node, nodes, height)) = self.anchors.get(&anchor) else {
            return Err(Problem::at(span, "an alias cannot stand inside of what it repeats").label("repeats itself"));
        };
        self.check_depth(height, span)?;
        let node = Node { span, value: node.value.clone() };
        self.spend(nodes, span)?;
        self.attach(Built { node, anchor: 0, nodes, height })
    }

    /// Puts a complete node where it belongs.
    fn attach(&mut self, built: Built) -> Result<(), Problem> {
        let Built { node, anchor, nodes, height } = built;
        if anchor != 0 {
            self.spend(nodes, node.span)?;
            self.anchors.insert(anchor, (node.clone(), nodes, height));
        }
        let Some(open) = self.stack.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        open.nodes += nodes;
        open.height = open.height.max(height);
        match &mut open.content {
            Content::Sequence(items) => items.push(node),
            Content::Mapping { mapping, lines, key } => match std::mem::replace(key, Pending::Key) {
                Pending::Key => {
                    *key = match usable_key(&node).and_then(|name| unique(name, &node, lines, self.source)) {
                        Ok(name) => Pending::ValueOf(Key { name, span: node.span }),
                        Err(problem) => {
                            self.problems.report(problem);
                            mapping.incomplete = true;
                            Pending::Nothing
                        }
                    }
                }
                Pending::ValueOf(key) => {
                    let mut value = node;
                    if value.is_absent() {
                        value.span = key.span;
                    }
                    mapping.entries.push(Entry { key, value });
                }
                Pending::Nothing => {}
            },
        }
        Ok(())
    }
}

pub(super) fn too_deep(span: Span) -> Problem {
    Problem::at(span, format!("values stand deeper than {MAX_DEPTH} levels in each other"))
        .label("reading stopped here")
        .remedy("flatten this part; no suite needs so many levels")
}

fn usable_key(node: &Node) -> Result<String, Problem> {
    let Some(scalar) = node.as_scalar() else {
        return Err(Problem::at(node.span, format!("a key is {}", node.kind())).label("keys are text"));
    };
    match scalar.core {
        Core::Text if scalar.text == "<<" && scalar.style == Style::Plain => {
            Err(Problem::at(node.span, "merge keys (`<<`) are not part of YAML 1.2")
                .label("not read")
                .remedy("write the keys out, or repeat a whole value with an alias"))
        }
        Core::Text => Ok(scalar.text.clone()),
        _ if node.is_absent() => Err(Problem::at(node.span, "a key is missing").label("expected a key here")),
        _ => Err(Problem::at(node.span, format!("the key {} is {}", quote(&scalar.text), scalar.core.kind()))
            .label("keys are text")
            .remedy(format!("put it in quotes: `\"{}\"`", scalar.text))),
    }
}

fn unique(name: String, node: &Node, lines: &mut HashMap<String, u32>, source: &Source) -> Result<String, Problem> {
    if let Some(first) = lines.get(&name) {
        return Err(Problem::at(node.span, format!("the key {} is there twice", quote(&name)))
            .label(format!("the first one is on line {first}"))
            .remedy("remove or rename one of them"));
    }
    lines.insert(name.clone(), source.line(node.span));
    Ok(name)
}
