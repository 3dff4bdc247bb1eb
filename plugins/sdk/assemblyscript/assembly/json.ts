// JSON (RFC 8259), as much of it as a function needs.

// How deep values may nest.
const MAX_DEPTH = 128;

export enum Kind {
  Null,
  Bool,
  Number,
  String,
  Array,
  Object,
}

// A JSON value.
export class Value {
  kind: Kind = Kind.Null;
  text: string = ""; // of a string; of a number as it is written; true or false
  elements: Value[] = []; // of an array; the values of an object's members
  names: string[] = []; // of an object's members

  // get returns the member of an object, or null if it has none of the name.
  get(name: string): Value | null {
    const at = this.names.lastIndexOf(name);
    return at < 0 ? null : this.elements[at];
  }

  // string returns the text of a member that is a string, else "".
  string(name: string): string {
    const value = this.get(name);
    return value != null && value.kind == Kind.String ? value.text : "";
  }

  // strings returns the texts of a member that is an array of strings, else nothing.
  strings(name: string): string[] {
    const texts: string[] = [];
    const value = this.get(name);
    if (value == null || value.kind != Kind.Array) return texts;
    for (let i = 0; i < value.elements.length; i++) texts.push(value.elements[i].text);
    return texts;
  }

  // isNumber says whether a member is there and a number, for integer and number return 0 if it is not.
  isNumber(name: string): bool {
    const value = this.get(name);
    return value != null && value.kind == Kind.Number;
  }

  // integer returns a member that is a whole number, else 0.
  integer(name: string): i64 {
    const value = this.get(name);
    return value != null && value.kind == Kind.Number ? I64.parseInt(value.text) : 0;
  }

  // number returns a member that is a number, else 0.
  number(name: string): f64 {
    const value = this.get(name);
    return value != null && value.kind == Kind.Number ? F64.parseFloat(value.text) : 0;
  }

  // bool says whether a member is true.
  bool(name: string): bool {
    const value = this.get(name);
    return value != null && value.kind == Kind.Bool && value.text == "true";
  }

  // toString returns the value as JSON.
  toString(): string {
    const parts: string[] = [];
    switch (this.kind) {
      case Kind.Null:
        return "null";
      case Kind.String:
        return quote(this.text);
      case Kind.Array:
        for (let i = 0; i < this.elements.length; i++) parts.push(this.elements[i].toString());
        return "[" + parts.join(",") + "]";
      case Kind.Object:
        for (let i = 0; i < this.elements.length; i++) parts.push(quote(this.names[i]) + ":" + this.elements[i].toString());
        return "{" + parts.join(",") + "}";
      default:
        return this.text;
    }
  }
}

// quote returns text as a JSON string with its quotes.
export function quote(text: string): string {
  const parts: string[] = [];
  let done = 0; // what is before it is written
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c >= 0x20 && c != 0x22 && c != 0x5c) continue;
    parts.push(text.substring(done, i));
    parts.push(c < 0x20 ? "\\u" + c.toString(16).padStart(4, "0") : "\\" + String.fromCharCode(c));
    done = i + 1;
  }
  if (done == 0) return '"' + text + '"';
  parts.push(text.substring(done));
  return '"' + parts.join("") + '"';
}

// parse reads a whole text as one value; null, if it is none.
export function parse(text: string): Value | null {
  return parseBytes(Uint8Array.wrap(String.UTF8.encode(text)));
}

// parseBytes is parse of text in UTF-8.
export function parseBytes(bytes: Uint8Array): Value | null {
  const reader = new Reader(bytes);
  const value = reader.value(MAX_DEPTH);
  return reader.end() ? value : null;
}

// A reader reads JSON from front to back. After a mistake it stands at the end, and wrong is set.
export class Reader {
  private at: i32 = 0;
  wrong: bool = false;

  constructor(private bytes: Uint8Array) {}

  private mistake(): void {
    this.wrong = true;
    this.at = this.bytes.length;
  }

  // peek returns the next byte that is not white space; 0 at the end.
  private peek(): u8 {
    for (; this.at < this.bytes.length; this.at++) {
      const c = unchecked(this.bytes[this.at]);
      if (c != 0x20 && c != 0x09 && c != 0x0a && c != 0x0d) return c;
    }
    return 0;
  }

  accept(c: u8): bool {
    if (this.peek() != c || this.at >= this.bytes.length) return false;
    this.at++;
    return true;
  }

  private word(word: string): bool {
    this.peek();
    if (this.bytes.length - this.at < word.length) return false;
    for (let i = 0; i < word.length; i++) {
      if (unchecked(this.bytes[this.at + i]) != <u8>word.charCodeAt(i)) return false;
    }
    this.at += word.length;
    return true;
  }

  // null reads null if that is what comes.
  null(): bool {
    return this.word("null");
  }

  // end says whether the text is over, without a mistake.
  end(): bool {
    this.peek();
    return !this.wrong && this.at == this.bytes.length;
  }

