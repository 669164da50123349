//! A table for people: a header, a line, columns as wide as their values. Widths are those of the first rows; what is
//! wider later pushes its row to the right, and nothing is cut or held back.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::cells::{Cells, Shape};
use super::io_error;
use crate::error::EngineError;

/// Rows that are looked at, and held, before the widths are fixed.
const ROWS_MEASURED: usize = 1000;

#[derive(Debug)]
pub(super) struct TableWriter<W> {
    out: W,
    names: Vec<String>,
    /// Numbers stand to the right.
    is_number: Vec<bool>,
    widths: Vec<usize>,
    waiting: Vec<Vec<String>>,
    has_begun: bool,
}

impl<W: Write> TableWriter<W> {
    pub(super) fn new(schema: &SchemaRef, out: W) -> Self {
        let names: Vec<String> = schema.fields().iter().map(|field| printable(field.name())).collect();
        Self {
            out,
            is_number: schema.fields().iter().map(|field| field.data_type().is_numeric()).collect(),
            widths: names.iter().map(|name| width(name)).collect(),
            names,
            waiting: Vec::new(),
            has_begun: false,
        }
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), EngineError> {
        let columns = batch.columns().iter().map(Cells::of).collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            let texts: Vec<String> = columns.iter().map(|cells| cell(cells, row)).collect();
            if self.has_begun {
                self.line(&texts)?;
                continue;
            }
            for (width_so_far, text) in self.widths.iter_mut().zip(&texts) {
                *width_so_far = (*width_so_far).max(width(text));
            }
            self.waiting.push(texts);
            if self.waiting.len() >= ROWS_MEASURED {
                self.begin()?;
            }
        }
        Ok(())
    }

    pub(super) fn out(&mut self) -> &mut W {
        &mut self.out
    }

    pub(super) fn finish(mut self) -> Result<W, EngineError> {
        if !self.has_begun {
            self.begin()?;
        }
        Ok(self.out)
    }

    fn begin(&mut self) -> Result<(), EngineError> {
        self.has_begun = true;
        let rule: Vec<String> = self.widths.iter().map(|width| "─".repeat(*width)).collect();
        let names = std::mem::take(&mut self.names);
        self.line(&names)?;
        self.line(&rule)?;
        for texts in std::mem::take(&mut self.waiting) {
            self.line(&texts)?;
        }
        Ok(())
    }

    fn line(&mut self, texts: &[String]) -> Result<(), EngineError> {
        let mut line = String::new();
        for (index, ((text, column_width), is_number)) in
            texts.iter().zip(&self.widths).zip(&self.is_number).enumerate()
        {
            if index > 0 {
                line.push_str("  ");
            }
            let padding = " ".repeat(column_width.saturating_sub(width(text)));
            let (before, after) = if *is_number { (padding.as_str(), "") } else { ("", padding.as_str()) };
            line.push_str(before);
            line.push_str(text);
            line.push_str(after);
        }
        line.truncate(line.trim_end_matches(' ').len());
        line.push('\n');
        self.out.write_all(line.as_bytes()).map_err(io_error)
    }
}

fn cell(cells: &Cells, row: usize) -> String {
    let mut text = String::new();
    match cells.text(row, &mut text) {
        Shape::Null => "NULL".into(),
        _ => printable(&text),
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// Without characters that would move the cursor or change the terminal: they come from readers' devices.
fn printable(text: &str) -> String {
    if !text.contains(char::is_control) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
    }
    out
}
