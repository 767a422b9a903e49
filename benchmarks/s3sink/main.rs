// A loopback S3 endpoint that does almost nothing, so that a client's own cost shows.
// PUT/POST multipart are accepted and dropped (or kept in memory with --keep), also when they copy, GET serves synthetic bytes,
// ListObjectsV2 serves N synthetic keys and honours prefix, start-after and max-keys. Std only:
// rustc -O main.rs -o s3sink
// usage: s3sink PORT [LIST_KEYS] ; GET /b/size-NNN serves NNN bytes; HEAD likewise,
// but nothing is found below absent/. In the environment:
// SINK_DELAY_MS, how long after its last byte a request is answered, and SINK_BYTES_PER_SECOND, what
// one connection carries in each direction. GET /_stats tells what was counted.
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};
static REQ: AtomicU64 = AtomicU64::new(0);
static PUTS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);
static DELAYS: AtomicU64 = AtomicU64::new(0);
static DELAY_US: AtomicU64 = AtomicU64::new(0);
static DELAY_US_MIN: AtomicU64 = AtomicU64::new(u64::MAX);
static DELAY_US_MAX: AtomicU64 = AtomicU64::new(0);
static REQUESTS_AT_ONCE: Gauge = Gauge::new();
static CONNECTIONS_AT_ONCE: Gauge = Gauge::new();
static CHUNK: [u8; 1 << 18] = [b'x'; 1 << 18];
// What std gives a listener is 128: of many hundreds of connects at once the others would wait for a second.
const BACKLOG: i32 = 4096;
// Memory is only taken as it is used; a thousand threads with std's 2 MiB exhaust a small address space.
const STACK: usize = 128 << 10;
// A sleep ends late by some 60 us, or by milliseconds on busy cores: so long a link that stood idle
// may catch up, or it would carry less than it was told to.
const CATCH_UP: Duration = Duration::from_millis(10);
// Less than this is owed, not slept: one sleep for each small request costs more than it is worth.
const SHORTEST_SLEEP: Duration = Duration::from_millis(1);
extern "C" {
    fn listen(socket: i32, backlog: i32) -> i32;
}

/// How many there are now, and the most there were at once.
struct Gauge { now: AtomicU64, most: AtomicU64 }
impl Gauge {
    const fn new() -> Gauge { Gauge { now: AtomicU64::new(0), most: AtomicU64::new(0) } }
    fn enter(&'static self) -> Entered {
        self.most.fetch_max(self.now.fetch_add(1, Relaxed) + 1, Relaxed);
        Entered(self)
    }
}
struct Entered(&'static Gauge);
impl Drop for Entered {
    fn drop(&mut self) { self.0.now.fetch_sub(1, Relaxed); }
}

/// What the sink is told to be like.
#[derive(Clone, Copy)]
struct Options { keys: u64, delay: Duration, bytes_per_second: u64 }

/// One direction of a connection, held to its bytes per second by a token bucket.
struct Paced<'a> { stream: &'a TcpStream, bytes_per_second: u64, slice: usize, due: Instant }
impl<'a> Paced<'a> {
    fn new(stream: &'a TcpStream, bytes_per_second: u64) -> Paced<'a> {
        // Four milliseconds of the link: smooth, and few sleeps.
        let slice = if bytes_per_second == 0 { usize::MAX } else { ((bytes_per_second / 250) as usize).clamp(4096, 1 << 18) };
        Paced { stream, bytes_per_second, slice, due: Instant::now() }
    }
    fn pay(&mut self, count: usize) {
        if self.bytes_per_second == 0 { return; }
        let now = Instant::now();
        let oldest = now.checked_sub(CATCH_UP).unwrap_or(now);
        self.due = self.due.max(oldest) + Duration::from_secs_f64(count as f64 / self.bytes_per_second as f64);
        let owed = self.due.saturating_duration_since(now);
        if owed >= SHORTEST_SLEEP { std::thread::sleep(owed); }
    }
}
impl Read for Paced<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = buffer.len().min(self.slice);
        let count = self.stream.read(&mut buffer[..most])?;
        self.pay(count);
        Ok(count)
    }
}
impl Write for Paced<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let count = self.stream.write(&bytes[..bytes.len().min(self.slice)])?;
        self.pay(count);
        Ok(count)
    }
    fn flush(&mut self) -> std::io::Result<()> { Ok(()) }
}

