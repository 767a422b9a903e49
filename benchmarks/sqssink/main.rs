// A loopback SQS (JSON protocol) that keeps messages in memory, so that a client's own cost shows.
// Long polls, visibility timeouts, batches, the MD5 digests of bodies; it checks no signature, and of
// message attributes it knows nothing. Messages of a FIFO queue come out as they came in. Std only:
// rustc -O main.rs -o sqssink
// usage: sqssink PORT [LATENCY_MS], the time after its last byte that each request takes.
// POST /__fault {"delete_failed": 0.3, "storm": 1, "hang": 1, "deny": 0, "gone": 0} sets faults: the share
// of entries of DeleteMessageBatch that fail, the share of requests answered with 503, receives that never
// answer, and all requests refused. GET /__stats tells what was counted.
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::{
    atomic::{AtomicU64, Ordering::Relaxed},
    Arc, Condvar, Mutex,
};
use std::time::{Duration, Instant};

// What std gives a listener is 128: of many connects at once the others would wait for a second.
const BACKLOG: i32 = 4096;
const STACK: usize = 256 << 10;
extern "C" {
    fn listen(socket: i32, backlog: i32) -> i32;
}

/// https://www.rfc-editor.org/rfc/rfc1321
fn md5(text: &[u8]) -> String {
    let shifts: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
    let mut padded = text.to_vec();
    padded.push(0x80);
    while padded.len() % 64 != 56 {
        padded.push(0)
    }
    padded.extend((text.len() as u64 * 8).to_le_bytes());
    let mut state: [u32; 4] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
    for block in padded.chunks(64) {
        let word = |i: usize| u32::from_le_bytes(block[4 * i..4 * i + 4].try_into().unwrap());
        let [mut a, mut b, mut c, mut d] = state;
        for i in 0..64 {
            let (f, g) = match i / 16 {
                0 => ((b & c) | (!b & d), i),
                1 => ((d & b) | (!d & c), (5 * i + 1) % 16),
                2 => (b ^ c ^ d, (3 * i + 5) % 16),
                _ => (c ^ (b | !d), (7 * i) % 16),
            };
            let sum = a.wrapping_add(f).wrapping_add(SINES[i]).wrapping_add(word(g));
            (a, d, c) = (d, c, b);
            b = b.wrapping_add(sum.rotate_left(shifts[i / 16][i % 4]));
        }
        for (old, new) in state.iter_mut().zip([a, b, c, d]) {
            *old = old.wrapping_add(new)
        }
    }
    state.iter().flat_map(|x| x.to_le_bytes()).map(|x| format!("{x:02x}")).collect()
}
#[rustfmt::skip]
const SINES: [u32; 64] = [
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
];

/// The text of a JSON string, of which the escapes are as they were sent.
fn plain(raw: &str) -> String {
    let mut out = String::new();
    let mut rest = raw.chars();
    let mut units: Vec<u16> = vec![];
    while let Some(c) = rest.next() {
        let escaped = if c == '\\' { rest.next() } else { None };
        if escaped == Some('u') {
            let digits: String = rest.by_ref().take(4).collect();
            units.push(u16::from_str_radix(&digits, 16).unwrap_or(0xfffd));
            continue;
        }
        out.push_str(&String::from_utf16_lossy(&units));
        units.clear();
        out.push(match escaped {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some(other) => other,
            None => c,
        });
    }
    out + &String::from_utf16_lossy(&units)
}

