//! Every role in one process, on one address, from the first request to an orderly end.
//!
//! ```text
//!   SIGINT, SIGTERM ──► listener closes ──► requests finish ──► judge takes what is in the log ──► log closes
//! ```

mod event_api;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use judi_collect::{Collector, CollectorParts, ServeOptions};
use judi_log::Log;
use judi_registry::Registry;
use judi_world::World;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::config;
use crate::failure::{Done, Exit, Failure};
use crate::pages;
use crate::project::Project;
use crate::readers;
use crate::server::{RunningServer, clear_announcement, internal};
use crate::stack::Stack;

/// How often old records of the log are looked for.
const RETENTION_INTERVAL: Duration = Duration::from_secs(60);

/// A project that is being served.
#[derive(Clone)]
pub struct Serving {
    /// Log, judge and tables.
    pub stack: Arc<Stack>,
    /// Where it is served.
    pub address: SocketAddr,
    /// True once the process has been asked to stop.
    pub stopping: watch::Receiver<bool>,
}

/// What a server is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServeMode {
    /// Readers and editors.
    Ordinary,
    /// People who instrument apps: with the inspector.
    Development,
}

/// Serves `project` until the process is asked to stop. `companion` is called when requests are taken; the thread
/// that it may start is waited for before log and judge close.
pub fn serve(
    project: Project,
    mode: ServeMode,
    companion: impl FnOnce(&Serving) -> Option<std::thread::JoinHandle<()>>,
) -> Done {
    let world = World::system();
    let stack = Stack::open(project, world)?.map_err(|_taken| {
        Failure::outside("another process has this project's log open")
            .hint("a server or an import runs; end it, or use it")
    })?;
    let stack = Arc::new(stack);
    clear_announcement(&stack.project);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("judi-http")
        .build()
        .map_err(|error| Failure::from_error(Exit::Outside, "threads", &error))?;
    let served = runtime.block_on(run(&stack, mode, companion));
    // Order matters: nothing may append any more when the judge takes what is left.
    runtime.shutdown_timeout(Duration::from_secs(5));
    stack.close();
    served
}

