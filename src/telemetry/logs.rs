//! Logs: one line a happening, on stderr.

use std::fmt::{self, Write};
use std::io;

use tracing::Subscriber;
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::{Writer, debug_fn};

/// How logs are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    /// One JSON object a line, else for people.
    pub(crate) json: bool,
    /// Colours, for people.
    pub(crate) color: bool,
}

/// Starts logging to stderr, once for the process.
///
/// # Errors
/// The filter cannot be read.
pub(crate) fn start(filter: &str, style: Style) -> Result<(), String> {
    let subscriber = subscriber(filter, style, io::stderr)?;
    // A second call finds the first one's.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(())
}

pub(super) fn subscriber<W>(filter: &str, style: Style, writer: W) -> Result<Box<dyn Subscriber + Send + Sync>, String>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = EnvFilter::builder().parse(filter).map_err(|error| format!("`{filter}`: {error}"))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    Ok(if style.json {
        Box::new(builder.json().flatten_event(true).with_current_span(false).with_span_list(false).finish())
    } else {
        let fields = debug_fn(|writer: &mut Writer<'_>, field, value| match field.name() {
            "message" => write!(writer, "{}", Escaped(value)),
            name => write!(writer, "{name}={}", Escaped(value)),
        });
        Box::new(builder.fmt_fields(fields.delimited(" ")).with_ansi(style.color).with_target(false).finish())
    })
}

/// A value on one line: what comes from outside can neither start a line nor steer the terminal.
struct Escaped<'a>(&'a dyn fmt::Debug);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{:?}", self.0)
    }
}

struct Escaping<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            // Also the marks that turn the direction of writing, by which text can hide.
            if c.is_control()
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
            {
                write!(self.0, "{}", c.escape_default())?;
            } else {
                self.0.write_char(c)?;
            }
        }
        Ok(())
    }
}