#[derive(Clone, Debug)]
enum V {
    S(String),
    N(String),
    A(Vec<V>),
    O(Vec<(String, V)>),
}
struct P<'a> {
    b: &'a [u8],
    i: usize,
}
impl<'a> P<'a> {
    fn ws(&mut self) {
        while self.i < self.b.len() && (self.b[self.i] as char).is_whitespace() {
            self.i += 1
        }
    }
    fn st(&mut self) -> String {
        self.i += 1;
        let s = self.i;
        while self.b[self.i] != b'"' {
            if self.b[self.i] == b'\\' {
                self.i += 1
            }
            self.i += 1
        }
        let r = String::from_utf8_lossy(&self.b[s..self.i]).into_owned();
        self.i += 1;
        r
    }
    fn v(&mut self) -> V {
        self.ws();
        match self.b[self.i] {
            b'"' => V::S(self.st()),
            b'{' => {
                self.i += 1;
                let mut o = vec![];
                loop {
                    self.ws();
                    match self.b[self.i] {
                        b'}' => {
                            self.i += 1;
                            return V::O(o);
                        }
                        b',' => self.i += 1,
                        _ => {
                            let k = self.st();
                            self.ws();
                            self.i += 1;
                            let v = self.v();
                            o.push((k, v))
                        }
                    }
                }
            }
            b'[' => {
                self.i += 1;
                let mut a = vec![];
                loop {
                    self.ws();
                    match self.b[self.i] {
                        b']' => {
                            self.i += 1;
                            return V::A(a);
                        }
                        b',' => self.i += 1,
                        _ => {
                            let v = self.v();
                            a.push(v)
                        }
                    }
                }
            }
            _ => {
                let s = self.i;
                while self.i < self.b.len() && !b",]} \n".contains(&self.b[self.i]) {
                    self.i += 1
                }
                V::N(String::from_utf8_lossy(&self.b[s..self.i]).into_owned())
            }
        }
    }
}
impl V {
    fn g(&self, k: &str) -> Option<&V> {
        if let V::O(o) = self {
            o.iter().find(|x| x.0 == k).map(|x| &x.1)
        } else {
            None
        }
    }
    fn s(&self, k: &str) -> String {
        match self.g(k) {
            Some(V::S(s)) | Some(V::N(s)) => s.clone(),
            _ => String::new(),
        }
    }
    fn n(&self, k: &str, d: f64) -> f64 {
        self.s(k).parse().unwrap_or(d)
    }
    fn a(&self, k: &str) -> Vec<V> {
        if let Some(V::A(a)) = self.g(k) {
            a.clone()
        } else {
            vec![]
        }
    }
}
struct M {
    body: String,
    digest: String,
    attrs: String,
    gen: u64,
    count: u64,
    sent: u128,
    visible: Option<Instant>,
}
#[derive(Default)]
struct Q {
    m: HashMap<u64, M>,
    ready: VecDeque<u64>,
    heap: BinaryHeap<Reverse<(Instant, u64, u64)>>,
    vt: f64,
}
impl Q {
    fn tick(&mut self) {
        let now = Instant::now();
        while let Some(Reverse((t, id, g))) = self.heap.peek().copied() {
            if t > now {
                break;
            }
            self.heap.pop();
            if let Some(m) = self.m.get_mut(&id) {
                if m.gen == g && m.visible == Some(t) {
                    m.visible = None;
                    self.ready.push_back(id)
                }
            }
        }
    }
    fn hide(&mut self, id: u64, secs: f64) {
        let m = self.m.get_mut(&id).unwrap();
        if secs <= 0.0 {
            m.visible = None;
            self.ready.push_back(id)
        } else {
            let t = Instant::now() + Duration::from_secs_f64(secs);
            m.visible = Some(t);
            self.heap.push(Reverse((t, id, m.gen)))
        }
    }
}
#[derive(Default)]
struct W {
    q: Mutex<HashMap<String, Q>>,
    cv: Condvar,
    next: AtomicU64,
    stats: Mutex<HashMap<String, u64>>,
    fault: Mutex<HashMap<String, f64>>,
    rng: AtomicU64,
}
impl W {
    fn f(&self, k: &str) -> f64 {
        *self.fault.lock().unwrap().get(k).unwrap_or(&0.0)
    }
    fn c(&self, k: &str, n: u64) {
        *self.stats.lock().unwrap().entry(k.into()).or_insert(0) += n
    }
    fn rnd(&self) -> f64 {
        let mut x = self.rng.fetch_add(0x9E3779B97F4A7C15, Relaxed);
        x ^= x >> 30;
        x = x.wrapping_mul(0xBF58476D1CE4E5B9);
        x ^= x >> 27;
        x = x.wrapping_mul(0x94D049BB133111EB);
        x ^= x >> 31;
        (x >> 11) as f64 / (1u64 << 53) as f64
    }
}
fn now() -> u128 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_millis()
}
fn act(w: &W, t: &str, b: &V, port: &str) -> (u16, String) {
    let url = b.s("QueueUrl");
    let name = if url.is_empty() {
        b.s("QueueName")
    } else {
        url.rsplit('/').next().unwrap().to_string()
    };
    let my = format!("http://127.0.0.1:{port}/000000000000/{name}");
    if w.f("storm") > 0.0 && w.rnd() < w.f("storm") {
        return (
            503,
            r#"{"__type":"com.amazonaws.sqs#ServiceUnavailable","message":"storm"}"#.into(),
        );
    }
    if w.f("gone") > 0.0 {
        return(400,r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."}"#.into());
    }
    if w.f("deny") > 0.0 {
        return (
            403,
            r#"{"__type":"com.amazonaws.sqs#AccessDeniedException","message":"denied"}"#.into(),
        );
    }
    let ok = |s: String| (200u16, s);
    match t {
        "CreateQueue" => {
            let mut q = w.q.lock().unwrap();
            let e = q.entry(name.clone()).or_default();
            e.vt = b
                .g("Attributes")
                .map(|a| a.n("VisibilityTimeout", 30.0))
                .unwrap_or(30.0);
            ok(format!(r#"{{"QueueUrl":"{my}"}}"#))
        }
        "GetQueueUrl" => ok(format!(r#"{{"QueueUrl":"{my}"}}"#)),
        "ListQueues" => {
            let q = w.q.lock().unwrap();
            let v: Vec<_> = q
                .keys()
                .map(|k| format!("\"http://127.0.0.1:{port}/000000000000/{k}\""))
                .collect();
            ok(format!(r#"{{"QueueUrls":[{}]}}"#, v.join(",")))
        }
        "GetQueueAttributes" => {
            let mut g = w.q.lock().unwrap();
            let q = g.entry(name).or_default();
            q.tick();
            let r = q.ready.len();
            ok(format!(
                r#"{{"Attributes":{{"VisibilityTimeout":"{}","ApproximateNumberOfMessages":"{}","ApproximateNumberOfMessagesNotVisible":"{}","MaximumMessageSize":"1048576"}}}}"#,
                q.vt as u64,
                r,
                q.m.len() - r
            ))
        }
        "PurgeQueue" => {
            let mut g = w.q.lock().unwrap();
            let q = g.entry(name).or_default();
            let vt = q.vt;
            *q = Q::default();
            q.vt = vt;
            ok("{}".into())
        }
        "SendMessage" | "SendMessageBatch" => {
            let es = if t == "SendMessage" {
                vec![b.clone()]
            } else {
                b.a("Entries")
            };
            let mut g = w.q.lock().unwrap();
            let q = g.entry(name).or_default();
            let mut out = vec![];
            for e in es {
                let id = w.next.fetch_add(1, Relaxed);
                let body = e.s("MessageBody");
                let digest = md5(plain(&body).as_bytes());
                let group = e.s("MessageGroupId");
                let attrs = if group.is_empty() {
                    String::new()
                } else {
                    format!(r#","MessageGroupId":"{group}","SequenceNumber":"{id}""#)
                };
                q.m.insert(
                    id,
                    M {
                        body,
                        digest: digest.clone(),
                        attrs,
                        gen: 0,
                        count: 0,
                        sent: now(),
                        visible: None,
                    },
                );
                let d = e.n("DelaySeconds", 0.0);
                q.hide(id, d);
                w.c("sent", 1);
                // Only of an entry of a batch is the answer's Id.
                let named = if t == "SendMessage" {
                    String::new()
                } else {
                    format!(r#""Id":"{}","#, e.s("Id"))
                };
                out.push(format!(
                    r#"{{{named}"MessageId":"{id}","MD5OfMessageBody":"{digest}"}}"#
                ))
            }
            w.cv.notify_all();
            if t == "SendMessage" {
                ok(out[0].clone())
            } else {
                ok(format!(r#"{{"Successful":[{}]}}"#, out.join(",")))
            }
        }
        "ReceiveMessage" => {
            if w.f("hang") > 0.0 {
                let t0 = Instant::now();
                while w.f("hang") > 0.0 && t0.elapsed().as_secs() < 120 {
                    std::thread::sleep(Duration::from_millis(50))
                }
                return (0, "".into());
            }
            let max = b.n("MaxNumberOfMessages", 1.0) as usize;
            let wait = b.n("WaitTimeSeconds", 0.0);
            let end = Instant::now() + Duration::from_secs_f64(wait);
            let mut g = w.q.lock().unwrap();
            loop {
                let q = g.entry(name.clone()).or_default();
                q.tick();
                if q.vt == 0.0 {
                    q.vt = 30.0
                }
                let vt = b.n("VisibilityTimeout", q.vt);
                let mut out = vec![];
                while out.len() < max {
                    let id = match q.ready.pop_front() {
                        Some(i) => i,
                        None => break,
                    };
                    let (r, a) = match q.m.get_mut(&id) {
                        Some(m) if m.visible.is_none() => {
                            m.gen += 1;
                            m.count += 1;
                            (
                                format!(
                                    r#"{{"MessageId":"{id}","ReceiptHandle":"{id}.{}","MD5OfBody":"{}","Body":"{}","Attributes":{{"ApproximateReceiveCount":"{}","SentTimestamp":"{}"{}}}}}"#,
                                    m.gen, m.digest, m.body, m.count, m.sent, m.attrs
                                ),
                                m.count,
                            )
                        }
                        _ => continue,
                    };
                    q.hide(id, vt);
                    if a > 1 {
                        w.c("redelivered", 1)
                    }
                    out.push(r)
                }
                if !out.is_empty() {
                    w.c("received", out.len() as u64);
                    return ok(format!(r#"{{"Messages":[{}]}}"#, out.join(",")));
                }
                let left = end.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return ok("{}".into());
                }
                let nap = q
                    .heap
                    .peek()
                    .map(|x| x.0 .0.saturating_duration_since(Instant::now()))
                    .unwrap_or(left)
                    .min(left)
                    + Duration::from_millis(1);
                g = w.cv.wait_timeout(g, nap).unwrap().0
            }
        }
        "DeleteMessage"
        | "DeleteMessageBatch"
        | "ChangeMessageVisibility"
        | "ChangeMessageVisibilityBatch" => {
            let es = if t.ends_with("Batch") {
                b.a("Entries")
            } else {
                vec![b.clone()]
            };
            let mut g = w.q.lock().unwrap();
            let q = g.entry(name).or_default();
            q.tick();
            let (mut good, mut bad) = (vec![], vec![]);
            for e in &es {
                let h = e.s("ReceiptHandle");
                let mut p = h.split('.');
                let id: u64 = p.next().unwrap_or("").parse().unwrap_or(u64::MAX);
                let gen: u64 = p.next().unwrap_or("").parse().unwrap_or(0);
                let key = e.s("Id");
                let current = q.m.get(&id).map(|m| m.gen == gen).unwrap_or(false);
                if t.starts_with("Delete") {
                    if w.rnd() < w.f("delete_failed") {
                        w.c("delete_refused", 1);
                        bad.push(format!(r#"{{"Id":"{key}","SenderFault":false,"Code":"InternalError","Message":"x"}}"#));
                        continue;
                    }
                    if current {
                        q.m.remove(&id);
                        w.c("deleted", 1)
                    } else {
                        w.c("delete_stale", 1)
                    }
                    good.push(format!(r#"{{"Id":"{key}"}}"#))
                } else if current && q.m[&id].visible.is_some() {
                    q.hide(id, e.n("VisibilityTimeout", 0.0));
                    w.c("visibility", 1);
                    good.push(format!(r#"{{"Id":"{key}"}}"#))
                } else {
                    w.c("visibility_refused", 1);
                    bad.push(format!(r#"{{"Id":"{key}","SenderFault":true,"Code":"MessageNotInflight","Message":"x"}}"#))
                }
            }
            w.cv.notify_all();
            if t.ends_with("Batch") {
                ok(format!(
                    r#"{{"Successful":[{}],"Failed":[{}]}}"#,
                    good.join(","),
                    bad.join(",")
                ))
            } else if bad.is_empty() {
                ok("{}".into())
            } else {
                (
                    400,
                    r#"{"__type":"com.amazonaws.sqs#MessageNotInflight","message":"x"}"#.into(),
                )
            }
        }
        _ => (
            400,
            r#"{"__type":"com.amazonaws.sqs#InvalidAction","message":"no"}"#.into(),
        ),
    }
}
fn serve(s: TcpStream, w: Arc<W>, lat: f64, port: String) {
    s.set_nodelay(true).ok();
    let mut r = BufReader::new(s.try_clone().unwrap());
    let mut o = s;
    loop {
        let mut line = String::new();
        if r.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let first = line.clone();
        let (mut len, mut tgt) = (0usize, String::new());
        loop {
            let mut h = String::new();
            if r.read_line(&mut h).unwrap_or(0) == 0 {
                return;
            }
            let t = h.trim_end();
            if t.is_empty() {
                break;
            }
            let l = t.to_ascii_lowercase();
            if l.starts_with("content-length:") {
                len = t[15..].trim().parse().unwrap_or(0)
            }
            if l.starts_with("x-amz-target:") {
                tgt = t[13..].trim().rsplit('.').next().unwrap().to_string()
            }
            if l.starts_with("expect:") {
                o.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok();
            }
        }
        let mut body = vec![0; len];
        if r.read_exact(&mut body).is_err() {
            return;
        }
        let (code, ans) = if first.contains(" /__stats") {
            let mut s: Vec<_> = w
                .stats
                .lock()
                .unwrap()
                .iter()
                .map(|(k, v)| format!("\"{k}\":{v}"))
                .collect();
            s.sort();
            (200, format!("{{{}}}", s.join(",")))
        } else if first.contains(" /__fault") {
            if let V::O(x) = (P { b: &body, i: 0 }).v() {
                for (k, v) in x {
                    if let V::N(n) = v {
                        w.fault.lock().unwrap().insert(k, n.parse().unwrap_or(0.0));
                    }
                }
            }
            (200, "{}".into())
        } else {
            let b = (P {
                b: if body.is_empty() { b"{}" } else { &body },
                i: 0,
            })
            .v();
            w.c(&tgt, 1);
            if lat > 0.0 {
                std::thread::sleep(Duration::from_secs_f64(lat / 1000.0))
            }
            act(&w, &tgt, &b, &port)
        };
        if code == 0 {
            return;
        }
        let txt=format!("HTTP/1.1 {code} X\r\nContent-Type: application/x-amz-json-1.0\r\nx-amzn-RequestId: 0\r\nContent-Length: {}\r\n\r\n{}",ans.len(),ans);
        if o.write_all(txt.as_bytes()).is_err() {
            return;
        }
    }
}
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let lat: f64 = a.get(2).map(|x| x.parse().unwrap()).unwrap_or(0.0);
    let l = TcpListener::bind(("127.0.0.1", a[1].parse::<u16>().unwrap())).unwrap();
    unsafe { listen(l.as_raw_fd(), BACKLOG) };
    let w = Arc::new(W::default());
    for s in l.incoming() {
        if let Ok(s) = s {
            let w = w.clone();
            let p = a[1].clone();
            let thread = std::thread::Builder::new().stack_size(STACK);
            thread.spawn(move || serve(s, w, lat, p)).unwrap();
        }
    }
}
