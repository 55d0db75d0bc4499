//! `http://` through an HTTP proxy, with the whole address in the request line. The client library
//! knows only CONNECT, which common proxies allow for port 443 alone. HTTP/1.0, so that a body simply
//! ends with its connection; size and digest say whether it was whole.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

/// Head of an answer at most.
const HEAD_BYTES_MAX: u64 = 16 * 1024;

/// What the proxy answered.
pub(crate) enum Reply {
    Body(Box<dyn Read>),
    /// It is elsewhere.
    Moved(String),
}

/// The proxy's address.
#[derive(Debug, Clone)]
pub(crate) struct Through {
    host: String,
    port: u16,
    /// `Proxy-Authorization`, where the proxy's address carries a name and a password.
    authorization: Option<String>,
}

impl Through {
    /// Returns how to ask this proxy; `None` when it is none that speaks HTTP.
    pub(crate) fn of(proxy: &ureq::Proxy) -> Option<Self> {
        if proxy.protocol() != ureq::ProxyProtocol::Http {
            return None;
        }
        let secret = |user: &str| format!("{user}:{}", proxy.password().unwrap_or(""));
        let basic = |user: &str| format!("Basic {}", STANDARD.encode(secret(user)));
        let authorization = proxy.username().map(basic);
        Some(Self { host: proxy.host().to_owned(), port: proxy.port(), authorization })
    }

    /// Asks for `uri`, which the caller checked to be a plain `http://` address without spaces.
    ///
    /// # Errors
    /// What went wrong, for people; `status N` for an answer that is no success.
    pub(crate) fn get(&self, uri: &str, silence: Duration) -> Result<Reply, String> {
        let mut stream = self.connect(silence)?;
        let rest = uri.strip_prefix("http://").unwrap_or(uri);
        let site = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        let mut head = format!("GET {uri} HTTP/1.0\r\nhost: {site}\r\n");
        if let Some(authorization) = &self.authorization {
            head += &format!("proxy-authorization: {authorization}\r\n");
        }
        head += "user-agent: patchwell-vault\r\nconnection: close\r\n\r\n";
        stream.write_all(head.as_bytes()).map_err(|e| self.failed(&e))?;
        self.reply(stream)
    }

    fn connect(&self, silence: Duration) -> Result<TcpStream, String> {
        let addresses = (self.host.as_str(), self.port).to_socket_addrs();
        let mut last = format!("the proxy {} has no address", self.host);
        for address in addresses.map_err(|e| self.failed(&e))? {
            match TcpStream::connect_timeout(&address, silence) {
                Ok(stream) => {
                    let set = stream.set_read_timeout(Some(silence));
                    set.and_then(|()| stream.set_write_timeout(Some(silence)))
                        .map_err(|e| self.failed(&e))?;
                    return Ok(stream);
                }
                Err(e) => last = self.failed(&e),
            }
        }
        Err(last)
    }

    fn reply(&self, stream: TcpStream) -> Result<Reply, String> {
        let mut head = BufReader::new(stream).take(HEAD_BYTES_MAX);
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            head.read_line(&mut line).map_err(|e| self.failed(&e))?;
            if !line.ends_with('\n') {
                return Err("the proxy's answer has no end of its head".to_owned());
            }
            let line = line.trim_end().to_owned();
            if line.is_empty() {
                break;
            }
            lines.push(line);
        }
        let status = lines.first().and_then(|line| line.split(' ').nth(1)).unwrap_or("");
        let field = |wanted: &str| {
            lines.iter().skip(1).find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned())
            })
        };
        // Some keep the connection open all the same: the announced length ends the body, too.
        let length = field("content-length").and_then(|length| length.parse().ok());
        match (status, field("location")) {
            ("200", _) => {
                Ok(Reply::Body(Box::new(head.into_inner().take(length.unwrap_or(u64::MAX)))))
            }
            ("301" | "302" | "303" | "307" | "308", Some(location)) => Ok(Reply::Moved(location)),
            (status, _) => Err(format!("status {status}")),
        }
    }

    fn failed(&self, error: &std::io::Error) -> String {
        format!("the proxy {}:{}: {error}", self.host, self.port)
    }
}
