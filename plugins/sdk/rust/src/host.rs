//! What a function can ask the host to do. Everything is denied unless the function's configuration grants it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::json::{self, quote, Value};
use crate::{guest, Errno, MessageAttribute, SqsRecord};

/// Why an operation did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The host did not do it.
    Host(Errno),
    /// The queue refused it, in SQS's words.
    Sqs { code: String, message: String },
    /// The response is not what it should be.
    Malformed,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Error::Host(errno) => errno.fmt(f),
            Error::Sqs { code, message } => write!(f, "{code}: {message}"),
            Error::Malformed => f.write_str("the host's response is malformed"),
        }
    }
}

impl std::error::Error for Error {}

impl From<Errno> for Error {
    fn from(errno: Errno) -> Error {
        Error::Host(errno)
    }
}

type Result<T> = std::result::Result<T, Error>;

/// The response of an operation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Response {
    pub header: Value,
    pub body: Vec<u8>,
}

/// Runs any operation, with a header that is JSON, and a body.
pub fn call(operation: &str, header: &str, body: &[u8]) -> Result<Response> {
    split(guest::call(operation, &frame(header, body))?)
}

/// An operation that runs beside the function, at most until the event is done.
#[derive(Debug)]
pub struct Pending {
    handle: i32,
}

/// Starts any operation without waiting for it.
pub fn start(operation: &str, header: &str, body: &[u8]) -> Result<Pending> {
    Ok(Pending { handle: guest::call_start(operation, &frame(header, body))? })
}

impl Pending {
    /// Waits for the operation. After [`Errno::TimedOut`] it can be waited for again.
    pub fn wait(&self, timeout: Duration) -> Result<Response> {
        let timeout = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
        split(guest::call_wait(self.handle, timeout)?)
    }
}

/// The length of the header in 4 bytes, little-endian, the header, and the body.
fn frame(header: &str, body: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(4 + header.len() + body.len());
    frame.extend_from_slice(&(header.len() as u32).to_le_bytes());
    frame.extend_from_slice(header.as_bytes());
    frame.extend_from_slice(body);
    frame
}

fn split(frame: Vec<u8>) -> Result<Response> {
    if frame.is_empty() {
        return Ok(Response::default());
    }
    let length = frame.get(..4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes).ok_or(Error::Malformed)?;
    let end = 4 + length as usize;
    let header = frame.get(4..end).and_then(|bytes| std::str::from_utf8(bytes).ok()).ok_or(Error::Malformed)?;
    let header = if header.is_empty() { Value::Null } else { json::parse(header).map_err(|_| Error::Malformed)? };
    if let Some(error) = header.get("error") {
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_string();
        return Err(Error::Sqs { code: text("code"), message: text("message") });
    }
    Ok(Response { body: frame[end..].to_vec(), header })
}

/// The parameters of SQS's SendMessage besides queue and body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SendOptions {
    pub delay_seconds: Option<u32>,
    pub message_group_id: Option<String>,
    pub message_deduplication_id: Option<String>,
    pub message_attributes: BTreeMap<String, MessageAttribute>,
}

/// What SQS says about a message that it has stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sent {
    pub message_id: String,
    pub sequence_number: Option<String>, // of FIFO queues
}

/// Sends a message to a queue, given by its name or URL.
pub fn send(queue: &str, body: &str, options: &SendOptions) -> Result<Sent> {
    let mut header = format!("{{\"queue\":{}", quote(queue));
    if let Some(seconds) = options.delay_seconds {
        header += &format!(",\"delaySeconds\":{seconds}");
    }
    if let Some(group) = &options.message_group_id {
        header += &format!(",\"messageGroupId\":{}", quote(group));
    }
    if let Some(id) = &options.message_deduplication_id {
        header += &format!(",\"messageDeduplicationId\":{}", quote(id));
    }
    if !options.message_attributes.is_empty() {
        let each = options.message_attributes.iter();
        let members: Vec<String> = each.map(|(name, value)| format!("{}:{}", quote(name), value.to_json())).collect();
        header += &format!(",\"messageAttributes\":{{{}}}", members.join(","));
    }
    let response = call("queue.send", &(header + "}"), body.as_bytes())?;
    let text = |name: &str| response.header[name].as_str().map(str::to_string);
    Ok(Sent { message_id: text("messageId").unwrap_or_default(), sequence_number: text("sequenceNumber") })
}

/// Changes when a record becomes visible again if it fails, to so many whole seconds from now.
pub fn extend(record: &SqsRecord, visibility: Duration) -> Result<()> {
    let header =
        format!("{{\"receiptHandle\":{},\"visibilityTimeout\":{}}}", quote(&record.receipt_handle), visibility.as_secs());
    call("queue.extend", &header, b"").map(|_| ())
}

/// Publishes a message on NATS.
pub fn publish(subject: &str, payload: &[u8]) -> Result<()> {
    call("nats.publish", &format!("{{\"subject\":{}}}", quote(subject)), payload).map(|_| ())
}

