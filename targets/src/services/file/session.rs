//! One connection of `file`: requests in, and files through, a piece at a time.

use std::sync::Arc;

use super::Bug;
use super::header::{Op, Reply, Request};
use super::transfer::{Claims, Digested, Download, Upload, piece};
use crate::digest;
use crate::folder::Folder;
use crate::inbox::Inbox;
use crate::json_header;
use crate::session::{Flow, Output, READ, Session};

/// What is done next.
enum Step {
    Length,
    Header(usize),
    /// A file is read for its digest; then it is sent from this offset.
    Digest(Digested, u64),
    Send(Download),
    /// What is kept of an upload is read for its digest; then the rest is received.
    Resume(Digested, Upload),
    Receive(Upload),
}

pub(super) struct Files {
    bug: Option<Bug>,
    folder: Arc<Folder>,
    claims: Claims,
    inbox: Inbox,
    step: Step,
}

/// Why a request is not met, and whether the connection can go on behind it.
struct Refusal {
    why: String,
    kept: Option<u64>,
    goes_on: bool,
}

/// The connection cannot go on: nobody knows where the next request begins, or it lies behind a
/// body that is not wanted.
impl From<String> for Refusal {
    fn from(why: String) -> Self {
        Self {
            why,
            kept: None,
            goes_on: false,
        }
    }
}

impl Refusal {
    fn goes_on(why: String) -> Self {
        Self {
            goes_on: true,
            ..why.into()
        }
    }
}

impl Files {
    pub(super) fn new(bug: Option<Bug>, folder: Arc<Folder>, claims: Claims) -> Self {
        Self {
            bug,
            folder,
            claims,
            inbox: Inbox::default(),
            step: Step::Length,
        }
    }

    /// Handles what is there, until more must be read, or a piece must be sent first.
    fn advance(&mut self, out: &mut Output) -> Flow {
        loop {
            match self.step(out) {
                Ok(None) => {}
                Ok(Some(flow)) => return flow,
                Err(refusal) => {
                    if self.bug == Some(Bug::DiesOnBad) && !refusal.goes_on {
                        return Flow::Crash(format!("a request is wrong: {}", refusal.why));
                    }
                    self.step = Step::Length;
                    let reply = Reply {
                        error: Some(refusal.why),
                        kept: refusal.kept,
                        ..Reply::default()
                    };
                    send(&reply, out);
                    if !refusal.goes_on {
                        return Flow::Close;
                    }
                }
            }
        }
    }

    /// One step; `None` where the next one can follow at once.
    fn step(&mut self, out: &mut Output) -> Result<Option<Flow>, Refusal> {
        match std::mem::replace(&mut self.step, Step::Length) {
            Step::Length => match self.inbox.take_u32() {
                None => return Ok(Some(Flow::Continue)),
                Some(bytes) => {
                    let limited = self.bug != Some(Bug::NoHeaderLimit);
                    let size = json_header::size(u32::from_be_bytes(bytes), limited)?;
                    self.step = Step::Header(size);
                }
            },
            Step::Header(size) => match self.inbox.take(size) {
                None => {
                    self.step = Step::Header(size);
                    return Ok(Some(Flow::Continue));
                }
                Some(bytes) => {
                    let request: Request = json_header::parse(bytes)?;
                    return self.begin(&request);
                }
            },
            Step::Digest(mut file, offset) => match file.more() {
                Ok(true) => return self.announce(file, offset, out),
                Ok(false) => {
                    self.step = Step::Digest(file, offset);
                    return Ok(Some(Flow::More));
                }
                Err(e) => return Err(Refusal::goes_on(format!("the file cannot be read: {e}"))),
            },
            Step::Send(download) => return Ok(self.send_piece(download, &[], out)),
            Step::Resume(mut kept, upload) => match kept.more() {
                Ok(true) => {
                    let (_, md5) = kept.finish();
                    self.step = Step::Receive(Upload { md5, ..upload });
                }
                Ok(false) => {
                    self.step = Step::Resume(kept, upload);
                    return Ok(Some(Flow::More));
                }
                Err(e) => return Err(format!("the upload cannot be read: {e}").into()),
            },
            Step::Receive(upload) => return self.receive(upload, out),
        }
        Ok(None)
    }

