//! A receiver of webhooks that answers as a test tells it to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// What it does with a request that it has read to its end.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// Answers with a status.
    Status(u16),
    /// Answers 200 with a body, as robots do.
    Says(&'static str),
    /// Keeps the connection and says nothing.
    Silence,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The header `Idempotency-Key`.
    pub key: Option<String>,
    /// The body.
    pub payload: Value,
}

/// The receiver; it listens as long as the test runs.
pub struct Receiver {
    /// Where.
    pub url: String,
    heard: Arc<Mutex<Vec<Heard>>>,
    answer: Arc<Mutex<Answer>>,
}

impl Receiver {
    /// Listens on a free port.
    pub fn start(answer: Answer) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let receiver = Receiver { url, heard: Arc::default(), answer: Arc::new(Mutex::new(answer)) };
        let (heard, answer) = (Arc::clone(&receiver.heard), Arc::clone(&receiver.answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (heard, answer) = (Arc::clone(&heard), Arc::clone(&answer));
                // A connection that breaks is a daemon that was killed.
                std::thread::spawn(move || serve(&stream, &heard, &answer));
            }
        });
        receiver
    }

    /// Answers otherwise from now on.
    pub fn answer(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    /// Everything that came, in its order.
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }
}

fn serve(stream: &TcpStream, heard: &Mutex<Vec<Heard>>, answer: &Mutex<Answer>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut length, mut key, mut line) = (0, None, String::new());
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let Some((name, value)) = line.trim().split_once(": ") else {
                if line.trim().is_empty() { break } else { continue }
            };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().unwrap_or(0),
                "idempotency-key" => key = Some(value.to_owned()),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let payload = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let answer = *answer.lock().unwrap();
        heard.lock().unwrap().push(Heard { key, payload });
        let (status, body) = match answer {
            Answer::Status(status) => (status, ""),
            Answer::Says(body) => (200, body),
            // Until the other side is gone.
            Answer::Silence => return reader.read_line(&mut line).map(|_| ()),
        };
        let mut stream = stream;
        let head = format!("HTTP/1.1 {status} said\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all((head + body).as_bytes())?;
    }
}
