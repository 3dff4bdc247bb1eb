//! JSON (RFC 8259), as much of it as a function needs.

use std::fmt;
use std::ops::Index;

/// How deep values may nest.
const MAX_DEPTH: usize = 128;

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    /// As it is written, so that nothing of it is lost.
    Number(String),
    String(String),
    Array(Vec<Value>),
    /// The members in their order.
    Object(Vec<(String, Value)>),
}

impl Default for Value {
    fn default() -> Value {
        Value::Null
    }
}

impl Value {
    /// Returns the member of an object.
    pub fn get(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Object(members) => members.iter().rev().find(|(own, _)| own == name).map(|(_, value)| value),
            _ => None,
        }
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }

    pub fn as_i64(&self) -> Option<i64> {
        self.number()
    }

    pub fn as_u64(&self) -> Option<u64> {
        self.number()
    }

    pub fn as_f64(&self) -> Option<f64> {
        self.number()
    }

    fn number<T: std::str::FromStr>(&self) -> Option<T> {
        match self {
            Value::Number(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// Returns the elements of an array.
    pub fn as_array(&self) -> Option<&[Value]> {
        match self {
            Value::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// Returns the members of an object.
    pub fn as_object(&self) -> Option<&[(String, Value)]> {
        match self {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }
}

/// The member of an object, or null if there is none of the name.
impl Index<&str> for Value {
    type Output = Value;

    fn index(&self, name: &str) -> &Value {
        self.get(name).unwrap_or(&Value::Null)
    }
}

/// Writes the value as JSON.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Number(text) => f.write_str(text),
            Value::String(text) => f.write_str(&quote(text)),
            Value::Array(elements) => {
                f.write_str("[")?;
                for (n, element) in elements.iter().enumerate() {
                    write!(f, "{}{element}", if n > 0 { "," } else { "" })?;
                }
                f.write_str("]")
            }
            Value::Object(members) => {
                f.write_str("{")?;
                for (n, (name, value)) in members.iter().enumerate() {
                    write!(f, "{}{}:{value}", if n > 0 { "," } else { "" }, quote(name))?;
                }
                f.write_str("}")
            }
        }
    }
}

/// Returns text as a JSON string with its quotes.
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    let mut done = 0; // text[..done] is written
    for (at, byte) in text.bytes().enumerate() {
        if byte >= b' ' && byte != b'"' && byte != b'\\' {
            continue;
        }
        quoted.push_str(&text[done..at]);
        done = at + 1;
        match byte {
            b'"' | b'\\' => quoted.extend(['\\', byte as char]),
            _ => quoted.push_str(&format!("\\u{byte:04x}")),
        }
    }
    quoted.push_str(&text[done..]);
    quoted.push('"');
    quoted
}

/// Says where JSON is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Bytes before the place.
    pub offset: usize,
    /// What should have been there.
    pub want: &'static str,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "invalid JSON at byte {}: want {}", self.offset, self.want)
    }
}

impl std::error::Error for SyntaxError {}

/// Reads a whole text as one value.
pub fn parse(text: &str) -> Result<Value, SyntaxError> {
    let mut reader = Reader::new(text);
    let value = reader.value(MAX_DEPTH)?;
    reader.end()?;
    Ok(value)
}

/// Reads JSON from front to back.
pub(crate) struct Reader<'a> {
    text: &'a str,
    at: usize,
}

type Result<T, E = SyntaxError> = std::result::Result<T, E>;