  // begin reads the bracket that opens an object or array, and says whether there is something in it.
  begin(open: u8, close: u8): bool {
    if (!this.accept(open)) {
      this.mistake();
      return false;
    }
    return !this.accept(close);
  }

  // next reads what follows a member or element, and says whether there is another one.
  next(close: u8): bool {
    if (this.wrong || this.accept(close)) return false;
    if (this.accept(0x2c)) return true;
    this.mistake();
    return false;
  }

  // name reads a member's name and the colon.
  name(): string {
    const name = this.string();
    if (!this.accept(0x3a)) this.mistake();
    return name;
  }

  string(): string {
    if (!this.accept(0x22)) {
      this.mistake();
      return "";
    }
    const start = this.at;
    let text = "";
    let done = start; // what is before it is in text
    while (this.at < this.bytes.length) {
      const c = unchecked(this.bytes[this.at]);
      if (c == 0x22) {
        const rest = this.utf8(done, this.at++);
        return done == start ? rest : text + rest;
      }
      if (c < 0x20) break;
      if (c != 0x5c) {
        this.at++;
        continue;
      }
      text += this.utf8(done, this.at++);
      text += this.escape();
      done = this.at;
    }
    this.mistake();
    return "";
  }

  private utf8(from: i32, to: i32): string {
    return String.UTF8.decodeUnsafe(this.bytes.dataStart + from, to - from);
  }

  // escape reads what follows a backslash.
  private escape(): string {
    const c = this.at < this.bytes.length ? unchecked(this.bytes[this.at]) : 0;
    this.at++;
    switch (c) {
      case 0x22:
        return '"';
      case 0x5c:
        return "\\";
      case 0x2f:
        return "/";
      case 0x62:
        return "\b";
      case 0x66:
        return "\f";
      case 0x6e:
        return "\n";
      case 0x72:
        return "\r";
      case 0x74:
        return "\t";
      case 0x75:
        return this.codePoint();
      default:
        this.mistake();
        return "";
    }
  }

  // codePoint reads the digits of a \u escape, and its second half where it has one. Half a pair is U+FFFD.
  private codePoint(): string {
    const first = this.hex();
    if (first < 0xd800 || first > 0xdfff) return String.fromCharCode(first);
    if (first < 0xdc00 && this.at + 1 < this.bytes.length && this.bytes[this.at] == 0x5c && this.bytes[this.at + 1] == 0x75) {
      const at = this.at;
      this.at += 2;
      const second = this.hex();
      if (second >= 0xdc00 && second <= 0xdfff) return String.fromCharCode(first, second);
      if (!this.wrong) this.at = at;
    }
    return "\ufffd";
  }

  private hex(): i32 {
    let value = 0;
    for (let i = 0; i < 4; i++, this.at++) {
      const c: i32 = this.at < this.bytes.length ? unchecked(this.bytes[this.at]) : 0;
      if (c >= 0x30 && c <= 0x39) value = (value << 4) | (c - 0x30);
      else if ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x66) value = (value << 4) | ((c | 0x20) - 0x57);
      else {
        this.mistake();
        return 0xfffd;
      }
    }
    return value;
  }

  // number reads a number and returns its text.
  private number(): string {
    const start = this.at;
    this.skip("-");
    if (!this.skip("0") && !this.digits()) this.mistake();
    else if (this.skip(".") && !this.digits()) this.mistake();
    else if (this.skip("eE")) {
      this.skip("+-");
      if (!this.digits()) this.mistake();
    }
    return this.wrong ? "" : this.utf8(start, this.at);
  }

  private skip(any: string): bool {
    if (this.at >= this.bytes.length || !any.includes(String.fromCharCode(this.bytes[this.at]))) return false;
    this.at++;
    return true;
  }

  private digits(): bool {
    const start = this.at;
    while (this.at < this.bytes.length && this.bytes[this.at] >= 0x30 && this.bytes[this.at] <= 0x39) this.at++;
    return this.at > start;
  }

  value(depth: i32): Value {
    const value = new Value();
    if (depth == 0) {
      this.mistake();
      return value;
    }
    switch (this.peek()) {
      case 0x7b:
        value.kind = Kind.Object;
        for (let more = this.begin(0x7b, 0x7d); more; more = this.next(0x7d)) {
          value.names.push(this.name());
          value.elements.push(this.value(depth - 1));
        }
        break;
      case 0x5b:
        value.kind = Kind.Array;
        for (let more = this.begin(0x5b, 0x5d); more; more = this.next(0x5d)) value.elements.push(this.value(depth - 1));
        break;
      case 0x22:
        value.kind = Kind.String;
        value.text = this.string();
        break;
      default:
        if (this.word("null")) break;
        value.kind = Kind.Bool;
        if (this.word("true")) value.text = "true";
        else if (this.word("false")) value.text = "false";
        else {
          value.kind = Kind.Number;
          value.text = this.number();
        }
    }
    return value;
  }

  // pass passes a value of any kind.
  pass(): void {
    this.value(MAX_DEPTH);
  }
}
