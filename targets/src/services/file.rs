//! Sends and stores files of any size, from any offset, each with its digest.

mod header;
mod session;
#[cfg(test)]
mod shown;
mod transfer;

use std::sync::Arc;

use harness_net::Transport;

use self::session::Files;
use self::transfer::Claims;
use crate::folder::{Folder, Lax};
use crate::service::{Factory, Kind, Service, Setup, faults};
use crate::{Model, habits};

faults! { Bug:
    LengthWhole "header_assumed_whole" ("S8", ["file-transfer"], [HeaderWhole])
        "takes the 4-byte length from one read, and closes if that returns fewer bytes";
    HeaderCutKills "header_cut_kills" ("FRAME-CUT-03", ["file-transfer"], [HeaderWhole, BadInputIsFatal])
        "takes one read for the whole JSON header, and ends the server when it does not parse";
    BodyWhole "body_assumed_whole" ("S8", ["file-transfer"], [BodyWhole])
        "takes one read for the whole body of an upload";
    ThreeReads "upload_in_three_reads_of_75" ("SRV-FILE-01", ["file-transfer"], [CutAtBuffer, BodyWhole])
        "stores at most three reads of 75 bytes, whatever the size of an upload";
    Overread "next_request_overread" ("FRAME-CUT-02", ["file-transfer"], [Overread])
        "reads in pieces of 1,024 bytes and drops what lies behind a request's header";
    CutAt1024 "file_cut_at_1024" ("SRV-FILE-02", ["file-transfer"], [CutAtBuffer])
        "reads a file once, into a buffer of 1,024 bytes, and sends that";
    Decoded "file_decoded_as_text" ("FRAME-ENC-01", ["file-transfer"], [WrongContent])
        "decodes a file as UTF-8 before it sends it, which damages what is no text";
    MissingKills "missing_file_kills" ("SRV-FILE-02", ["file-transfer"], [BadInputIsFatal])
        "ends the whole server when a client asks for a file that does not exist";
    MissingEmpty "missing_file_is_empty" ("SRV-FILE-02", ["file-transfer"], [WrongContent])
        "answers with an empty file where there is none";
    Absolute "absolute_path_served" ("SRV-FILE-02", ["file-transfer"], [PathEscape])
        "serves absolute paths";
    DotDot "dot_dot_served" ("SRV-PATH-01", ["file-transfer"], [PathEscape])
        "follows `..` out of the folder that it serves";
    Links "symbolic_link_followed" ("SRV-PATH-01", ["file-transfer"], [PathEscape])
        "follows symbolic links out of the folder that it serves";
    Special "named_pipe_served" ("SRV-PATH-02", ["file-transfer"], [PathEscape, WrongContent])
        "takes a named pipe for an empty file";
    NulKills "nul_in_name_kills" ("SRV-PATH-02", ["file-transfer"], [BadInputIsFatal])
        "ends the whole server when a name contains a NUL byte";
    AsciiOnly "names_must_be_ascii" ("SRV-PATH-02", ["file-transfer"], [WrongContent])
        "does not find a file whose name is not ASCII";
    OffsetIgnored "offset_ignored" ("SRV-FILE-03", ["file-transfer"], [WrongContent])
        "sends a file from its start, whatever the offset";
    WholeSize "size_ignores_offset" ("SRV-FILE-03", ["file-transfer"], [WrongLength])
        "announces the size of the whole file where it sends the rest of it";
    BeyondEnd "offset_beyond_end_accepted" ("SRV-FILE-03", ["file-transfer"], [WrongContent])
        "answers with an empty body where the offset lies behind the end of the file";
    Unchecked "md5_not_checked" ("FRAME-MD5-01", ["file-transfer"], [DigestUnchecked])
        "stores an upload whose md5 is not the header's";
    Constant "md5_is_constant" ("FRAME-MD5-01", ["file-transfer"], [DigestUnchecked])
        "sends `xxx` for the md5 of every file";
    ShortStored "short_upload_stored" ("SRV-FILE-04", ["file-transfer"], [EofAsMessage])
        "stores what has come of an upload when the client leaves, and reports success";
    InPlace "upload_overwrites_in_place" ("SRV-FILE-04", ["file-transfer"], [WriteNotAtomic])
        "writes an upload over the file, which is lost when the client leaves half-way";
    NotKept "partial_upload_lost" ("SRV-FILE-03", ["file-transfer"], [WrongContent])
        "forgets what came of an upload when the client leaves, so that none can be resumed";
    Together "two_uploads_of_one_name" ("SRV-FILE-04", ["file-transfer"], [WriteNotAtomic])
        "lets two clients write the same upload at once";
    NoHeaderLimit "header_limit_absent" ("FRAME-LEN-04", ["file-transfer"], [NoLengthLimit])
        "waits for a header of any length, up to 4 GiB";
    DiesOnBad "dies_on_bad_header" ("FRAME-ENC-01", ["file-transfer"], [BadInputIsFatal])
        "ends the whole server when a header does not parse";
    + shared:
        habits::DIES_WHEN_CLIENT_LEAVES.caught_by(&["file-transfer"]),
        habits::DIES_ON_RESET.caught_by(&["file-transfer"]),
        habits::ONE_CLIENT_AT_A_TIME.caught_by(&["file-transfer"]),
        habits::PARTIAL_WRITE_IGNORED.caught_by(&["file-transfer"]);
}

/// The service.
pub(crate) const SERVICE: Service = Service {
    name: "file",
    about: "sends and stores the files of a folder, from any offset, each with its digest",
    transports: &[Transport::Tcp, Transport::Unix],
    models: &[Model::Thread, Model::Iterative, Model::Async],
    faults: FAULTS,
    protocol: "both ways: u32 big-endian length of the header (at most 64 KiB), a JSON object, a \
               body of as many bytes as its `size` says; request: `op` get or put, `name`, `offset` \
               (0), for put also `size` and the `md5` (hex) of the whole file; reply to get: \
               `size`, `offset`, the `md5` of the whole file; to put: `stored` bytes; `error` where \
               it was refused, with the `kept` bytes of an earlier upload where the offset lies \
               behind them; what is refused before its body is read closes the connection",
    runs_commands: false,
    authenticates: false,
    kind: Kind::Files(factory),
    #[cfg(test)]
    shown: shown::SHOWN,
};

fn factory(setup: Setup, folder: Folder) -> Factory {
    let bug = Bug::planted(setup.fault);
    let folder = Arc::new(folder.lax(match bug {
        Some(Bug::Absolute) => Lax::Absolute,
        Some(Bug::DotDot) => Lax::DotDot,
        Some(Bug::Links) => Lax::Links,
        Some(Bug::Special) => Lax::Special,
        _ => Lax::No,
    }));
    let claims = Claims::default();
    Arc::new(move || Box::new(Files::new(bug, Arc::clone(&folder), claims.clone())))
}