async fn run(
    stack: &Arc<Stack>,
    mode: ServeMode,
    companion: impl FnOnce(&Serving) -> Option<std::thread::JoinHandle<()>>,
) -> Done {
    let (stop, stopping) = watch::channel(false);
    // Before anybody can know that we are here: until then a signal ends the process.
    let mut orders = StopOrders::install()?;
    let asked = address(&stack.project.config.http)?;
    let listener = stack.world.network.listen(asked).await.map_err(|error| {
        Failure::from_error(Exit::Outside, &format!("cannot listen on {asked}"), &error)
            .hint(format!("JUDI__HTTP__PORT={} takes another port", asked.port().wrapping_add(1)))
    })?;
    let address = listener.local_addr().map_err(|error| Failure::from_error(Exit::Outside, "the listener", &error))?;
    let token = RunningServer::new_token(stack.world.random.as_ref())?;
    let tls = event_api::tls(stack)?;
    let collector = collector(stack)?;
    let router = router(stack, &collector, &token, mode, &stopping)?;
    let server = RunningServer { address, token, partitions: stack.log.partitions(), pid: std::process::id() };
    // On a full disk nobody can be told, and events must be taken all the same.
    let _announcement = server
        .announce(&stack.project)
        .inspect_err(|failure| tracing::warn!("imports will not find this server: {}", failure.message));
    let mut stopped = stopping.clone();
    let shutdown = async move {
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    let renewals = tls.clone().map(|tls| tokio::spawn(event_api::renew(tls)));
    let serving = tokio::spawn(judi_collect::serve(listener, router, ServeOptions::default(), tls, shutdown));
    let retention = tokio::spawn(retain(Arc::clone(stack), Arc::clone(&collector)));
    let companion = companion(&Serving { stack: Arc::clone(stack), address, stopping });
    // A server whose judge is dead would take events that nobody sees: it ends instead, and the log keeps them.
    let end = tokio::select! {
        () = orders.come() => Ok(()),
        reason = stack.judge.ended() => Err(Failure::outside(format!("the judge has ended: {reason}"))
            .hint("what was received is in the log; mend the cause and start again")),
    };
    eprintln!("stopping: requests finish, the judge takes what is in the log");
    stop.send_replace(true);
    retention.abort();
    if let Some(renewals) = renewals {
        renewals.abort();
    }
    let served = serving.await;
    event_api::save_usage(&collector);
    if let Some(companion) = companion {
        let _ = tokio::task::spawn_blocking(move || companion.join()).await;
    }
    served.map_err(|error| Failure::from_error(Exit::Outside, "the server", &error))?;
    end
}

fn address(http: &config::Http) -> Result<SocketAddr, Failure> {
    let host = if http.host == "localhost" { "127.0.0.1" } else { &http.host };
    let ip: IpAddr = host.parse().map_err(|_| {
        Failure::usage(format!("http.host: \"{}\" is no address", http.host))
            .hint("\"127.0.0.1\" is this machine, \"0.0.0.0\" all its networks")
    })?;
    Ok(SocketAddr::new(ip, http.port))
}

fn collector(stack: &Arc<Stack>) -> Result<Arc<Collector>, Failure> {
    let lag = Arc::clone(stack);
    let collector = Collector::new(CollectorParts {
        options: event_api::options(&stack.project)?,
        world: stack.world.clone(),
        log: Arc::clone(&stack.log) as Arc<dyn Log>,
        schemas: stack.schemas.get(),
        judge_lag: Arc::new(move || lag.judge_lag()),
    })
    .map_err(|error| Failure::from_error(Exit::Outside, "randomness", &error))?;
    let told = Arc::downgrade(&collector);
    stack.schemas.subscribe(move |schemas| {
        if let Some(collector) = told.upgrade() {
            collector.set_schemas(Arc::clone(schemas));
        }
    });
    Ok(collector)
}

fn router(
    stack: &Arc<Stack>,
    collector: &Arc<Collector>,
    token: &str,
    mode: ServeMode,
    stopping: &watch::Receiver<bool>,
) -> Result<Router, Failure> {
    let internal = internal::Internal {
        stack: Arc::downgrade(stack),
        log: Arc::clone(&stack.log) as Arc<dyn Log>,
        judge: Arc::clone(&stack.judge),
        token: token.into(),
    };
    let (readers, inspector) = readers::routers(stack, collector, token, mode, stopping)?;
    let pages = pages::router(stack, inspector)?;
    let readers = judi_collect::under_prefix(readers, event_api::path_prefix(&stack.project)?.as_ref());
    let own = judi_collect::router(Arc::clone(collector)).merge(readers).merge(pages).merge(internal::router(internal));
    Ok(own.nest("/registry", judi_registry::router(registry(stack)?)))
}

/// The schema registry, which knows the project's versions and keeps other people's schemas.
fn registry(stack: &Stack) -> Result<Registry, Failure> {
    let dir = stack.project.registry_dir();
    let registry = Registry::open(Arc::clone(&stack.world.disk), &dir, stack.schemas.get())
        .map_err(|error| Failure::from_error(Exit::Outside, "the registry", &error))?;
    let told = registry.clone();
    stack.schemas.subscribe(move |schemas| {
        if let Err(error) = told.set_schemas(Arc::clone(schemas)) {
            tracing::error!(%error, "the registry does not show the newest version");
        }
    });
    Ok(registry)
}

async fn retain(stack: Arc<Stack>, collector: Arc<Collector>) {
    loop {
        tokio::time::sleep(RETENTION_INTERVAL).await;
        let (stack, collector) = (Arc::clone(&stack), Arc::clone(&collector));
        let work = move || {
            stack.retain();
            event_api::save_usage(&collector);
        };
        let _ = tokio::task::spawn_blocking(work).await;
    }
}

/// SIGTERM and SIGINT, which ask for an orderly end.
struct StopOrders {
    terminate: Signal,
    interrupt: Signal,
}

impl StopOrders {
    fn install() -> Result<Self, Failure> {
        let failed = |error: std::io::Error| Failure::from_error(Exit::Outside, "signals", &error);
        let terminate = signal(SignalKind::terminate()).map_err(failed)?;
        let interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        Ok(Self { terminate, interrupt })
    }

    async fn come(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
