// structuredClone. See https://html.spec.whatwg.org/multipage/structured-data.html.
(function () {
  'use strict';

  const refuse = (what) => { throw new DOMException(`${what} could not be cloned.`, 'DataCloneError'); };
  const errors = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

  // shell makes the copy without what is in it, or undefined if there is no such copy.
  const shell = (value, copy) => {
    if (Array.isArray(value)) return new Array(value.length);
    if (value instanceof Date) return new Date(value.getTime());
    if (value instanceof RegExp) return new RegExp(value.source, value.flags);
    if (value instanceof Map) return new Map();
    if (value instanceof Set) return new Set();
    if (value instanceof ArrayBuffer) return value.slice(0);
    if (ArrayBuffer.isView(value)) {
      const bytes = copy(value.buffer);
      const { BYTES_PER_ELEMENT: size = 1 } = value;
      const Type = value instanceof DataView ? DataView : globalThis[value[Symbol.toStringTag]];
      return new Type(bytes, value.byteOffset, value.byteLength / size);
    }
    if (value instanceof Error) {
      const made = Object.create((errors[value.name] ?? Error).prototype);
      for (const name of ['message', 'stack']) {
        if (value[name] !== undefined) Object.defineProperty(made, name, { value: `${value[name]}`, writable: true, configurable: true });
      }
      return made;
    }
    if (value instanceof Boolean || value instanceof Number || value instanceof String || value instanceof BigInt) {
      return Object(value.valueOf());
    }
    if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef) refuse('An object');
    return {};
  };

  const structuredClone = (original) => {
    const seen = new Map();
    const copy = (value) => {
      if (typeof value === 'function' || typeof value === 'symbol') refuse(String(value));
      if (typeof value !== 'object' || value === null) return value;
      if (seen.has(value)) return seen.get(value);
      const made = shell(value, copy);
      seen.set(value, made);
      if (made instanceof Map) for (const [key, inner] of [...value]) made.set(copy(key), copy(inner));
      else if (made instanceof Set) for (const inner of [...value]) made.add(copy(inner));
      else if (made instanceof Error) { if (value.cause !== undefined) made.cause = copy(value.cause); }
      else if (Array.isArray(made) || Object.getPrototypeOf(made) === Object.prototype) {
        for (const key of Object.keys(value)) made[key] = copy(value[key]);
      }
      return made;
    };
    return copy(original);
  };

  return { structuredClone };
})
