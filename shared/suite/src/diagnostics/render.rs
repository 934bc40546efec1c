//! How diagnostics look on a terminal and in a log.
//!
//! The file may hold anything, so nothing of it reaches the terminal as it is: control characters and those that turn
//! the direction of writing are replaced, and each takes the width that the caret counts on.

use std::fmt::Write as _;

use super::{Diagnostic, Diagnostics, Place};

/// The longest line that is shown whole, in characters.
const LONGEST_LINE: usize = 120;
/// How much of a longer line is shown before the place.
const BEFORE_PLACE: usize = 60;

struct Style {
    error: &'static str,
    bold: &'static str,
    gutter: &'static str,
    reset: &'static str,
}

const PLAIN: Style = Style { error: "", bold: "", gutter: "", reset: "" };
const COLOR: Style = Style { error: "\x1b[1;31m", bold: "\x1b[1m", gutter: "\x1b[1;34m", reset: "\x1b[0m" };

pub(super) fn render(diagnostics: &Diagnostics, color: bool) -> String {
    let style = if color { COLOR } else { PLAIN };
    let mut text = diagnostics.iter().map(|diagnostic| one(diagnostic, &style)).collect::<Vec<_>>().join("\n");
    if diagnostics.omitted > 0 {
        let _ = write!(text, "\nand {} more\n", diagnostics.omitted);
    }
    text
}

fn one(diagnostic: &Diagnostic, style: &Style) -> String {
    let Style { error, bold, gutter, reset } = style;
    let message = printable(&diagnostic.message);
    let mut text = format!("{error}error{reset}{bold}: {message}{reset}\n");
    let file = printable(&diagnostic.file);
    let width = diagnostic.place.as_ref().map_or(1, |place| place.line.to_string().len());
    let indent = " ".repeat(width);
    match &diagnostic.place {
        None => {
            let _ = writeln!(text, "{indent}{gutter}-->{reset} {file}");
        }
        Some(place) => {
            let (line, carets) = excerpt(place);
            let label = printable(&place.label);
            let label = format!("{carets} {label}");
            let _ = writeln!(text, "{indent}{gutter}-->{reset} {file}:{}:{}", place.line, place.column);
            let _ = writeln!(text, "{indent} {gutter}|{reset}");
            let _ = writeln!(text, "{gutter}{} |{reset} {line}", place.line);
            let _ = writeln!(text, "{indent} {gutter}|{reset} {error}{}{reset}", label.trim_end());
        }
    }
    if let Some(remedy) = &diagnostic.remedy {
        let _ = writeln!(text, "{indent} {gutter}={reset} {bold}help{reset}: {}", printable(remedy));
    }
    text
}

/// The line as it can be shown, and the carets below it.
fn excerpt(place: &Place) -> (String, String) {
    let before = (place.column.saturating_sub(place.cut).saturating_sub(1)) as usize;
    let mut line = String::new();
    let mut padding = 0;
    let mut carets = 0;
    for (at, character) in place.source_line.chars().enumerate() {
        let mut width = width(character);
        if let Some(shown) = visible(character) {
            width = shown.chars().count();
            line.push_str(shown);
        } else {
            line.push(character);
        }
        if at < before {
            padding += width;
        } else if at < before + place.length as usize {
            carets += width;
        }
    }
    let carets = format!("{}{}", " ".repeat(padding), "^".repeat(carets.max(1)));
    (line.trim_end().to_owned(), carets)
}

/// The line, or the part of it around the place when it is very long, and how many characters were left out before it.
pub(super) fn cut(line: &str, before: usize) -> (usize, String) {
    if line.chars().nth(LONGEST_LINE).is_none() {
        return (0, line.to_owned());
    }
    let skipped = before.saturating_sub(BEFORE_PLACE);
    let mut part: String = line.chars().skip(skipped).take(LONGEST_LINE).collect();
    if line.chars().count() > skipped + LONGEST_LINE {
        part.push('…');
    }
    if skipped == 0 {
        return (0, part);
    }
    // The ellipsis takes one place, hence one character fewer is missing before the part.
    (skipped - 1, format!("…{part}"))
}

/// Text on one line that cannot harm a terminal.
pub(super) fn printable(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match visible(character) {
            Some("    ") => safe.push(' '),
            Some(replacement) => safe.push_str(replacement),
            None => safe.push(character),
        }
    }
    safe
}

/// The columns that a terminal gives to a character: the large blocks of what is twice as wide, or stands above others.
/// Source: Unicode Standard Annex 11, "East Asian Width".
fn width(character: char) -> usize {
    match character {
        '\u{300}'..='\u{36f}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

/// What is shown in place of a character that would move or hide others.
fn visible(character: char) -> Option<&'static str> {
    match character {
        '\t' => Some("    "),
        '\n' | '\r' => Some(" "),
        // Marks that turn the direction of writing or take no width: CVE-2021-42574, "Trojan Source".
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => Some("\u{fffd}"),
        control if control.is_control() => Some("\u{fffd}"),
        _ => None,
    }
}
