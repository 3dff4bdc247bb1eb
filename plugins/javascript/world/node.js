// Modules of Node.js, as far as they make sense without files and sockets. See https://nodejs.org/api/. The names that each
// exports are in modules.go.
(function (inner) {
  'use strict';

  const { host, HASH, encode, buffer, format, show } = inner;

  const bytesOf = (data, encoding) => typeof data === 'string' ? Buffer.from(data, encoding) : data;

  class Hash {
    #algorithm;
    #key;
    #chunks = [];
    constructor(algorithm, key) {
      this.#algorithm = `${algorithm}`.toLowerCase().replace('-', '');
      this.#key = key === undefined ? undefined : buffer(bytesOf(key));
      digest(this.#algorithm, new ArrayBuffer(0), this.#key); // refuses what is not known
    }
    update(data, encoding) {
      this.#chunks.push(Buffer.from(bytesOf(data, encoding)));
      return this;
    }
    digest(encoding) {
      const sum = Buffer.from(digest(this.#algorithm, buffer(Buffer.concat(this.#chunks)), this.#key));
      return encoding === undefined || encoding === 'buffer' ? sum : sum.toString(encoding);
    }
  }

  const digest = (algorithm, data, key) => {
    const sum = host(HASH, algorithm, data, key);
    if (sum === undefined) throw new Error(`Digest method not supported: ${algorithm}`);
    return sum;
  };

  const subtle = {
    async digest(algorithm, data) { return digest(`${algorithm?.name ?? algorithm}`.toLowerCase().replace('-', ''), buffer(data)); },
  };

  class EventEmitter {
    #listeners = new Map();
    on(name, listener) {
      this.#listeners.set(name, [...this.listeners(name), listener]);
      return this;
    }
    once(name, listener) {
      const once = (...values) => {
        this.off(name, once);
        listener.apply(this, values);
      };
      once.listener = listener;
      return this.on(name, once);
    }
    off(name, listener) {
      const all = this.listeners(name);
      const at = all.findLastIndex((one) => one === listener || one.listener === listener);
      this.#listeners.set(name, all.filter((_, index) => index !== at));
      return this;
    }
    emit(name, ...values) {
      const all = this.listeners(name);
      if (all.length === 0 && name === 'error') throw values[0];
      for (const listener of all) listener.apply(this, values);
      return all.length > 0;
    }
    listeners(name) { return this.#listeners.get(name) ?? []; }
    listenerCount(name) { return this.listeners(name).length; }
    removeAllListeners(name) {
      if (name === undefined) this.#listeners.clear();
      else this.#listeners.delete(name);
      return this;
    }
    addListener(name, listener) { return this.on(name, listener); }
    removeListener(name, listener) { return this.off(name, listener); }
    setMaxListeners() { return this; }
  }
  EventEmitter.EventEmitter = EventEmitter;
  EventEmitter.once = (emitter, name) => new Promise((resolve, reject) => {
    emitter.once(name, (...values) => resolve(values));
    if (name !== 'error') emitter.once('error', reject);
  });

  const promisify = (f) => (...values) => new Promise((resolve, reject) => {
    f(...values, (error, value) => error ? reject(error) : resolve(value));
  });

  const sleep = (milliseconds, value, { signal } = {}) => new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const id = setTimeout(resolve, milliseconds, value);
    signal?.addEventListener('abort', () => { clearTimeout(id); reject(signal.reason); }, { once: true });
  });

  const modules = {
    buffer: () => ({ Buffer, atob, btoa }),
    console: () => console,
    crypto: () => ({
      createHash: (algorithm) => new Hash(algorithm),
      createHmac: (algorithm, key) => new Hash(algorithm, key),
      randomBytes: (size) => Buffer.from(crypto.getRandomValues(new Uint8Array(size))),
      randomUUID: () => crypto.randomUUID(),
      timingSafeEqual(a, b) {
        if (a.byteLength !== b.byteLength) throw new RangeError('Input buffers must have the same byte length');
        let differ = 0;
        Buffer.from(buffer(a)).forEach((byte, at) => { differ |= byte ^ new Uint8Array(buffer(b))[at]; });
        return differ === 0;
      },
      getRandomValues: (array) => crypto.getRandomValues(array),
      webcrypto: crypto, subtle,
    }),
    events: () => EventEmitter,
    perf_hooks: () => ({ performance }),
    process: () => process,
    timers: () => ({ setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate }),
    'timers/promises': () => ({ setTimeout: sleep, setImmediate: (value) => sleep(0, value) }),
    url: () => ({ URL, URLSearchParams }),
    util: () => ({ format, inspect: (value) => typeof value === 'string' ? JSON.stringify(value) : show(value), promisify, TextDecoder, TextEncoder }),
  };
  const made = new Map();

  // module is the module of a name, undefined if there is none.
  const module = (name) => {
    if (!made.has(name) && Object.hasOwn(modules, name)) made.set(name, modules[name]());
    return made.get(name);
  };

  return { module, subtle };
})
