//! Carries a client's conversation over a socket.

use std::io::{self, Read as _, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use harness_net::Endpoint;
use socket2::{Domain, Socket, Type};

use crate::client::{Client, ClientConfig, ClientError, ClientSetup, suggestion};
use crate::conversation::{Conversation, Exchange, Turn};
use crate::find_client;
use crate::listen::{address, is_timeout, once, prepare};
use crate::service::{Fault, Sockets};

/// Runs a reference client to its end, and writes what is answered to `shown`.
///
/// # Errors
/// How it failed; [`ClientError::exit_code`] is the exit status for it.
pub fn run_client(
    name: &str,
    config: &ClientConfig,
    shown: &mut dyn Write,
) -> Result<(), ClientError> {
    let client = find_client(name)?;
    let fault = match &config.fault {
        None => None,
        Some(given) => Some(
            client
                .fault(given)
                .ok_or_else(|| ClientError::UnknownFault {
                    client: client.name,
                    given: given.clone(),
                    suggestion: suggestion(given, client.faults.iter().map(|f| f.name)),
                })?,
        ),
    };
    check(client, config)?;
    let pad = |command: &String| {
        let mut bytes = command.clone().into_bytes();
        bytes.resize(bytes.len().max(config.pad), b' ');
        bytes
    };
    let mut conversation = (client.make)(ClientSetup {
        fault,
        commands: config.commands.iter().map(pad).collect(),
        pipeline: config.pipeline,
    });
    let sockets = fault.map_or(Sockets::RIGHT, |f: &Fault| f.sockets);
    let line = Line::open(config, sockets).map_err(|e| system(config, e))?;
    line.carry(conversation.as_mut(), config, shown)
}

fn check(client: &'static Client, config: &ClientConfig) -> Result<(), ClientError> {
    let transport = config.connect.transport();
    if !client.transports.contains(&transport) {
        let right: Vec<_> = client.transports.iter().map(|t| t.scheme()).collect();
        return Err(ClientError::UnsupportedTransport {
            client: client.name,
            transport,
            right: right.join(" or "),
        });
    }
    if config.commands.is_empty() {
        return Err(ClientError::NothingToAsk(client.name));
    }
    Ok(())
}

fn system(config: &ClientConfig, source: io::Error) -> ClientError {
    ClientError::System {
        connect: config.connect.clone(),
        source,
    }
}

/// The client's socket.
enum Line {
    Stream(Socket, Sockets),
    /// Not connected, so that it sees datagrams of anyone, as a program that uses sendto(2) and
    /// recvfrom(2) does.
    Datagram(UdpSocket, SocketAddr),
}

impl Line {
    fn open(config: &ClientConfig, sockets: Sockets) -> io::Result<Self> {
        let timeout = Some(config.timeout.max(Duration::from_millis(1)));
        if let Endpoint::Udp(server) = config.connect {
            let any: IpAddr = match server {
                SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
                SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
            };
            let socket = UdpSocket::bind((any, 0))?;
            socket.set_read_timeout(timeout)?;
            return Ok(Self::Datagram(socket, server));
        }
        let domain = match &config.connect {
            Endpoint::Tcp(addr) | Endpoint::Udp(addr) => Domain::for_address(*addr),
            Endpoint::Unix(_) | Endpoint::UnixDgram(_) | Endpoint::UnixSeqpacket(_) => Domain::UNIX,
        };
        let socket = Socket::new(domain, Type::STREAM, None)?;
        prepare(&socket, &config.connect, sockets)?;
        socket.connect(&address(&config.connect)?)?;
        socket.set_read_timeout(timeout)?;
        Ok(Self::Stream(socket, sockets))
    }

    fn is_stream(&self) -> bool {
        matches!(self, Self::Stream(..))
    }

    fn carry(
        &self,
        conversation: &mut dyn Conversation,
        config: &ClientConfig,
        shown: &mut dyn Write,
    ) -> Result<(), ClientError> {
        let mut io = Exchange::default();
        let mut buffer = Vec::new();
        conversation.begin(&mut io);
        let mut turn = Turn::Read;
        loop {
            let written = shown.write_all(&io.shown).and_then(|()| shown.flush());
            written.map_err(ClientError::Output)?;
            io.shown.clear();
            match turn {
                Turn::Done => return Ok(()),
                Turn::Refuse(why) => return Err(ClientError::Protocol(why)),
                Turn::Lost(how) => return Err(ClientError::Lost(how)),
                Turn::Silent => return Err(ClientError::Silent(config.timeout)),
                Turn::Read | Turn::Spin => {}
            }
            if let Err(e) = self.send(&mut io) {
                turn = conversation.broken(e.to_string());
                continue;
            }
            buffer.resize(conversation.want().max(1), 0);
            turn = match self.read(&mut buffer, conversation.takes_any_sender()) {
                Ok(None) => Turn::Read,
                Ok(Some(0)) if self.is_stream() => conversation.end(&mut io),
                Ok(Some(n)) => conversation.input(&buffer[..n], &mut io),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => Turn::Read,
                Err(e) if is_timeout(&e) => conversation.silence(&mut io),
                Err(e) => conversation.broken(e.to_string()),
            };
        }
    }

    /// One read. `None` for a datagram that is not from the server, where that is looked at.
    fn read(&self, buffer: &mut [u8], any_sender: bool) -> io::Result<Option<usize>> {
        match self {
            Self::Stream(socket, _) => (&*socket).read(buffer).map(Some),
            Self::Datagram(socket, server) => {
                let (n, from) = socket.recv_from(buffer)?;
                Ok((from == *server || any_sender).then_some(n))
            }
        }
    }

    fn send(&self, io: &mut Exchange) -> io::Result<()> {
        for write in io.out.writes() {
            match self {
                Self::Stream(socket, sockets) if sockets.single_write.is_some() => {
                    once(socket, write)?;
                }
                Self::Stream(socket, _) => (&*socket).write_all(write)?,
                Self::Datagram(socket, server) => {
                    socket.send_to(write, *server)?;
                }
            }
        }
        io.out.clear();
        Ok(())
    }
}
