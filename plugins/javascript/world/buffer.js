// Buffer of Node.js. See https://nodejs.org/api/buffer.html.
(function (inner) {
  'use strict';

  const { encode, decode } = inner;

  const binary = (bytes) => {
    const parts = [];
    for (let at = 0; at < bytes.length; at += 4096) parts.push(String.fromCharCode(...bytes.subarray(at, at + 4096)));
    return parts.join('');
  };
  const bytesOf = (text, each = 0xff) => Uint8Array.from(text, (c) => c.charCodeAt(0) & each);
  const base64 = (text) => bytesOf(atob(text.replaceAll('-', '+').replaceAll('_', '/').replace(/[^A-Za-z0-9+/]/g, '')));
  const utf16 = (text) => new Uint8Array(Uint16Array.from({ length: text.length }, (_, at) => text.charCodeAt(at)).buffer);

  const encodings = {
    utf8: { read: (text) => new Uint8Array(encode(text)), write: (bytes) => decode(bytes) },
    hex: {
      read: (text) => Uint8Array.from(/^(?:[0-9a-f]{2})*/i.exec(text)[0].match(/../g) ?? [], (pair) => parseInt(pair, 16)),
      write: (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join(''),
    },
    base64: { read: base64, write: (bytes) => btoa(binary(bytes)) },
    base64url: {
      read: base64,
      write: (bytes) => btoa(binary(bytes)).replaceAll('+', '-').replaceAll('/', '_').replace(/=*$/, ''),
    },
    latin1: { read: (text) => bytesOf(text), write: binary },
    ascii: { read: (text) => bytesOf(text), write: (bytes) => binary(bytes.map((b) => b & 0x7f)) },
    utf16le: {
      read: utf16,
      write: (bytes) => Array.from({ length: bytes.length >> 1 }, (_, at) => String.fromCharCode(bytes[2 * at] | bytes[2 * at + 1] << 8)).join(''),
    },
  };
  const others = { 'utf-8': 'utf8', binary: 'latin1', ucs2: 'utf16le', 'ucs-2': 'utf16le', 'utf-16le': 'utf16le' };
  const find = (name = 'utf8') => {
    const lower = `${name}`.toLowerCase();
    return encodings[others[lower] ?? lower];
  };
  const encoding = (name) => {
    const found = find(name);
    if (found === undefined) throw new TypeError(`Unknown encoding: ${name}`);
    return found;
  };
  const own = (bytes) => new Buffer(bytes.buffer, bytes.byteOffset, bytes.byteLength);

  class Buffer extends Uint8Array {
    static poolSize = 8192;
    static from(value, second, third) {
      if (typeof value === 'string') return own(encoding(second).read(value));
      if (value instanceof ArrayBuffer) return new Buffer(value, second, third);
      if (value?.type === 'Buffer' && Array.isArray(value.data)) return Buffer.from(value.data);
      if (typeof value?.length === 'number') return own(Uint8Array.from(value));
      throw new TypeError('a buffer is made of a string, an array, an ArrayBuffer or another buffer');
    }
    static alloc(size, fill, name) { return fill === undefined ? new Buffer(size) : new Buffer(size).fill(fill, 0, size, name); }
    static allocUnsafe(size) { return new Buffer(size); }
    static allocUnsafeSlow(size) { return new Buffer(size); }
    static isBuffer(value) { return value instanceof Buffer; }
    static isEncoding(name) { return typeof name === 'string' && find(name) !== undefined; }
    static byteLength(value, name) { return typeof value === 'string' ? encoding(name).read(value).length : value.byteLength; }
    static concat(list, total = list.reduce((sum, one) => sum + one.length, 0)) {
      const all = new Buffer(total);
      let at = 0;
      for (const one of list) {
        all.set(one.subarray(0, total - at), at);
        at = Math.min(at + one.length, total);
      }
      return all;
    }
    static compare(a, b) {
      for (let at = 0; at < Math.min(a.length, b.length); at++) {
        if (a[at] !== b[at]) return a[at] < b[at] ? -1 : 1;
      }
      return Math.sign(a.length - b.length);
    }

    toString(name, start = 0, end = this.length) {
      return encoding(name).write(new Uint8Array(this.buffer, this.byteOffset, this.length).subarray(start, end));
    }
    toJSON() { return { type: 'Buffer', data: Array.from(this) }; }
    equals(other) { return Buffer.compare(this, other) === 0; }
    compare(other) { return Buffer.compare(this, other); }
    slice(start, end) { return this.subarray(start, end); }
    write(text, at = 0, length = this.length - at, name = 'utf8') {
      if (typeof at === 'string') return this.write(text, 0, this.length, at);
      if (typeof length === 'string') return this.write(text, at, this.length - at, length);
      const bytes = encoding(name).read(text).subarray(0, Math.min(length, this.length - at));
      this.set(bytes, at);
      return bytes.length;
    }
    fill(value, start = 0, end = this.length, name = 'utf8') {
      if (typeof value === 'number') return super.fill(value, start, end);
      const bytes = typeof value === 'string' ? encoding(name).read(value) : value;
      for (let at = start; at < end; at++) this[at] = bytes.length === 0 ? 0 : bytes[(at - start) % bytes.length];
      return this;
    }
    copy(target, targetStart = 0, start = 0, end = this.length) {
      const part = this.subarray(start, Math.min(end, start + target.length - targetStart));
      target.set(part, targetStart);
      return part.length;
    }
    indexOf(value, from = 0, name = 'utf8') {
      if (typeof value === 'number') return super.indexOf(value & 0xff, from);
      const bytes = typeof value === 'string' ? encoding(name).read(value) : value;
      for (let at = Math.max(from < 0 ? this.length + from : from, 0); at + bytes.length <= this.length; at++) {
        if (bytes.every((b, n) => this[at + n] === b)) return at;
      }
      return -1;
    }
    includes(value, from, name) { return this.indexOf(value, from, name) >= 0; }
  }

  // readUInt16BE and the others.
  const view = (buffer) => new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const numbers = { UInt8: 'Uint8', Int8: 'Int8', UInt16: 'Uint16', Int16: 'Int16', UInt32: 'Uint32', Int32: 'Int32',
    BigUInt64: 'BigUint64', BigInt64: 'BigInt64', Float: 'Float32', Double: 'Float64' };
  for (const [name, type] of Object.entries(numbers)) {
    const size = Number(/\d+/.exec(type)[0]) / 8;
    for (const order of size === 1 ? [''] : ['BE', 'LE']) {
      Object.defineProperty(Buffer.prototype, `read${name}${order}`, {
        value(at = 0) { return view(this)[`get${type}`](at, order === 'LE'); }, writable: true, configurable: true,
      });
      Object.defineProperty(Buffer.prototype, `write${name}${order}`, {
        value(number, at = 0) { view(this)[`set${type}`](at, number, order === 'LE'); return at + size; }, writable: true, configurable: true,
      });
    }
  }

  return { Buffer };
})
