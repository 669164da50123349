//! `judi query`: the tables in SQL, whether or not a server runs.

use std::io::{self, BufWriter, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use judi_engine::output::{Format, write_rows};
use judi_engine::{Parameters, QueryOptions};
use judi_schema::schemas::OpenMode;
use judi_world::World;

use crate::cli::{Query, RowFormat};
use crate::failure::{Done, Exit, Failure};
use crate::live::{LiveSchemas, open_schemas};
use crate::project::Project;
use crate::warehouse::{Warehouse, engine, engine_failure};

/// Buffered output: rows are small, writes to a terminal or a pipe are not free.
const OUT_BYTES: usize = 1 << 16;

/// Runs the command.
pub fn run(args: &Query) -> Done {
    let project = Project::open(args.project.project.as_deref())?;
    let sql = if args.sql == "-" { standard_input()? } else { args.sql.clone() };
    let world = World::system();
    let schemas = Arc::new(LiveSchemas::new(open_schemas(&project, &world, OpenMode::Published)?));
    let catalog = Warehouse::new(&project, &world, schemas)?.catalog()?;
    let engine = engine(&project)?;
    let options = QueryOptions { timeout: Some(project.config.engine.timeout.0), ..QueryOptions::default() };
    let format = match args.format {
        RowFormat::Table => Format::Table,
        RowFormat::Csv => Format::Csv,
        RowFormat::Json => Format::Json,
        RowFormat::Parquet => Format::Parquet,
    };
    let mut out = StandardOutput::default();
    let is_closed = Arc::clone(&out.is_closed);
    let written = futures::executor::block_on(async {
        let rows = engine.query(&catalog, &sql, &Parameters::new(), &options).await?;
        write_rows(rows, format, BufWriter::with_capacity(OUT_BYTES, &mut out)).await
    });
    match written {
        // Whoever read the output has seen enough (`judi query … | head`).
        Err(_) if is_closed.load(Ordering::Relaxed) => Ok(()),
        Err(error) => Err(engine_failure(&error)),
        Ok(_) => Ok(()),
    }
}

/// Standard output that remembers whether its reader has gone.
#[derive(Debug, Default)]
struct StandardOutput {
    is_closed: Arc<AtomicBool>,
}

impl Write for StandardOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = io::stdout().write(bytes);
        self.note(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = io::stdout().flush();
        self.note(flushed)
    }
}

impl StandardOutput {
    fn note<T>(&self, result: io::Result<T>) -> io::Result<T> {
        result.inspect_err(|error| {
            if error.kind() == io::ErrorKind::BrokenPipe {
                self.is_closed.store(true, Ordering::Relaxed);
            }
        })
    }
}

fn standard_input() -> Result<String, Failure> {
    let mut sql = String::new();
    io::stdin().read_to_string(&mut sql).map_err(|error| Failure::from_error(Exit::Usage, "standard input", &error))?;
    Ok(sql)
}
