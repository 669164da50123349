//! Rows as bytes for people and programs, batch by batch.
//!
//! | format | for | NULL | times | bytes | nested |
//! |---|---|---|---|---|---|
//! | table | people | `NULL` | RFC 3339, UTC | base64 | JSON |
//! | csv | spreadsheets | nothing (an empty text is `""`) | RFC 3339, UTC | base64 | JSON |
//! | json | programs: one object a line | `null` | RFC 3339, UTC | base64 | JSON |
//! | parquet | engines | NULL | typed | typed | typed |
//!
//! CSV is RFC 4180 with a header, except that lines end in LF: that is what line-by-line tools expect, and readers of
//! CSV take both. Dates are `YYYY-MM-DD`; whole numbers and decimals are plain digits.

mod cells;
mod csv;
mod json;
mod table;

use std::io::{self, Write};
use std::str::FromStr;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use futures::StreamExt;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::error::EngineError;
use crate::query::Rows;
use csv::CsvWriter;
use json::JsonWriter;
use table::TableWriter;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Columns under a header, for people.
    Table,
    /// RFC 4180 with a header.
    Csv,
    /// One JSON object a line.
    Json,
    /// A Parquet file.
    Parquet,
}

impl Format {
    /// All formats, by the names that users write.
    pub const NAMES: [(&'static str, Self); 4] =
        [("table", Self::Table), ("csv", Self::Csv), ("json", Self::Json), ("parquet", Self::Parquet)];

    /// The media type of what is written.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Table => "text/plain; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/x-ndjson",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::NAMES.iter().find(|(known, _)| *known == name);
        found
            .map(|(_, format)| *format)
            .ok_or_else(|| format!("{name:?} is no format; use table, csv, json or parquet"))
    }
}

/// Writes batches of one schema to `W`.
#[derive(Debug)]
pub struct Writer<W: Write + Send> {
    inner: Inner<W>,
    rows: u64,
}

#[derive(Debug)]
enum Inner<W: Write + Send> {
    Table(TableWriter<W>),
    Csv(CsvWriter<W>),
    Json(JsonWriter<W>),
    Parquet(Box<ArrowWriter<W>>),
}

impl<W: Write + Send> Writer<W> {
    /// A writer that begins with what the format begins with.
    ///
    /// # Errors
    /// [`EngineError::Io`] when `out` takes nothing.
    pub fn new(format: Format, schema: &SchemaRef, out: W) -> Result<Self, EngineError> {
        let inner = match format {
            Format::Table => Inner::Table(TableWriter::new(schema, out)),
            Format::Csv => Inner::Csv(CsvWriter::new(schema, out).map_err(io_error)?),
            Format::Json => Inner::Json(JsonWriter::new(schema, out)),
            Format::Parquet => {
                let properties = WriterProperties::builder()
                    .set_compression(Compression::ZSTD(ZstdLevel::default()))
                    .set_created_by("judi".into())
                    .build();
                let writer = ArrowWriter::try_new(out, Arc::clone(schema), Some(properties)).map_err(parquet_error)?;
                Inner::Parquet(Box::new(writer))
            }
        };
        Ok(Self { inner, rows: 0 })
    }

    /// Writes the rows of a batch.
    ///
    /// # Errors
    /// [`EngineError::Io`] when `out` takes no more.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), EngineError> {
        self.rows += batch.num_rows() as u64;
        match &mut self.inner {
            Inner::Table(writer) => writer.write(batch),
            Inner::Csv(writer) => writer.write(batch),
            Inner::Json(writer) => writer.write(batch),
            Inner::Parquet(writer) => writer.write(batch).map_err(parquet_error),
        }
    }

    /// Where it writes to, for taking what is there so far.
    pub fn out(&mut self) -> &mut W {
        match &mut self.inner {
            Inner::Table(writer) => writer.out(),
            Inner::Csv(writer) => writer.out(),
            Inner::Json(writer) => writer.out(),
            Inner::Parquet(writer) => writer.inner_mut(),
        }
    }

    /// Writes what the format ends with; how many rows there were, and where they went.
    ///
    /// # Errors
    /// [`EngineError::Io`] when `out` takes no more.
    pub fn finish(self) -> Result<(u64, W), EngineError> {
        let mut out = match self.inner {
            Inner::Table(writer) => writer.finish()?,
            Inner::Csv(writer) => writer.finish(),
            Inner::Json(writer) => writer.finish(),
            Inner::Parquet(writer) => writer.into_inner().map_err(parquet_error)?,
        };
        out.flush().map_err(io_error)?;
        Ok((self.rows, out))
    }
}

/// Writes all of `rows` to `out`; how many there were.
///
/// # Errors
/// The stream's first error, after the rows before it; [`EngineError::Io`] when `out` takes no more.
pub async fn write_rows<W: Write + Send>(mut rows: Rows, format: Format, out: W) -> Result<u64, EngineError> {
    let mut writer = Writer::new(format, rows.schema(), out)?;
    while let Some(batch) = rows.next().await {
        writer.write(&batch?)?;
    }
    writer.finish().map(|(rows, _)| rows)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn io_error(error: io::Error) -> EngineError {
    EngineError::Io { message: format!("cannot write the rows: {error}") }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn parquet_error(error: parquet::errors::ParquetError) -> EngineError {
    EngineError::Io { message: format!("cannot write the rows: {error}") }
}

#[cfg(test)]
mod tests;
