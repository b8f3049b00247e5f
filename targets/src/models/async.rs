//! A task for each connection, on a tokio runtime.

use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

use harness_net::Endpoint;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixListener};
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

use super::{Driver, LINGER_BYTES, LINGER_TIME, Patience, SHORTAGE_PAUSE};
use crate::listen;
use crate::service::{Factory, Shortage};
use crate::session::{Flow, Output, Session};
use crate::shared::{Shared, State};

/// Most clients at a time where nothing else limits them.
const CLIENTS: usize = 1 << 20;

/// The runtime to serve on.
///
/// # Errors
/// The system refuses its threads or descriptors.
pub(crate) fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("task")
        .build()
}

enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

/// Serves until the server ends.
pub(crate) fn serve(driver: Driver, runtime: Runtime) {
    let shared = Arc::clone(&driver.shared);
    if let Err(e) = runtime.block_on(accept(driver)) {
        shared.die(format!("accepting connections failed: {e}"));
    }
    // Ends the tasks, and with them their connections. Commands were killed before.
    runtime.shutdown_timeout(Duration::from_secs(1));
}

async fn accept(driver: Driver) -> io::Result<()> {
    let Driver {
        listener,
        endpoint,
        factory,
        shared,
    } = driver;
    let listener = match endpoint {
        Endpoint::Unix(_) => Listener::Unix(UnixListener::from_std(listener.into())?),
        _ => Listener::Tcp(TcpListener::from_std(listener.into())?),
    };
    let limit = shared.sockets.clients.unwrap_or(CLIENTS);
    let places = Arc::new(Semaphore::new(limit));
    let mut state = shared.watch();
    let ended = async move {
        // Fails only when the server is gone altogether.
        let _ = state.wait_for(|s| *s != State::Running).await;
    };
    tokio::pin!(ended);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut ended => break,
            accepted = one(&listener, &places, &factory, &shared, &endpoint) => accepted,
        };
        match accepted {
            Err(e) if listen::is_one_connections_error(&e) => {}
            Err(e) if listen::is_shortage(&e) => match shared.sockets.shortage {
                Shortage::Pauses => tokio::select! {
                    () = &mut ended => break,
                    () = tokio::time::sleep(SHORTAGE_PAUSE) => {}
                },
                Shortage::Spins => tokio::task::yield_now().await,
                Shortage::Dies => return Err(e),
            },
            other => other?,
        }
    }
    drop(listener);
    if shared.sockets.waits_for_clients {
        let all = u32::try_from(limit).unwrap_or(u32::MAX);
        let _ = places.acquire_many(all).await;
    }
    Ok(())
}

/// Accepts one connection, once there is a place for it.
async fn one(
    listener: &Listener,
    places: &Arc<Semaphore>,
    factory: &Factory,
    shared: &Arc<Shared>,
    endpoint: &Endpoint,
) -> io::Result<()> {
    let place = Arc::clone(places)
        .acquire_owned()
        .await
        .map_err(io::Error::other)?;
    let options = shared.sockets;
    match listener {
        Listener::Tcp(listener) => {
            let (stream, _) = listener.accept().await?;
            if listen::prepare(&SockRef::from(&stream), endpoint, options).is_ok() {
                spawn(stream, place, factory(), shared);
            }
        }
        Listener::Unix(listener) => {
            let (stream, _) = listener.accept().await?;
            if listen::prepare(&SockRef::from(&stream), endpoint, options).is_ok() {
                spawn(stream, place, factory(), shared);
            }
        }
    }
    Ok(())
}

/// Any stream of tokio's.
trait Stream: AsyncRead + AsyncWrite + AsFd + Unpin + Send + 'static {}
impl<T: AsyncRead + AsyncWrite + AsFd + Unpin + Send + 'static> Stream for T {}

fn spawn(
    mut stream: impl Stream,
    place: impl Send + 'static,
    mut session: Box<dyn Session>,
    shared: &Arc<Shared>,
) {
    let shared = Arc::clone(shared);
    let guard = shared.enter(None);
    tokio::spawn(async move {
        connection(&mut stream, session.as_mut(), &shared).await;
        drop(stream);
        drop((guard, place));
    });
}

/// Carries one connection to its end.
async fn connection(stream: &mut impl Stream, session: &mut dyn Session, shared: &Shared) {
    let mut out = Output::default();
    let mut buffer = Vec::new();
    let mut at_end = false;
    let mut wait: Option<Duration> = None;
    let mut patience = Patience::default();
    let mut first = true;
    loop {
        let want = session.want();
        if buffer.len() < want {
            buffer.resize(want, 0);
        }
        let begins = std::mem::take(&mut first);
        let read = stream.read(&mut buffer[..want]);
        let read = match wait {
            _ if begins => None,
            None => Some(read.await),
            Some(time) => tokio::time::timeout(time, read).await.ok(),
        };
        let mut flow = match read {
            None if begins => session.begin(&mut out),
            None => session.idle(&mut out),
            Some(Ok(0)) => {
                if at_end {
                    shared.spun();
                    // tokio's reads at EOF can be ready for ever: let other tasks run.
                    tokio::task::yield_now().await;
                }
                at_end = true;
                session.end(&mut out)
            }
            Some(Ok(n)) => {
                shared.stall();
                session.input(&buffer[..n], &mut out)
            }
            Some(Err(_)) => session.broken(),
        };
        let flow = loop {
            if !flush(stream, &mut out, shared).await {
                flow = session.broken();
            }
            match flow {
                Flow::Run(job) => match tokio::task::spawn_blocking(move || job.run()).await {
                    Ok(outcome) => flow = session.ran(outcome, &mut out),
                    Err(_) => return,
                },
                Flow::More => {
                    // Where nothing was written, nothing was waited for: let other tasks run.
                    tokio::task::yield_now().await;
                    flow = session.more(&mut out);
                }
                other => break other,
            }
        };
        wait = match flow {
            Flow::Continue | Flow::Spin | Flow::Run(_) | Flow::More => patience.end(),
            Flow::Wait(time) => Some(time),
            Flow::Within(time) => Some(patience.left(time)),
            Flow::Close => {
                if !at_end {
                    let _ = tokio::time::timeout(LINGER_TIME, linger(stream)).await;
                }
                return;
            }
            Flow::Reset => {
                let _ = SockRef::from(&*stream).set_linger(Some(Duration::ZERO));
                return;
            }
            Flow::Crash(how) => return shared.die(how),
        };
    }
}

/// Sends what is to be sent. False if the connection broke.
async fn flush(stream: &mut impl Stream, out: &mut Output, shared: &Shared) -> bool {
    let mut sent = true;
    for write in out.writes() {
        sent = if shared.sockets.single_write.is_some() {
            match SockRef::from(&*stream).send(write) {
                Err(e) => e.kind() == io::ErrorKind::WouldBlock,
                Ok(_) => true,
            }
        } else {
            stream.write_all(write).await.is_ok()
        };
        if !sent {
            break;
        }
    }
    out.clear();
    sent
}

/// Closes the server's side, then takes what the client still sends, within bounds.
async fn linger(stream: &mut impl Stream) {
    let mut buffer = [0; 16 << 10];
    let mut taken = 0;
    let mut open = stream.shutdown().await.is_ok();
    while open && taken < LINGER_BYTES {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => open = false,
            Ok(n) => taken += n,
        }
    }
}
