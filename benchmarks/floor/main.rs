// The floor under a transfer of small files: what it costs to send or fetch them and nothing else. No
// signatures, checksums, retries or report; the status and the length of every answer are checked.
// Std only: rustc -O main.rs -o floor
// usage: floor put|get FOLDER http://HOST:PORT/BUCKET CONNECTIONS
use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead, BufReader, Error, Read, Write};
use std::net::TcpStream;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Outcome<T> = Result<T, Failure>;

// A thread for each connection holds one file's names and little else.
const STACK: usize = 128 << 10;
const BUFFER: usize = 16 << 10;
const HAND_OVER: usize = 100;
// A sink checks none of it, but reads as many bytes as of a signed request.
const SIGNED: &str = "x-amz-date: 20260101T000000Z\r\nx-amz-content-sha256: UNSIGNED-PAYLOAD\r\n\
    x-amz-checksum-crc64nvme: AAAAAAAAAAA=\r\nAuthorization: AWS4-HMAC-SHA256 \
    Credential=test/20260101/us-east-1/s3/aws4_request, \
    SignedHeaders=host;x-amz-checksum-crc64nvme;x-amz-content-sha256;x-amz-date, \
    Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r\n";

/// Keys on their way from the one who finds them to those who move them.
#[derive(Default)]
struct Keys {
    waiting: Mutex<(VecDeque<String>, bool)>,
    changed: Condvar,
}

impl Keys {
    fn put(&self, found: &mut Vec<String>) {
        self.waiting.lock().unwrap().0.extend(found.drain(..));
        self.changed.notify_all();
    }

    fn end(&self) {
        self.waiting.lock().unwrap().1 = true;
        self.changed.notify_all();
    }

    fn take(&self) -> Option<String> {
        let mut waiting = self.waiting.lock().unwrap();
        loop {
            if let Some(key) = waiting.0.pop_front() {
                return Some(key);
            }
            if waiting.1 {
                return None;
            }
            waiting = self.changed.wait(waiting).unwrap();
        }
    }
}

/// Where the bucket is: `http://HOST:PORT/BUCKET`.
struct Store {
    host: String,
    bucket: String,
}

impl Store {
    fn parse(url: &str) -> Outcome<Store> {
        let rest = url.strip_prefix("http://").ok_or("the URL does not begin with http://")?;
        let (host, bucket) = rest.split_once('/').ok_or("the URL names no bucket")?;
        Ok(Store { host: host.to_string(), bucket: bucket.to_string() })
    }
}

/// One kept-alive connection.
struct Connection<'a> {
    store: &'a Store,
    stream: BufReader<TcpStream>,
    request: Vec<u8>,
}

impl<'a> Connection<'a> {
    fn open(store: &'a Store) -> Outcome<Connection<'a>> {
        let stream = TcpStream::connect(&store.host)?;
        stream.set_nodelay(true)?;
        Ok(Connection { store, stream: BufReader::with_capacity(BUFFER, stream), request: Vec::new() })
    }

    /// Send a request and read the answer's body; anything but 200 and the whole body is an error.
    fn ask(&mut self, method: &str, target: &str, body: &[u8], answer: &mut Vec<u8>) -> Outcome<()> {
        self.request.clear();
        write!(
            self.request,
            "{} /{}{} HTTP/1.1\r\nHost: {}\r\n{}Content-Length: {}\r\n\r\n",
            method, self.store.bucket, target, self.store.host, SIGNED, body.len()
        )?;
        self.request.extend_from_slice(body);
        self.stream.get_mut().write_all(&self.request)?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        if line.split(' ').nth(1) != Some("200") {
            return Err(format!("{} {}: {:?} is not 200", method, target, line.trim_end()).into());
        }
        let mut length = None;
        loop {
            line.clear();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(format!("{} {}: the answer broke off", method, target).into());
            }
            if line == "\r\n" {
                break;
            }
            if let Some((name, value)) = line.split_once(':') {
                if name.eq_ignore_ascii_case("content-length") {
                    length = Some(value.trim().parse::<usize>()?);
                }
            }
        }
        answer.clear();
        answer.resize(length.ok_or("an answer without Content-Length")?, 0);
        self.stream.read_exact(answer)?;
        Ok(())
    }
}

/// A key or a path as the target of a request.
fn quoted(key: &str) -> String {
    let mut target = String::with_capacity(key.len() + 1);
    target.push('/');
    for byte in key.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            target.push(byte as char);
        } else {
            target.push_str(&format!("%{:02X}", byte));
        }
    }
    target
}

