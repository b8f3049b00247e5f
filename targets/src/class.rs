//! The classes of faults, in plain words: what a diagnosis can name.

/// Declares the classes once: the enum, their names and their words.
macro_rules! classes {
    ($($variant:ident $name:literal $words:literal;)*) => {
        /// A class of faults: programs that have it go wrong in the same way. One fault may belong
        /// to several that nothing outside of the program can tell apart.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FaultClass {
            $(#[doc = $words] $variant,)*
        }

        impl FaultClass {
            /// All classes.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its name, in snake case.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What such a program does wrong, in plain words.
            pub fn words(self) -> &'static str {
                match self { $(Self::$variant => $words,)* }
            }
        }
    };
}

classes! {
    OneRead "one_read_one_message"
        "each read is taken for one message: merged ones become one, and a cut one several";
    HeaderWhole "header_assumed_whole"
        "a header is assumed to arrive in one read";
    BodyWhole "body_assumed_whole"
        "a body is assumed to arrive in one read";
    Overread "overread_swallows_next"
        "what a read returns behind a message is lost, or taken for a part of it";
    Residue "residue_desynchronises"
        "what a message leaves over lands in the wrong place, and shifts every later one";
    WrongLength "wrong_length_sent"
        "a length does not say the size of what it counts";
    PartialWrite "partial_write_ignored"
        "what did not fit into the send buffer is never sent";
    DecodedPerRead "decoded_per_read"
        "each read is decoded by itself, so that a character between two reads breaks";
    EofAsMessage "eof_taken_for_message"
        "the end of the stream inside a message is taken for the message's end";
    SpinsAtEof "spins_at_eof"
        "reads of 0 bytes are repeated for ever, at 100 % CPU";
    NoLengthLimit "no_length_limit"
        "any length is believed: huge, negative, or without an end";
    WrongByteOrder "wrong_byte_order"
        "a number is read or written with its bytes in the other order";
    CutAtBuffer "cut_at_buffer_size"
        "a message is cut at the size of a buffer";
    BlockedByOne "blocked_by_one_client"
        "one silent client keeps the others waiting";
    ReplySplit "reply_split_in_writes"
        "a message leaves in several writes: Nagle's algorithm and delayed ACKs add 40 ms";
    NoReuseaddr "no_reuseaddr_on_restart"
        "SO_REUSEADDR is missing, so that a restart fails while the port is in TIME_WAIT";
    PortShared "second_instance_steals_port"
        "a second instance may bind the same port, and takes clients away";
    StaleFile "stale_socket_file"
        "the file of a Unix socket stays behind, and a restart fails because of it";
    SlowStop "stop_waits_for_clients"
        "the program does not stop while a client is connected";
    TruncationUnseen "truncation_unseen"
        "the end of a datagram that does not fit the buffer is lost without a word";
    EmptyIsEnd "empty_datagram_is_end"
        "an empty datagram is taken for the end";
    WrongAddress "wrong_address"
        "datagrams are sent from, sent to, or taken from another address than the right one";
    SplitDatagram "datagram_split"
        "one message leaves in several datagrams";
    DecoderShared "decoder_shared"
        "bytes of one connection or message show up in another";
    LateReply "late_reply_to_next"
        "a late reply is taken for the answer to the next request";
    NoDeadline "no_deadline"
        "an answer that never comes is waited for without end";
    Stalls "stalls"
        "for a time nobody is answered, and then everybody late";
    NoAnswer "no_answer"
        "something that should be answered is not, so that the peer waits for ever";
    CloseIsFatal "peer_close_is_fatal"
        "the whole program ends when one peer closes or resets its connection";
    BadInputIsFatal "bad_input_is_fatal"
        "the whole program ends at input that it does not understand";
    DigestUnchecked "digest_not_checked"
        "a digest is sent or taken without being computed";
    BadHeader "bad_header_sent"
        "a header is sent that lacks what it must say, or says it in a wrong form";
    FullPipe "blocked_by_full_pipe"
        "a child process is waited for that waits for its pipe to be read";
    AmbiguousAccepted "ambiguous_message_accepted"
        "a message is accepted that two readers would take differently";
    PathEscape "path_escapes_folder"
        "a name leads out of the folder that is served, or to something that is no file";
    WriteNotAtomic "write_not_atomic"
        "what is being written can be seen, or is lost, before it is whole";
    AuthBypassed "authentication_bypassed"
        "a client is let in that did not answer its own challenge rightly";
    Amplifies "reply_without_bound"
        "a small request gets a reply of any size: others can be flooded with it";
    NoDescriptors "stops_without_descriptors"
        "when descriptors run out, the program ends or spins instead of waiting for one";
    Zombies "children_not_reaped"
        "ended child processes are never waited for";
    WrongContent "wrong_content"
        "messages are told apart, and answered with other bytes than the right ones";
    WrongClose "wrong_close"
        "a connection is closed in the wrong way or at the wrong time, or not at all";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::FaultClass;
    use crate::{clients, services};

    #[test]
    fn classes_have_names_and_words_of_their_own() {
        let names: BTreeSet<_> = FaultClass::ALL.iter().map(|c| c.name()).collect();
        let words: BTreeSet<_> = FaultClass::ALL.iter().map(|c| c.words()).collect();
        assert_eq!(names.len(), FaultClass::ALL.len());
        assert_eq!(words.len(), FaultClass::ALL.len());
    }

    #[test]
    fn every_fault_has_a_class_and_every_class_a_fault() {
        let faults = services()
            .iter()
            .map(|s| (s.name, s.faults))
            .chain(clients().iter().map(|c| (c.name, c.faults)));
        let mut without = Vec::new();
        let mut seen: BTreeSet<FaultClass> = BTreeSet::new();
        for (whose, faults) in faults {
            for fault in faults {
                if fault.classes.is_empty() {
                    without.push(format!("{whose}:{}", fault.name));
                }
                seen.extend(fault.classes);
            }
        }
        assert!(without.is_empty(), "these have no class: {without:?}");
        let unused: Vec<_> = FaultClass::ALL
            .iter()
            .filter(|class| !seen.contains(class))
            .collect();
        assert!(unused.is_empty(), "no fault is of {unused:?}");
    }
}
