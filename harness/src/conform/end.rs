//! How a client under test begins and ends: it connects by itself, and must end by itself.

use std::time::{Duration, Instant};

use harness_net::{Accepted, SocketOptions};

use super::context::Context;
use super::datagram::Flow;
use super::line::Line;
use super::oracle::{Answer, Part};
use super::scene::{Conn, Scene, options_for};
use crate::scenario::model::{Ends, ExitWant, Origin};
use crate::target::NotMet;
use crate::verdict::{self, Deviation};

/// The shortest time that a client is given to end: its process has to be taken down too.
const LEAST: Duration = Duration::from_secs(1);
/// The time in which a reference client must connect.
const CONNECTS_WITHIN: Duration = Duration::from_secs(10);
/// The longest wait between two looks at the client's connections.
const SLICE: Duration = Duration::from_millis(5);
/// The window over which a client that does not end is watched for spinning.
const SPIN_WINDOW: Duration = Duration::from_millis(50);
/// The share of a core, in percent, from which it spins.
const SPIN_SHARE: f64 = 80.0;

impl Scene {
    /// Waits for the client to connect.
    ///
    /// # Errors
    /// It did not.
    pub(crate) fn accept_client(
        &mut self,
        ctx: &Context<'_>,
        name: &str,
        within: Option<Duration>,
    ) -> Result<(), Deviation> {
        let within = within.unwrap_or(match &ctx.profile.origin {
            Origin::Start(command) => command.within,
            _ => CONNECTS_WITHIN,
        });
        let stop = || ctx.interrupt.is_set();
        let interrupt = ctx.interrupt.clone();
        let want = "the client connects";
        let options = options_for(ctx, &SocketOptions::default());
        let accepted = match ctx.target.accept(&options, ctx.by(within), &stop) {
            Ok(Accepted::Stream(stream)) => {
                Conn::Line(Box::new(Line::of(name, stream, ctx.clock, interrupt)))
            }
            Ok(Accepted::Datagram(socket)) => {
                Conn::Flow(Box::new(Flow::of(name, socket, ctx.clock, interrupt)))
            }
            Err(NotMet::Ended(exit)) => {
                return Err(Deviation::fail(
                    verdict::NOT_REACHED,
                    want,
                    format!("it ended with {exit} before it did"),
                ));
            }
            Err(NotMet::Deadline) => {
                return Err(Deviation::fail(
                    verdict::HANG,
                    want,
                    format!("it did not within {}", verdict::time(within)),
                ));
            }
            Err(NotMet::Failed(error)) => return Err(Deviation::error(want, error.to_string())),
        };
        ctx.target.reach();
        self.keep(ctx, name, accepted);
        Ok(())
    }

    /// Waits until the client has ended by itself, and judges how. One that must end well may close its
    /// connections until then, and say nothing more on them; one that must fail may protest.
    ///
    /// # Errors
    /// It ended in another way, spoke, or did not end.
    pub(crate) fn ended(
        &mut self,
        ctx: &mut Context<'_>,
        ends: &Ends,
        within: Option<Duration>,
    ) -> Result<(), Deviation> {
        // What a step says stands alone; what it leaves open is as in the profile and its controls.
        let (exit, stdout, learns) = if *ends == Ends::default() {
            let known = ctx.oracle.stdout();
            (ctx.profile.ends.exit, known, known.is_none())
        } else {
            (ends.exit, ends.stdout.as_deref(), false)
        };
        let ends_well = matches!(exit, None | Some(ExitWant::Code(0)));
        let patience = within.unwrap_or(ctx.deadlines.reply.max(LEAST));
        let deadline = ctx.by(patience);
        let end = loop {
            let end = ctx.target.await_end(Instant::now() + SLICE);
            let said = listen(self);
            if let (true, Some(said)) = (ends_well, said) {
                let want = "nothing more until the client ends";
                return Err(Deviation::fail(verdict::STRAY, want, "").getting(said));
            }
            match end {
                Some(end) => break end,
                None if Instant::now() >= deadline || ctx.interrupt.is_set() => {
                    return Err(still_there(ctx, patience));
                }
                None => {}
            }
        };
        verdict::end(exit, stdout, end.exit, &end.stdout).map_or(Ok(()), Err)?;
        if learns {
            ctx.learned.push((Part::End, 0, Answer::of(end.stdout)));
        }
        Ok(())
    }
}

/// Reads what comes, so that no client waits to be read; what came and was not taken.
fn listen(scene: &mut Scene) -> Option<&[u8]> {
    let mut said = None;
    for conn in scene.conns.values_mut() {
        if let Conn::Line(line) = conn {
            line.pump();
            said = said.or(Some(line.inbox()).filter(|inbox| !inbox.is_empty()));
        }
    }
    said
}

fn still_there(ctx: &Context<'_>, patience: Duration) -> Deviation {
    let mut actual = format!("it still runs after {}", verdict::time(patience));
    let (began, before) = (Instant::now(), ctx.target.cpu_time());
    // The window is the measurement: CPU time has no meaning but over a time.
    std::thread::sleep(SPIN_WINDOW);
    if let (Some(before), Some(after)) = (before, ctx.target.cpu_time()) {
        let used = after.saturating_sub(before).as_secs_f64();
        let share = used / began.elapsed().as_secs_f64() * 100.0;
        if share >= SPIN_SHARE {
            actual.push_str(&format!("; meanwhile it uses {share:.0} % of a core"));
        }
    }
    Deviation::fail(verdict::HANG, "the client ends by itself", actual)
}