/// Sends a request on NATS and returns the payload of the reply.
pub fn request(subject: &str, payload: &[u8], timeout: Duration) -> Result<Vec<u8>> {
    let header = format!("{{\"subject\":{},\"timeoutMs\":{}}}", quote(subject), timeout.as_millis());
    call("nats.request", &header, payload).map(|response| response.body)
}

/// A value of the function's key-value bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub value: Vec<u8>,
    pub revision: u64,
}

fn key(key: &str) -> String {
    format!("{{\"key\":{}}}", quote(key))
}

fn key_revision(key: &str, revision: u64) -> String {
    format!("{{\"key\":{},\"revision\":{revision}}}", quote(key))
}

fn revision(response: Response) -> Result<u64> {
    response.header["revision"].as_u64().ok_or(Error::Malformed)
}

/// Returns the value of a key, if it has one.
pub fn kv_get(name: &str) -> Result<Option<Entry>> {
    match call("kv.get", &key(name), b"") {
        Ok(response) => Ok(Some(Entry { value: response.body.clone(), revision: revision(response)? })),
        Err(Error::Host(Errno::NotFound)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Sets the value of a key and returns its revision.
pub fn kv_put(name: &str, value: &[u8]) -> Result<u64> {
    revision(call("kv.put", &key(name), value)?)
}

/// Sets the value of a key that has none, else [`Errno::Conflict`].
pub fn kv_create(name: &str, value: &[u8]) -> Result<u64> {
    revision(call("kv.create", &key(name), value)?)
}

/// Sets the value of a key whose last revision is the one given, else [`Errno::Conflict`].
pub fn kv_update(name: &str, value: &[u8], last: u64) -> Result<u64> {
    revision(call("kv.update", &key_revision(name, last), value)?)
}

/// Deletes a key; if a revision is given that is not its last, [`Errno::Conflict`].
pub fn kv_delete(name: &str, last: Option<u64>) -> Result<()> {
    call("kv.delete", &last.map_or_else(|| key(name), |last| key_revision(name, last)), b"").map(|_| ())
}

/// Returns the keys that begin with the parts of a prefix, in order; all without one.
pub fn kv_keys(prefix: &str) -> Result<Vec<String>> {
    let header = if prefix.is_empty() { String::new() } else { format!("{{\"prefix\":{}}}", quote(prefix)) };
    let response = call("kv.keys", &header, b"")?;
    let keys = response.header["keys"].as_array().unwrap_or_default();
    Ok(keys.iter().filter_map(|key| key.as_str().map(str::to_string)).collect())
}

/// An HTTP request. Without a method it is a GET.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HttpRequest {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub timeout: Option<Duration>,
    /// Answers a redirect as it is, instead of following it.
    pub manual_redirect: bool,
}

/// The answer to an HTTP request, whatever its status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HttpResponse {
    pub status: u64,
    pub url: String, // that answered: another one after a redirect
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// Makes an HTTP request.
pub fn fetch(request: &HttpRequest) -> Result<HttpResponse> {
    let mut header = format!("{{\"url\":{}", quote(&request.url));
    if !request.method.is_empty() {
        header += &format!(",\"method\":{}", quote(&request.method));
    }
    let mut headers: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, value) in &request.headers {
        headers.entry(name).or_default().push(quote(value));
    }
    if !headers.is_empty() {
        let each = headers.iter();
        let members: Vec<String> = each.map(|(name, values)| format!("{}:[{}]", quote(name), values.join(","))).collect();
        header += &format!(",\"headers\":{{{}}}", members.join(","));
    }
    if let Some(timeout) = request.timeout {
        header += &format!(",\"timeoutMs\":{}", timeout.as_millis());
    }
    if request.manual_redirect {
        header += ",\"manualRedirect\":true";
    }
    let response = call("http.fetch", &(header + "}"), &request.body)?;
    let mut headers = Vec::new();
    for (name, values) in response.header["headers"].as_object().unwrap_or_default() {
        for value in values.as_array().unwrap_or_default() {
            headers.push((name.clone(), value.as_str().unwrap_or_default().to_string()));
        }
    }
    Ok(HttpResponse {
        status: response.header["status"].as_u64().ok_or(Error::Malformed)?,
        url: response.header["url"].as_str().unwrap_or_default().to_string(),
        headers,
        body: response.body,
    })
}

/// Returns a value of the function's configuration.
pub fn config(name: &str) -> Result<String> {
    named("config.get", name)
}

/// Returns a secret of the function.
pub fn secret(name: &str) -> Result<String> {
    named("secret.get", name)
}

fn named(operation: &str, name: &str) -> Result<String> {
    let response = call(operation, &format!("{{\"name\":{}}}", quote(name)), b"")?;
    String::from_utf8(response.body).map_err(|_| Error::Malformed)
}

/// Adds to a counter among the server's metrics.
pub fn add_metric(name: &str, value: f64) -> Result<()> {
    call("metrics.add", &format!("{{\"name\":{},\"value\":{value}}}", quote(name)), b"").map(|_| ())
}
