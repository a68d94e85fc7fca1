//! The table that the tour prints.

use std::{
    env,
    fmt::{self, Write as _},
    io::{IsTerminal as _, stdout},
    time::Duration,
};

use super::{
    metrics::CacheCounts,
    row::{Row, Seen},
};

const WIDTHS: Widths = Widths { who: 21, request: 62 };

struct Widths {
    who: usize,
    request: usize,
}

/// How much of the tour is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    Everything,
    /// Rows that differ, and the summary.
    Brief,
}

pub struct Table {
    detail: Detail,
    colours: Colours,
    rows: usize,
    different: usize,
    cache: CacheCounts,
}

#[derive(Clone, Copy)]
enum Colours {
    Ansi,
    Plain,
}

#[derive(Clone, Copy)]
enum Colour {
    Bold,
    Dim,
    Green,
    Red,
}

// === impl Table ===

impl Table {
    pub fn new(detail: Detail) -> Self {
        // <https://no-color.org>
        let plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let colours = if stdout().is_terminal() && !plain { Colours::Ansi } else { Colours::Plain };
        Self { detail, colours, rows: 0, different: 0, cache: CacheCounts::default() }
    }

    pub fn head(&self) {
        if self.detail == Detail::Brief {
            return;
        }
        let Widths { who, request } = WIDTHS;
        let head =
            format!("    {:<who$}  {:<request$}  want  got       time  why", "who", "request");
        println!("{}", self.paint(Colour::Bold, &head));
    }

    pub fn section(&self, title: &str) {
        if self.detail == Detail::Everything {
            println!("\n{}", self.paint(Colour::Bold, title));
        }
    }

    pub fn row(&mut self, row: &Row, seen: &Seen) {
        let Widths { who, request } = WIDTHS;
        let Seen { response, cache } = seen;
        self.rows += 1;
        self.cache.hits += cache.hits;
        self.cache.misses += cache.misses;
        let differences = row.differences(seen);
        let (mark, colour) = if differences.is_empty() {
            ("✔", Colour::Green)
        } else {
            self.different += 1;
            ("✘", Colour::Red)
        };
        if self.detail == Detail::Brief && differences.is_empty() {
            return;
        }
        let line = format!(
            "{:<who$}  {:<request$}  {:<4}  {}  {}  {}",
            row.caller.label(),
            row.to_string(),
            row.status.as_u16(),
            self.paint(colour, &response.status.as_u16().to_string()),
            self.paint(Colour::Dim, &milliseconds(response.took)),
            row.why,
        );
        println!("  {} {line}", self.paint(colour, mark));
        for difference in differences {
            println!("      {}", self.paint(Colour::Red, &difference));
        }
    }

    pub fn summary(&self) {
        let CacheCounts { hits, misses } = self.cache;
        let mut line = format!("{} requests, ", self.rows);
        let outcome = if self.is_as_expected() {
            "all answered as expected".to_owned()
        } else {
            format!("{} answered otherwise than expected", self.different)
        };
        let colour = if self.is_as_expected() { Colour::Green } else { Colour::Red };
        line.push_str(&self.paint(colour, &outcome).to_string());
        if self.detail == Detail::Everything {
            println!();
        }
        println!("{line}; decision cache: {hits} hits, {misses} misses");
    }

    pub fn is_as_expected(&self) -> bool {
        self.different == 0
    }

    fn paint<'a>(&self, colour: Colour, text: &'a str) -> Painted<'a> {
        Painted { colours: self.colours, colour, text }
    }
}

fn milliseconds(time: Duration) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _infallible = write!(text, "{:>6.1} ms", time.as_secs_f64() * 1000.0);
    text
}

struct Painted<'a> {
    colours: Colours,
    colour: Colour,
    text: &'a str,
}

impl fmt::Display for Painted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { colours: Colours::Ansi, colour, text } = self else {
            return f.write_str(self.text);
        };
        let code = match colour {
            Colour::Bold => 1,
            Colour::Dim => 2,
            Colour::Green => 32,
            Colour::Red => 31,
        };
        write!(f, "\x1b[{code}m{text}\x1b[0m")
    }
}