    fn begin(&mut self, request: &Request) -> Result<Option<Flow>, Refusal> {
        let name = request.name.as_str();
        if self.bug == Some(Bug::Overread) {
            self.inbox.clear();
        }
        if self.bug == Some(Bug::NulKills) && name.contains('\0') {
            return Ok(Some(Flow::Crash("a name contains a NUL byte".to_owned())));
        }
        if self.bug == Some(Bug::AsciiOnly) && !name.is_ascii() {
            return Err(Refusal::goes_on(format!("{name:?}: no such file")));
        }
        match request.op {
            Op::Get if request.size > 0 => Err("a get has no body".to_owned().into()),
            Op::Get => self.download(name, request.offset),
            Op::Put => self.upload(name, request),
        }
    }

    fn download(&mut self, name: &str, offset: u64) -> Result<Option<Flow>, Refusal> {
        let file = match self.folder.read(name) {
            Ok(file) => file,
            Err(why) if why.ends_with("no such file") => match self.bug {
                Some(Bug::MissingKills) => return Ok(Some(Flow::Crash(why))),
                Some(Bug::MissingEmpty) => self.folder.read("empty").map_err(Refusal::goes_on)?,
                _ => return Err(Refusal::goes_on(why)),
            },
            Err(why) => return Err(Refusal::goes_on(why)),
        };
        let is = file.metadata();
        let mut size = is.map_err(|e| Refusal::goes_on(e.to_string()))?.len();
        let mut offset = offset;
        match self.bug {
            Some(Bug::CutAt1024) => size = size.min(1024),
            Some(Bug::OffsetIgnored) => offset = 0,
            Some(Bug::BeyondEnd) => offset = offset.min(size),
            _ => {}
        }
        if offset > size {
            return Err(Refusal::goes_on(format!(
                "{name:?}: the offset {offset} lies behind the end, at {size}"
            )));
        }
        self.step = Step::Digest(Digested::new(file, size), offset);
        Ok(None)
    }

    /// The header of a download, and its first piece in the same write.
    fn announce(
        &mut self,
        file: Digested,
        offset: u64,
        out: &mut Output,
    ) -> Result<Option<Flow>, Refusal> {
        let size = file.size;
        let (file, md5) = file.finish();
        let reply = Reply {
            size: match self.bug {
                Some(Bug::WholeSize) => size,
                _ => size - offset,
            },
            offset: Some(offset),
            md5: Some(match self.bug {
                Some(Bug::Constant) => "xxx".to_owned(),
                _ => digest::finish(md5),
            }),
            ..Reply::default()
        };
        let at = offset;
        Ok(self.send_piece(Download { file, at, size }, &framed(&reply), out))
    }

    /// Sends one piece, behind the header if that is still to be sent.
    fn send_piece(&mut self, mut file: Download, header: &[u8], out: &mut Output) -> Option<Flow> {
        if file.at == file.size {
            out.write(header);
            return None;
        }
        let piece = match piece(&file.file, file.at, file.size) {
            Ok(piece) => piece,
            // The size that was announced cannot be kept: nothing but a break says so.
            Err(_) => return Some(Flow::Reset),
        };
        file.at += piece.len() as u64;
        match self.bug {
            Some(Bug::Decoded) => {
                out.write_parts(&[header, String::from_utf8_lossy(&piece).as_bytes()]);
            }
            _ => out.write_parts(&[header, &piece]),
        }
        if file.at == file.size {
            return None;
        }
        self.step = Step::Send(file);
        Some(Flow::More)
    }

    fn upload(&mut self, name: &str, request: &Request) -> Result<Option<Flow>, Refusal> {
        let expected = request.md5()?;
        let claim = match self.bug {
            Some(Bug::Together) => Claims::default().take(name),
            _ => self.claims.take(name),
        };
        let Some(claim) = claim else {
            return Err(format!("{name:?}: another client is uploading it").into());
        };
        let offset = request.offset;
        let partial = self.folder.partial(name, offset).map_err(|e| Refusal {
            kept: e.kept,
            ..e.why.into()
        })?;
        if self.bug == Some(Bug::InPlace) {
            partial.finish().map_err(|e| format!("{name:?}: {e}"))?;
        }
        let left = match self.bug {
            Some(Bug::ThreeReads) => request.size.min(225),
            _ => request.size,
        };
        let kept = partial.file.try_clone().map_err(|e| e.to_string())?;
        self.step = Step::Resume(
            Digested::new(kept, offset),
            Upload {
                partial,
                md5: md5::Digest::new(),
                expected,
                at: offset,
                left,
                _claim: claim,
            },
        );
        Ok(None)
    }