/// The texts of all elements of this name.
fn elements<'a>(page: &'a str, name: &str) -> impl Iterator<Item = String> + 'a {
    let (open, close) = (format!("<{}>", name), format!("</{}>", name));
    page.split(&open).skip(1).map(|rest| rest.split(&close).next().unwrap_or("").to_string()).map(unescaped)
        .collect::<Vec<_>>().into_iter()
}

fn unescaped(text: String) -> String {
    if !text.contains('&') {
        return text;
    }
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
}

/// Find the files below a folder.
fn walk(root: &Path, keys: &Keys) -> Outcome<()> {
    let mut folders = vec![root.to_path_buf()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
                continue;
            }
            let path = entry.path();
            found.push(path.strip_prefix(root)?.to_str().ok_or("a name that is not UTF-8")?.to_string());
            if found.len() == HAND_OVER {
                keys.put(&mut found);
            }
        }
    }
    keys.put(&mut found);
    Ok(())
}

/// List the keys of the bucket, and make the folders that they need.
fn list(root: &Path, store: &Store, keys: &Keys) -> Outcome<()> {
    let mut connection = Connection::open(store)?;
    let (mut answer, mut token) = (Vec::new(), String::new());
    let mut made = PathBuf::new();
    loop {
        let mut target = String::from("?list-type=2");
        if !token.is_empty() {
            target.push_str(&format!("&continuation-token={}", &quoted(&token)[1..]));
        }
        connection.ask("GET", &target, b"", &mut answer)?;
        let page = std::str::from_utf8(&answer)?;
        let mut found: Vec<String> = elements(page, "Key").collect();
        for key in &found {
            if !Path::new(key).components().all(|part| matches!(part, Component::Normal(_))) {
                return Err(format!("{:?} is no path below a folder", key).into());
            }
            let folder = root.join(key).parent().map(Path::to_path_buf).unwrap_or_default();
            if folder != made {
                fs::create_dir_all(&folder)?;
                made = folder;
            }
        }
        keys.put(&mut found);
        match elements(page, "NextContinuationToken").next() {
            Some(next) => token = next,
            None => return Ok(()),
        }
    }
}

/// Move keys until there are none; how many were moved.
fn transfer(put: bool, root: &Path, store: &Store, keys: &Keys) -> Outcome<u64> {
    let mut connection: Option<Connection> = None;
    let mut answer = Vec::new();
    let mut count = 0;
    while let Some(key) = keys.take() {
        if connection.is_none() {
            connection = Some(Connection::open(store)?);
        }
        let connection = connection.as_mut().ok_or("no connection")?;
        let path = root.join(&key);
        if put {
            connection.ask("PUT", &quoted(&key), &fs::read(&path)?, &mut answer)?;
        } else {
            connection.ask("GET", &quoted(&key), b"", &mut answer)?;
            fs::write(&path, &answer)?;
        }
        count += 1;
    }
    Ok(count)
}

fn run(words: &[String]) -> Outcome<u64> {
    let usage = "usage: floor put|get FOLDER http://HOST:PORT/BUCKET CONNECTIONS";
    if words.len() != 4 || !["put", "get"].contains(&words[0].as_str()) {
        return Err(usage.into());
    }
    let put = words[0] == "put";
    let root = Arc::new(PathBuf::from(&words[1]));
    let store = Arc::new(Store::parse(&words[2])?);
    let connections: usize = words[3].parse()?;
    let keys = Arc::new(Keys::default());
    let moved = Arc::new(AtomicU64::new(0));
    let mut threads = Vec::new();
    for _ in 0..connections {
        let (root, store, keys, moved) = (root.clone(), store.clone(), keys.clone(), moved.clone());
        threads.push(thread::Builder::new().stack_size(STACK).spawn(move || {
            transfer(put, &root, &store, &keys).map(|count| moved.fetch_add(count, Relaxed))
        })?);
    }
    let found = if put { walk(&root, &keys) } else { list(&root, &store, &keys) };
    keys.end();
    for thread in threads {
        thread.join().map_err(|_| Error::new(std::io::ErrorKind::Other, "a thread ended"))??;
    }
    found?;
    Ok(moved.load(Relaxed))
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words) {
        Ok(count) => println!("{} files", count),
        Err(error) => {
            eprintln!("floor: {}", error);
            std::process::exit(1);
        }
    }
}