impl<'a> Reader<'a> {
    pub fn new(text: &'a str) -> Reader<'a> {
        Reader { text, at: 0 }
    }

    pub fn wrong<T>(&self, want: &'static str) -> Result<T> {
        Err(SyntaxError { offset: self.at, want })
    }

    /// Returns the next byte that is not white space; 0 at the end.
    fn peek(&mut self) -> u8 {
        let bytes = self.text.as_bytes();
        while self.at < bytes.len() && matches!(bytes[self.at], b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
        bytes.get(self.at).copied().unwrap_or(0)
    }

    fn accept(&mut self, byte: u8) -> bool {
        let found = self.peek() == byte && self.at < self.text.len();
        self.at += usize::from(found);
        found
    }

    fn word(&mut self, word: &str) -> bool {
        self.peek();
        let found = self.text.as_bytes()[self.at..].starts_with(word.as_bytes());
        self.at += if found { word.len() } else { 0 };
        found
    }

    pub fn end(&mut self) -> Result<()> {
        self.peek();
        if self.at < self.text.len() {
            return self.wrong("the end of the text");
        }
        Ok(())
    }

    /// Calls member with the name of each member of an object; it has to read the value.
    pub fn object(&mut self, mut member: impl FnMut(&mut Self, String) -> Result<()>) -> Result<()> {
        if !self.accept(b'{') {
            return self.wrong("an object");
        }
        if self.accept(b'}') {
            return Ok(());
        }
        loop {
            let name = self.string()?;
            if !self.accept(b':') {
                return self.wrong("':'");
            }
            member(self, name)?;
            if self.accept(b'}') {
                return Ok(());
            }
            if !self.accept(b',') {
                return self.wrong("',' or '}'");
            }
        }
    }

    /// Calls element before each element of an array; it has to read it.
    pub fn array(&mut self, mut element: impl FnMut(&mut Self) -> Result<()>) -> Result<()> {
        if !self.accept(b'[') {
            return self.wrong("an array");
        }
        if self.accept(b']') {
            return Ok(());
        }
        loop {
            element(self)?;
            if self.accept(b']') {
                return Ok(());
            }
            if !self.accept(b',') {
                return self.wrong("',' or ']'");
            }
        }
    }

    /// Reads null if that is what comes.
    pub fn null(&mut self) -> bool {
        self.word("null")
    }

    pub fn string(&mut self) -> Result<String> {
        if !self.accept(b'"') {
            return self.wrong("a string");
        }
        let bytes = self.text.as_bytes();
        let mut value = String::new();
        loop {
            let from = self.at;
            while self.at < bytes.len() && !matches!(bytes[self.at], b'"' | b'\\' | 0..=0x1f) {
                self.at += 1;
            }
            value.push_str(&self.text[from..self.at]);
            match bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(value);
                }
                Some(b'\\') => {
                    self.at += 1;
                    value.push(self.escape()?);
                }
                _ => return self.wrong("'\"'"),
            }
        }
    }

    /// Reads what follows a backslash.
    fn escape(&mut self) -> Result<char> {
        let byte = self.text.as_bytes().get(self.at).copied().unwrap_or(0);
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => byte as char,
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => self.code_point()?,
            _ => {
                self.at -= 1;
                return self.wrong("an escape");
            }
        })
    }

    /// Reads the digits of a \u escape, and its second half where it has one. Half a pair is U+FFFD.
    fn code_point(&mut self) -> Result<char> {
        let first = self.hex()?;
        if (0xd800..0xdc00).contains(&first) && self.text.as_bytes()[self.at..].starts_with(b"\\u") {
            let at = self.at;
            self.at += 2;
            let second = self.hex()?;
            if (0xdc00..0xe000).contains(&second) {
                return Ok(char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)).unwrap_or('\u{fffd}'));
            }
            self.at = at;
        }
        Ok(char::from_u32(first).unwrap_or('\u{fffd}'))
    }

    fn hex(&mut self) -> Result<u32> {
        let mut value = 0;
        for _ in 0..4 {
            match self.text.as_bytes().get(self.at).and_then(|byte| (*byte as char).to_digit(16)) {
                Some(digit) => value = value << 4 | digit,
                None => return self.wrong("four hexadecimal digits"),
            }
            self.at += 1;
        }
        Ok(value)
    }

    /// Reads a number and returns its text.
    fn number(&mut self) -> Result<&'a str> {
        let from = self.at;
        self.byte(b"-");
        if !self.byte(b"0") && self.digits() == 0 {
            return self.wrong("a value");
        }
        if self.byte(b".") && self.digits() == 0 {
            return self.wrong("a digit");
        }
        if self.byte(b"eE") {
            self.byte(b"+-");
            if self.digits() == 0 {
                return self.wrong("a digit");
            }
        }
        Ok(&self.text[from..self.at])
    }

    fn byte(&mut self, any: &[u8]) -> bool {
        let found = self.text.as_bytes().get(self.at).map_or(false, |byte| any.contains(byte));
        self.at += usize::from(found);
        found
    }

    fn digits(&mut self) -> usize {
        let from = self.at;
        while self.byte(b"0123456789") {}
        self.at - from
    }

    pub fn value(&mut self, depth: usize) -> Result<Value> {
        if depth == 0 {
            return self.wrong("less nesting");
        }
        match self.peek() {
            b'{' => {
                let mut members = Vec::new();
                self.object(|reader, name| {
                    members.push((name, reader.value(depth - 1)?));
                    Ok(())
                })?;
                Ok(Value::Object(members))
            }
            b'[' => {
                let mut elements = Vec::new();
                self.array(|reader| {
                    elements.push(reader.value(depth - 1)?);
                    Ok(())
                })?;
                Ok(Value::Array(elements))
            }
            b'"' => Ok(Value::String(self.string()?)),
            b't' if self.word("true") => Ok(Value::Bool(true)),
            b'f' if self.word("false") => Ok(Value::Bool(false)),
            b'n' if self.word("null") => Ok(Value::Null),
            _ => Ok(Value::Number(self.number()?.to_string())),
        }
    }

    /// Passes a value of any kind.
    pub fn skip(&mut self) -> Result<()> {
        self.value(MAX_DEPTH).map(|_| ())
    }
}
