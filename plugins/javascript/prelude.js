// What a script finds in its world besides the language. This function is called once, with the way to the host and what
// the host knows about the function, and returns what the host calls.
(function (host, functionConfig) {
  'use strict';

  // The first argument of host, in the order of hostCalls in imports.go.
  const LOG = 0, ENCODE = 1, DECODE = 2, START = 3, REPLY = 4, FAIL = 5, RANDOM = 6, PLACES = 7, PART = 8, HASH = 9;

  const { environment } = JSON.parse(functionConfig);
  const define = (name, value) => Object.defineProperty(globalThis, name, {
    value, writable: true, configurable: true, enumerable: false,
  });

  // ---- Text and bytes ----

  const buffer = (view) => view instanceof ArrayBuffer ? view
    : view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
  const isBytes = (value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value);
  const encode = (text) => host(ENCODE, `${text}`);
  const decode = (bytes) => host(DECODE, buffer(bytes));

  class TextEncoder {
    get encoding() { return 'utf-8'; }
    encode(text = '') { return new Uint8Array(encode(text)); }
    encodeInto(text, target) {
      let written = 0, read = 0;
      for (const character of `${text}`) {
        const bytes = this.encode(character);
        if (written + bytes.length > target.length) break;
        target.set(bytes, written);
        written += bytes.length;
        read += character.length;
      }
      return { read, written };
    }
  }

  class TextDecoder {
    #fatal;
    #ignoreBOM;
    constructor(label = 'utf-8', { fatal = false, ignoreBOM = false } = {}) {
      if (!/^\s*(unicode-1-1-)?utf-?8\s*$/i.test(label)) throw new RangeError(`there is no decoder for ${label}`);
      this.#fatal = fatal;
      this.#ignoreBOM = ignoreBOM;
    }
    get encoding() { return 'utf-8'; }
    get fatal() { return this.#fatal; }
    get ignoreBOM() { return this.#ignoreBOM; }
    decode(bytes) {
      if (bytes === undefined) return '';
      const text = decode(bytes);
      if (this.#fatal && text.includes('\uFFFD') && encode(text).byteLength !== bytes.byteLength) {
        throw new TypeError('The encoded data was not valid for encoding utf-8');
      }
      return !this.#ignoreBOM && text.startsWith('\uFEFF') ? text.slice(1) : text;
    }
  }

  define('TextEncoder', TextEncoder);
  define('TextDecoder', TextDecoder);

  // What is neither text nor bytes travels as JSON.
  const toBytes = (value) => {
    if (value === undefined || value === null) return undefined;
    if (isBytes(value)) return buffer(value);
    return encode(typeof value === 'string' ? value : JSON.stringify(value));
  };

  // ---- Errors ----

  // What is thrown need not be an error. Its type is named as on Lambda then.
  const describe = (error) => {
    const isError = error instanceof Error;
    let message;
    try {
      message = isError ? `${error.message}` : typeof error === 'string' ? error : JSON.stringify(error) ?? String(error);
    } catch {
      message = 'an error that cannot be shown';
    }
    return { errorType: isError ? `${error.name}` : typeof error, errorMessage: message };
  };

  // As in Node.js a stack begins with the error itself, and names places in the author's own files. What runs here is left
  // out of it.
  const { get: nativeStack, set: setStack } = Object.getOwnPropertyDescriptor(Error.prototype, 'stack');
  const headOf = (error) => {
    const { errorType, errorMessage } = describe(error);
    return errorMessage === '' ? errorType : `${errorType}: ${errorMessage}`;
  };
  Object.defineProperty(Error.prototype, 'stack', {
    get() {
      const frames = nativeStack.call(this);
      if (typeof frames !== 'string') return frames;
      const own = frames.trimEnd().split('\n').filter((line) => !line.includes('(queuelet:'));
      return [headOf(this), host(PLACES, own.join('\n'))].join('\n').trimEnd();
    },
    set: setStack, configurable: true,
  });

  const explain = (error) => {
    const head = headOf(error);
    if (!(error instanceof Error)) return head;
    const stack = typeof error.stack === 'string' ? error.stack.trimEnd() : '';
    let text = stack.startsWith(head) ? stack : [head, stack].join('\n').trimEnd();
    if (error.cause !== undefined) text += '\n  cause: ' + explain(error.cause);
    return text;
  };

  let ready = false; // for events

  const fail = (error, crashed = 0) => {
    if (!ready) {
      host(FAIL, explain(error), crashed);
      return;
    }
    host(LOG, 4, explain(error));
    host(FAIL, JSON.stringify(describe(error)), crashed);
  };

  // crash fails over an error that nobody has caught, which would end the process of Node.js.
  const crash = (error) => fail(error, 1);

  // unhandled is told of a promise that was rejected and that nobody waits for.
  const unhandled = (reason) => {
    if (abandoned.has(reason)) return;
    const isError = reason instanceof Error;
    const error = new Error(isError ? headOf(reason) : describe(reason).errorMessage);
    error.name = 'Runtime.UnhandledPromiseRejection';
    error.stack = isError ? `${error.name}: ${reason.stack}` : '';
    crash(error);
  };

  // ---- console ----

  const show = (value) => {
    if (typeof value === 'string') return value;
    if (value instanceof Error) return explain(value);
    if (typeof value === 'function') return `[function ${value.name || 'without name'}]`;
    if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? `${value}n` : String(value);
    if (value instanceof RegExp) return String(value);
    if (isBytes(value)) return `${value.constructor.name}(${value.byteLength})`;
    const seen = [];
    try {
      return JSON.stringify(value, function (key, inner) {
        if (typeof inner === 'bigint') return `${inner}n`;
        // What JSON leaves out or calls null.
        if (typeof inner === 'function' || typeof inner === 'symbol') return show(inner);
        if (inner === undefined || typeof inner === 'number' && !Number.isFinite(inner)) return `${inner}`;
        if (inner instanceof Error) return explain(inner);
        if (inner instanceof RegExp) return String(inner);
        if (inner instanceof Map) return { Map: [...inner] };
        if (inner instanceof Set) return { Set: [...inner] };
        if (typeof inner === 'object' && inner !== null) {
          while (seen.length > 0 && seen[seen.length - 1] !== this) seen.pop();
          if (seen.includes(inner)) return '[circular]';
          seen.push(inner);
        }
        return inner;
      }) ?? String(value);
    } catch {
      return '[object]';
    }
  };

  // format knows the directives of console.log of Node.js.
  const format = (...values) => {
    let text = '';
    if (typeof values[0] === 'string' && values.length > 1 && values[0].includes('%')) {
      text = values.shift().replace(/%[sdifjoOc%]/g, (directive) => {
        if (directive === '%%') return '%';
        if (values.length === 0) return directive;
        const value = values.shift();
        switch (directive) {
          case '%d': return String(typeof value === 'bigint' ? value : Number(value));
          case '%i': return String(Number.parseInt(value, 10));
          case '%f': return String(Number.parseFloat(value));
          case '%c': return '';
          default: return show(value);
        }
      });
      if (values.length > 0) text += ' ';
    }
    return text + values.map(show).join(' ');
  };

  let indent = '';
  const logger = (level) => (...values) => { host(LOG, level, indent + format(...values)); };
  const counts = new Map(), clocks = new Map();
  const console = {
    trace: logger(0), debug: logger(1), log: logger(2), info: logger(2), warn: logger(3), error: logger(4), dir: logger(2),
    assert(condition, ...values) { if (!condition) console.error('assertion failed:', ...values); },
    count(label = 'default') {
      counts.set(label, (counts.get(label) ?? 0) + 1);
      console.info(`${label}: ${counts.get(label)}`);
    },
    time(label = 'default') { clocks.set(label, Date.now()); },
    countReset(label = 'default') { counts.delete(label); },
    group(...values) {
      if (values.length > 0) console.log(...values);
      indent += '  ';
    },
    groupEnd() { indent = indent.slice(2); },
    table(rows) { for (const row of Object.values(rows ?? {})) console.log(row); },
    timeLog(label = 'default', ...values) {
      if (clocks.has(label)) console.info(`${label}: ${Date.now() - clocks.get(label)} ms`, ...values);
    },
    timeEnd(label = 'default') {
      if (clocks.has(label)) console.info(`${label}: ${Date.now() - clocks.get(label)} ms`);
      clocks.delete(label);
    },
  };
  define('console', console);

  // ---- Timers ----

  const timers = new Map();
  let lastTimer = 0;

  // Timeout is what setTimeout returns. All timers keep an invocation alive only as long as its handler has not answered, so
  // ref and unref make no difference.
  class Timeout {
    constructor(id) { this.id = id; }
    ref() { return this; }
    unref() { return this; }
    hasRef() { return timers.has(this.id); }
    refresh() {
      const t = timers.get(this.id);
      if (t !== undefined) t.at = Date.now() + t.delay;
      return this;
    }
    close() { clear(this); }
    [Symbol.toPrimitive]() { return this.id; }
    [Symbol.dispose ?? Symbol('dispose')]() { clear(this); }
  }

  const timer = (repeat) => (callback, delay = 0, ...values) => {
    if (typeof callback !== 'function') throw new TypeError('a timer needs a function');
    const every = Math.max(Number(delay) || 0, 1);
    timers.set(++lastTimer, { at: Date.now() + every, delay: every, repeat, callback, values });
    return new Timeout(lastTimer);
  };
  const clear = (id) => { timers.delete(id instanceof Timeout ? id.id : Number(id)); };
  define('setTimeout', timer(false));
  define('setInterval', timer(true));
  define('setImmediate', (callback, ...values) => setTimeout(callback, 0, ...values));
  define('clearTimeout', clear);
  define('clearInterval', clear);
  define('clearImmediate', clear);

  // due runs the timer whose time has come first. It answers how many milliseconds there are until the next one, 0 if it
  // has run one, and -1 if there is none.
  const due = () => {
    let first = 0, at = Infinity;
    for (const [id, t] of timers) {
      if (t.at < at) [first, at] = [id, t.at];
    }
    if (first === 0) return -1;
    const wait = at - Date.now();
    if (wait > 0) return wait;
    const t = timers.get(first);
    if (t.repeat) t.at = Date.now() + t.delay;
    else timers.delete(first);
    try {
      t.callback(...t.values);
    } catch (error) {
      crash(error);
    }
    return 0;
  };

  // ---- Operations of the host ----

  const errors = new Map([[-2, 'Invalid'], [-3, 'Denied'], [-4, 'NotFound'], [-5, 'TooBig'], [-6, 'TimedOut'],
    [-7, 'Failed'], [-8, 'Conflict'], [-9, 'Limit'], [-10, 'Unknown']]);
  const reasons = new Map([['Invalid', 'invalid argument'], ['Denied', 'not granted to this function'],
    ['NotFound', 'not found'], ['TooBig', 'too big'], ['TimedOut', 'timed out'], ['Failed', 'failed, try again'],
    ['Conflict', 'changed by somebody else'], ['Limit', 'over a limit'], ['Unknown', 'unknown operation']]);

  class QueueletError extends Error {
    constructor(operation, code, message = reasons.get(code) ?? 'failed') {
      super(`${operation}: ${message}`);
      this.code = code;
    }
    get name() { return 'QueueletError'; }
  }

  const MOST = 16; // operations at a time
  const running = new Map();
  const abandoned = new WeakSet(); // errors of operations that outlived their invocation
  let waiting = [];

  const begin = (operation) => {
    const handle = host(START, operation.name, operation.header, operation.body);
    if (handle > 0) running.set(handle, operation);
    else operation.reject(new QueueletError(operation.name, errors.get(handle)));
  };

  // call runs an operation. It answers { header, body } with the body as bytes.
  const call = (name, header = {}, body = undefined) => new Promise((resolve, reject) => {
    const operation = { name: `${name}`, header: JSON.stringify(header), body: toBytes(body), resolve, reject };
    if (running.size < MOST) begin(operation);
    else waiting.push(operation);
  });

  // settle is told by the host what became of an operation.
  const settle = (handle, errno, header, body) => {
    const operation = running.get(handle);
    if (operation === undefined) return;
    running.delete(handle);
    if (waiting.length > 0) begin(waiting.shift());
    if (errno !== 0) operation.reject(new QueueletError(operation.name, errors.get(errno)));
    else operation.resolve({ header: header === '' ? {} : JSON.parse(header), body: new Uint8Array(body) });
  };

  // abandon forgets what an invocation before has left behind.
  const abandon = () => {
    const left = [...running.values(), ...waiting];
    running.clear();
    waiting = [];
    for (const operation of left) {
      const error = new QueueletError(operation.name, 'TimedOut', 'its invocation has ended');
      abandoned.add(error);
      operation.reject(error);
    }
  };

  const checked = (operation, header) => {
    if (header.error) throw new QueueletError(operation, header.error.code, header.error.message);
    return header;
  };
  const content = (bytes, more) => ({
    ...more, bytes, text: () => decode(bytes), json: () => JSON.parse(decode(bytes)),
  });
  const revision = async (operation, header, value) => (await call(operation, header, value)).header.revision;

  const kv = Object.freeze({
    // get answers null if the key is not there.
    async get(key) {
      try {
        const { header, body } = await call('kv.get', { key });
        return content(body, { revision: header.revision });
      } catch (error) {
        if (error.code === 'NotFound') return null;
        throw error;
      }
    },
    put: (key, value) => revision('kv.put', { key }, value),
    create: (key, value) => revision('kv.create', { key }, value),
    update: (key, value, before) => revision('kv.update', { key, revision: before }, value),
    async delete(key, before) { await call('kv.delete', { key, revision: before }); },
    async keys(prefix) { return (await call('kv.keys', { prefix })).header.keys ?? []; },
  });

  const queuelet = Object.freeze({
    call,
    async send(queue, body, options = {}) {
      return checked('queue.send', (await call('queue.send', { ...options, queue }, body)).header);
    },
    async sendBatch(queue, messages) {
      const bodies = [];
      const entries = messages.map(({ body, ...options }, index) => {
        const bytes = new Uint8Array(toBytes(body) ?? new ArrayBuffer(0));
        bodies.push(bytes);
        return { ...options, id: `${options.id ?? index}`, size: bytes.length };
      });
      const all = new Uint8Array(bodies.reduce((sum, bytes) => sum + bytes.length, 0));
      let at = 0;
      for (const bytes of bodies) {
        all.set(bytes, at);
        at += bytes.length;
      }
      const { header } = await call('queue.send_batch', { queue, entries }, all);
      return { successful: [], failed: [], ...checked('queue.send_batch', header) };
    },
    async extend(record, visibilityTimeout) {
      const receiptHandle = typeof record === 'string' ? record : record.receiptHandle;
      checked('queue.extend', (await call('queue.extend', { receiptHandle, visibilityTimeout })).header);
    },
    async publish(subject, payload, options = {}) { await call('nats.publish', { ...options, subject }, payload); },
    async request(subject, payload, options = {}) {
      const { header, body } = await call('nats.request', { ...options, subject }, payload);
      return content(body, { headers: header.headers ?? {} });
    },
    kv,
    async config(name) { return decode((await call('config.get', { name })).body); },
    async secret(name) { return decode((await call('secret.get', { name })).body); },
    async metric(name, value = 1) { await call('metrics.add', { name, value }); },
  });
  define('queuelet', queuelet);
  define('QueueletError', QueueletError);

  // ---- The rest of the world ----

  define('global', globalThis);
  define('process', {
    env: { ...environment }, argv: [], version: 'v22.0.0', versions: { node: '22.0.0' }, platform: 'linux', arch: 'wasm32',
    nextTick(callback, ...values) { queueMicrotask(() => callback(...values)); },
    cwd: () => '/',
    uptime: () => performance.now() / 1000,
    hrtime: Object.assign((since = [0, 0]) => {
      const now = performance.now();
      const seconds = Math.floor(now / 1000) - since[0], nanoseconds = Math.round(now % 1000 * 1e6) - since[1];
      return nanoseconds < 0 ? [seconds - 1, nanoseconds + 1e9] : [seconds, nanoseconds];
    }, { bigint: () => BigInt(Math.round(performance.now() * 1e6)) }),
    on() { return this; }, once() { return this; }, off() { return this; }, emit: () => false, emitWarning(text) { console.warn(text); },
  });
  define('crypto', Object.freeze({
    get subtle() { return part('node').subtle; },
    getRandomValues(array) {
      if (array.byteLength > 65536) throw new RangeError('at most 65536 random bytes at a time');
      new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(new Uint8Array(host(RANDOM, array.byteLength)));
      return array;
    },
    randomUUID() {
      const b = new Uint8Array(host(RANDOM, 16));
      b[6] = b[6] & 0x0f | 0x40;
      b[8] = b[8] & 0x3f | 0x80;
      const hex = Array.from(b, (n) => n.toString(16).padStart(2, '0')).join('');
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
    },
  }));

  // part makes a part of the world that is used for the first time.
  const parts = new Map();
  const part = (name) => {
    if (!parts.has(name)) parts.set(name, host(PART, name)({ host, HASH, encode, decode, buffer, format, show, call }));
    return parts.get(name);
  };
  for (const [name, globals] of Object.entries({
    abort: ['AbortController', 'AbortSignal', 'Event', 'EventTarget'], buffer: ['Buffer'], clone: ['structuredClone'],
    fetch: ['fetch', 'Headers', 'Response'], url: ['URL', 'URLSearchParams'],
  })) {
    for (const global of globals) {
      Object.defineProperty(globalThis, global, {
        get() { return part(name)[global]; }, set(value) { define(global, value); }, configurable: true, enumerable: false,
      });
    }
  }

  // ---- The handler ----

  let handler;

  // Scripts of CommonJS are evaluated as modules too, and find these names as globals.
  const commonJS = { exports: {} };
  define('module', commonJS);
  define('exports', commonJS.exports);
  define('require', (name) => {
    if (name === 'queuelet') return queuelet;
    const module = part('node').module(`${name}`.replace(/^node:/, ''));
    if (module !== undefined) return module;
    throw new Error(`${JSON.stringify(name)} cannot be required: bundle the function into one file first`);
  });

  // adopt takes the script, whose evaluation is a promise of its exports, and finds the handler by its name.
  const adopt = (evaluated, name) => {
    evaluated.then((own) => {
      const exports = Object.keys(own).length > 0 ? own : { default: commonJS.exports };
      const inner = exports.default;
      handler = exports[name] ?? inner?.[name] ?? (typeof inner === 'function' ? inner : undefined);
      if (typeof handler !== 'function') {
        const isObject = typeof inner === 'object'; // of CommonJS, whose members are exports too
        const names = Object.keys({ ...exports, ...isObject ? inner : {} }).filter((one) => one !== 'default' || !isObject);
        throw new Error(`it does not export a function ${name}; it exports ${names.join(', ') || 'nothing'}`);
      }
      host(REPLY, '');
    }).catch(fail);
  };

  let invocation = 0; // the one at hand
  let finish; // ends it when there is nothing left to wait for

  const invoke = (event, about) => {
    abandon();
    ready = true;
    const mine = ++invocation;
    // A promise of an invocation before may settle late.
    const current = (tell) => (value) => { if (mine === invocation) tell(value); };
    const info = JSON.parse(about);
    const { promise, resolve, reject } = Promise.withResolvers();
    const callback = (error, value) => error ? reject(error) : resolve(value);
    const context = {
      awsRequestId: info.requestId, functionName: info.functionName, functionVersion: '$LATEST',
      invokedFunctionArn: info.functionArn, memoryLimitInMB: `${info.memoryLimitMb}`, attempt: info.attempt,
      callbackWaitsForEmptyEventLoop: true,
      getRemainingTimeInMillis: () => Math.max(info.deadlineMs - Date.now(), 0),
      done: callback, succeed: resolve, fail: reject,
    };
    promise.then(current((value) => host(REPLY, value === undefined ? '' : JSON.stringify(value) ?? '')))
      .catch(current(fail));
    finish = () => fail(Object.assign(new Error('the promise of the handler never settles'), { name: 'NeverSettled', stack: '' }));
    try {
      const answer = handler(JSON.parse(event), context, callback);
      if (handler.length < 3 || typeof answer?.then === 'function') resolve(answer);
      else finish = resolve; // as Lambda: a handler need not call back
    } catch (error) {
      reject(error);
    }
  };

  // stuck is called when nothing is left that could settle what the host waits for.
  const stuck = () => {
    if (ready) finish();
    else fail(new Error('the promise of the script never settles'));
  };

  return { adopt, invoke, due, settle, stuck, explain, unhandled, crash };
})