    fn receive(&mut self, mut upload: Upload, out: &mut Output) -> Result<Option<Flow>, Refusal> {
        let there = u64::try_from(self.inbox.len()).unwrap_or(u64::MAX);
        let size = usize::try_from(there.min(upload.left)).unwrap_or_default();
        if let Some(bytes) = self.inbox.take(size) {
            let written = upload.write(bytes);
            written.map_err(|e| format!("the upload cannot be written: {e}"))?;
        }
        if upload.left > 0 && !(self.bug == Some(Bug::BodyWhole) && size > 0) {
            self.step = Step::Receive(upload);
            return Ok(Some(Flow::Continue));
        }
        self.store(&upload, out).map_err(Refusal::goes_on)?;
        Ok(None)
    }

    /// # Errors
    /// The upload is not what was announced, or cannot take its place.
    fn store(&self, upload: &Upload, out: &mut Output) -> Result<(), String> {
        let unchecked = [Bug::Unchecked, Bug::ThreeReads, Bug::ShortStored];
        if !self.bug.is_some_and(|bug| unchecked.contains(&bug))
            && let Err(why) = upload.verify()
        {
            upload.partial.discard();
            return Err(why);
        }
        if self.bug != Some(Bug::InPlace) {
            let finished = upload.partial.finish();
            finished.map_err(|e| format!("the upload cannot take its place: {e}"))?;
        }
        let reply = Reply {
            stored: Some(upload.at),
            ..Reply::default()
        };
        send(&reply, out);
        Ok(())
    }

    /// The client has gone: what it was uploading is kept, and free for its next connection.
    fn leave(&mut self) -> Option<Upload> {
        match std::mem::replace(&mut self.step, Step::Length) {
            Step::Receive(upload) | Step::Resume(_, upload) => Some(upload),
            _ => None,
        }
    }
}

fn framed(reply: &Reply) -> Vec<u8> {
    let header = json_header::to_bytes(reply);
    let size = u32::try_from(header.len()).unwrap_or(u32::MAX);
    [&size.to_be_bytes()[..], &header].concat()
}

fn send(reply: &Reply, out: &mut Output) {
    out.write(&framed(reply));
}

impl Session for Files {
    fn want(&self) -> usize {
        match (self.bug, &self.step) {
            (Some(Bug::LengthWhole | Bug::HeaderCutKills), Step::Length) => 4 - self.inbox.len(),
            (Some(Bug::LengthWhole | Bug::HeaderCutKills), Step::Header(size)) => {
                (size - self.inbox.len()).max(1)
            }
            (Some(Bug::Overread), _) => 1024,
            (Some(Bug::ThreeReads), _) => 75,
            _ => READ,
        }
    }

    fn input(&mut self, read: &[u8], out: &mut Output) -> Flow {
        match (self.bug, &self.step) {
            (Some(Bug::LengthWhole), Step::Length) if read.len() < 4 => return Flow::Close,
            (Some(Bug::HeaderCutKills), Step::Header(size)) if read.len() < *size => {
                return Flow::Crash("a read ends inside a header".to_owned());
            }
            _ => {}
        }
        self.inbox.push(read);
        self.advance(out)
    }

    fn more(&mut self, out: &mut Output) -> Flow {
        self.advance(out)
    }

    fn end(&mut self, out: &mut Output) -> Flow {
        if let Some(upload) = self.leave() {
            match self.bug {
                Some(Bug::NotKept) => upload.partial.discard(),
                // A failure to store is not reported either.
                Some(Bug::ShortStored) => drop(self.store(&upload, out)),
                _ => {}
            }
        }
        Flow::Close
    }

    fn broken(&mut self) -> Flow {
        drop(self.leave());
        Flow::Close
    }
}