/// Wait for what a request is to take, and count what it took.
fn wait(delay: Duration) {
    if delay.is_zero() { return; }
    let arrived = Instant::now();
    std::thread::sleep(delay);
    let took = arrived.elapsed().as_micros() as u64;
    DELAYS.fetch_add(1, Relaxed);
    DELAY_US.fetch_add(took, Relaxed);
    DELAY_US_MIN.fetch_min(took, Relaxed);
    DELAY_US_MAX.fetch_max(took, Relaxed);
}
fn stats() -> String {
    let delays = DELAYS.load(Relaxed);
    let (mean, shortest) = if delays == 0 { (0, 0) } else { (DELAY_US.load(Relaxed) / delays, DELAY_US_MIN.load(Relaxed)) };
    format!(
        "requests {} puts {} bytes {} requests_at_once {} connections_at_once {} delay_us_min {} delay_us_mean {} delay_us_max {}\n",
        REQ.load(Relaxed), PUTS.load(Relaxed), BYTES.load(Relaxed), REQUESTS_AT_ONCE.most.load(Relaxed),
        CONNECTIONS_AT_ONCE.most.load(Relaxed), shortest, mean, DELAY_US_MAX.load(Relaxed),
    )
}
fn q<'a>(query: &'a str, k: &str) -> Option<&'a str> {
    query.split('&').find_map(|p| { let mut i = p.splitn(2, '='); if i.next()? == k { Some(i.next().unwrap_or("")) } else { None } })
}
fn decoded(text: &str) -> String {
    let b = text.as_bytes();
    let (mut out, mut i) = (Vec::with_capacity(b.len()), 0);
    while i < b.len() {
        match b[i] {
            b'%' => { out.push(text.get(i + 1..i + 3).and_then(|h| u8::from_str_radix(h, 16).ok()).unwrap_or(b'%')); i += 3; }
            b'+' => { out.push(b' '); i += 1; }
            c => { out.push(c); i += 1; }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
fn key(i: u64) -> String { format!("data/{:04}/object-{:09}.bin", i / 1000, i) }
// The number of the first key for which `is_past` holds; the keys are in order up to 10 millions.
fn first_key(keys: u64, is_past: impl Fn(&str) -> bool) -> u64 {
    let (mut low, mut high) = (0, keys);
    while low < high { let i = (low + high) / 2; if is_past(&key(i)) { high = i } else { low = i + 1 } }
    low
}
fn serve(s: TcpStream, options: Options) -> std::io::Result<()> {
    let _counted = CONNECTIONS_AT_ONCE.enter();
    s.set_nodelay(true)?;
    let keys = options.keys;
    let mut w = Paced::new(&s, options.bytes_per_second);
    let mut r = BufReader::with_capacity(1 << 18, Paced::new(&s, options.bytes_per_second));
    let mut line = String::new();
    let mut sink = vec![0u8; 1 << 18];
    loop {
        line.clear();
        if r.read_line(&mut line)? == 0 { return Ok(()); }
        let mut it = line.split_whitespace();
        let (m, target) = (it.next().unwrap_or("").to_string(), it.next().unwrap_or("").to_string());
        let (path, query) = match target.find('?') { Some(i) => (&target[..i], &target[i + 1..]), None => (&target[..], "") };
        let about_itself = path == "/_stats";
        let _counted = (!about_itself).then(|| REQUESTS_AT_ONCE.enter());
        let (mut len, mut expect, mut chunked, mut copies, mut range, mut amz) = (0u64, false, false, false, None, None::<String>);
        loop {
            let mut h = String::new();
            r.read_line(&mut h)?;
            if h == "\r\n" || h.is_empty() { break; }
            let l = h.to_ascii_lowercase();
            if let Some(v) = l.strip_prefix("content-length:") { len = v.trim().parse().unwrap_or(0); }
            else if l.starts_with("expect:") { expect = true; }
            else if l.starts_with("x-amz-copy-source:") { copies = true; }
            else if let Some(v) = l.strip_prefix("x-amz-target:") { amz = Some(v.trim().to_string()); }
            else if l.starts_with("transfer-encoding:") && l.contains("chunked") { chunked = true; }
            else if let Some(v) = l.strip_prefix("range:") {
                let v = v.trim().trim_start_matches("bytes="); let mut p = v.splitn(2, '-');
                range = Some((p.next().unwrap_or("0").parse::<u64>().unwrap_or(0), p.next().and_then(|x| x.parse::<u64>().ok())));
            }
        }
        if expect { w.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?; }
        if chunked {
            loop {
                let mut h = String::new(); r.read_line(&mut h)?;
                let n = u64::from_str_radix(h.trim().split(';').next().unwrap_or("0"), 16).unwrap_or(0);
                let mut left = n;
                while left > 0 { let k = left.min(sink.len() as u64) as usize; r.read_exact(&mut sink[..k])?; left -= k as u64; }
                let mut t = String::new(); r.read_line(&mut t)?;
                if n == 0 { while t != "\r\n" && !t.is_empty() { t.clear(); r.read_line(&mut t)?; } break; }
                BYTES.fetch_add(n, Relaxed);
            }
        }
        let mut left = len;
        let mut body = Vec::new();
        if let Some(_) = &amz { body.resize(len as usize, 0); r.read_exact(&mut body)?; left = 0; }
        while left > 0 { let k = left.min(sink.len() as u64) as usize; r.read_exact(&mut sink[..k])?; left -= k as u64; }
        BYTES.fetch_add(len, Relaxed);
        if !about_itself { REQ.fetch_add(1, Relaxed); wait(options.delay); }
        let key_part = path.trim_start_matches('/').splitn(2, '/').nth(1).unwrap_or("");
        let xml = |w: &mut Paced, b: &str| w.write_all(format!("HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\r\n{}", b.len(), b).as_bytes());
        if let Some(op) = &amz {
            // SQS, JSON protocol: every send is accepted, every receive gives ten messages.
            let text = String::from_utf8_lossy(&body);
            let mut b = String::new();
            if op.ends_with("sendmessagebatch") || op.ends_with("deletemessagebatch") {
                b.push_str("{\"Failed\":[],\"Successful\":[");
                let mut first = true;
                for part in text.split("\"Id\":").skip(1) {
                    let id = part.trim_start().trim_start_matches('"').split('"').next().unwrap_or("");
                    if !first { b.push(','); } first = false;
                    b.push_str(&format!("{{\"Id\":\"{}\",\"MessageId\":\"m-{}\",\"MD5OfMessageBody\":\"d41d8cd98f00b204e9800998ecf8427e\"}}", id, id));
                    PUTS.fetch_add(1, Relaxed);
                }
                b.push_str("]}");
            } else if op.ends_with("receivemessage") {
                b.push_str("{\"Messages\":[");
                for i in 0..10 { if i > 0 { b.push(','); } b.push_str(&format!("{{\"MessageId\":\"m{}\",\"ReceiptHandle\":\"h{}\",\"Body\":\"hello\",\"MD5OfBody\":\"5d41402abc4b2a76b9719d911017c592\"}}", i, i)); }
                b.push_str("]}");
            } else { b.push_str("{\"MessageId\":\"m\",\"MD5OfMessageBody\":\"5d41402abc4b2a76b9719d911017c592\"}"); }
            w.write_all(format!("HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: {}\r\n\r\n{}", b.len(), b).as_bytes())?;
            continue;
        }
        match m.as_str() {
            "PUT" if copies => {
                PUTS.fetch_add(1, Relaxed);
                let root = if query.contains("uploadId=") { "CopyPartResult" } else { "CopyObjectResult" };
                xml(&mut w, &format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><{} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LastModified>2026-01-02T00:00:00.000Z</LastModified><ETag>&quot;d41d8cd98f00b204e9800998ecf8427e-1&quot;</ETag></{}>", root, root))?
            }
            "PUT" => { PUTS.fetch_add(1, Relaxed); w.write_all(b"HTTP/1.1 200 OK\r\nETag: \"d41d8cd98f00b204e9800998ecf8427e-1\"\r\nContent-Length: 0\r\n\r\n")? }
            "POST" if query.starts_with("uploads") || query.contains("&uploads") => xml(&mut w, "<?xml version=\"1.0\"?><InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><UploadId>u1</UploadId></InitiateMultipartUploadResult>")?,
            "POST" if query.contains("uploadId=") => xml(&mut w, "<?xml version=\"1.0\"?><CompleteMultipartUploadResult><Location>l</Location><Bucket>b</Bucket><Key>k</Key><ETag>\"x-1\"</ETag></CompleteMultipartUploadResult>")?,
            "POST" if query.starts_with("delete") => xml(&mut w, "<?xml version=\"1.0\"?><DeleteResult></DeleteResult>")?,
            "DELETE" => w.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")?,
            "GET" if path == "/_stats" => xml(&mut w, &stats())?,
            "GET" if key_part.is_empty() => {
                let prefix = decoded(q(query, "prefix").unwrap_or(""));
                let after = decoded(q(query, "start-after").unwrap_or(""));
                let keys = first_key(keys, |k| k > prefix.as_str() && !k.starts_with(prefix.as_str()));
                let start: u64 = q(query, "continuation-token").and_then(|t| t.parse().ok())
                    .unwrap_or_else(|| first_key(keys, |k| k > after.as_str() && k >= prefix.as_str()));
                let max: u64 = q(query, "max-keys").and_then(|t| t.parse().ok()).unwrap_or(1000).min(1000);
                let end = (start + max).min(keys);
                let mut b = String::with_capacity(300 * 1000);
                b.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name><Prefix></Prefix><MaxKeys>1000</MaxKeys>");
                b.push_str(&format!("<KeyCount>{}</KeyCount><IsTruncated>{}</IsTruncated>", end - start, end < keys));
                if end < keys { b.push_str(&format!("<NextContinuationToken>{}</NextContinuationToken>", end)); }
                for i in start..end { b.push_str(&format!("<Contents><Key>{}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;d41d8cd98f00b204e9800998ecf8427e-1&quot;</ETag><Size>4096</Size><StorageClass>STANDARD</StorageClass></Contents>", key(i))); }
                b.push_str("</ListBucketResult>");
                xml(&mut w, &b)?
            }
            "HEAD" if key_part.starts_with("absent/") => w.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")?,
            "GET" | "HEAD" => {
                let size: u64 = key_part.rsplit('/').next().and_then(|k| k.strip_prefix("size-")).and_then(|n| n.split('.').next().unwrap_or("").parse().ok()).unwrap_or(4096);
                let (a, z, code) = match range { Some((a, z)) => (a, z.unwrap_or(size.saturating_sub(1)).min(size.saturating_sub(1)), "206 Partial Content"), None => (0, size.saturating_sub(1), "200 OK") };
                let n = if size == 0 { 0 } else { z + 1 - a };
                let mut h = format!("HTTP/1.1 {}\r\nContent-Length: {}\r\nETag: \"d41d8cd98f00b204e9800998ecf8427e-1\"\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\nAccept-Ranges: bytes\r\n", code, n);
                if range.is_some() { h.push_str(&format!("Content-Range: bytes {}-{}/{}\r\n", a, z, size)); }
                h.push_str("\r\n"); w.write_all(h.as_bytes())?;
                if m == "GET" { let mut left = n; while left > 0 { let k = left.min(CHUNK.len() as u64) as usize; w.write_all(&CHUNK[..k])?; left -= k as u64; } }
            }
            _ => w.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")?,
        }
    }
}
fn from_environment(name: &str) -> u64 {
    std::env::var(name).map_or(0, |text| text.parse().unwrap_or_else(|_| panic!("{} is not a number: {}", name, text)))
}
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let options = Options {
        keys: a.get(2).and_then(|x| x.parse().ok()).unwrap_or(1_000_000),
        delay: Duration::from_millis(from_environment("SINK_DELAY_MS")),
        bytes_per_second: from_environment("SINK_BYTES_PER_SECOND"),
    };
    let l = TcpListener::bind(format!("127.0.0.1:{}", a[1])).unwrap();
    assert_eq!(unsafe { listen(l.as_raw_fd(), BACKLOG) }, 0);
    for s in l.incoming().flatten() {
        std::thread::Builder::new().stack_size(STACK).spawn(move || { let _ = serve(s, options); }).unwrap();
    }
}
