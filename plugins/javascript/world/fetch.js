// fetch by the host's operation http.fetch. See https://fetch.spec.whatwg.org/.
(function (inner) {
  'use strict';

  const { decode, buffer, call } = inner;

  class Headers {
    #values = new Map();
    constructor(init = {}) {
      const pairs = init instanceof Headers || Array.isArray(init) ? init : Object.entries(init);
      for (const [name, value] of pairs) {
        for (const one of Array.isArray(value) ? value : [value]) this.append(name, one);
      }
    }
    append(name, value) {
      const key = `${name}`.toLowerCase();
      this.#values.set(key, [...this.#values.get(key) ?? [], `${value}`]);
    }
    set(name, value) { this.#values.set(`${name}`.toLowerCase(), [`${value}`]); }
    get(name) { return this.#values.get(`${name}`.toLowerCase())?.join(', ') ?? null; }
    has(name) { return this.#values.has(`${name}`.toLowerCase()); }
    delete(name) { this.#values.delete(`${name}`.toLowerCase()); }
    forEach(visit) { for (const [name, value] of this) visit(value, name, this); }
    keys() { return this.#values.keys(); }
    * values() { for (const [, value] of this) yield value; }
    * entries() { for (const [name, values] of this.#values) yield [name, values.join(', ')]; }
    [Symbol.iterator]() { return this.entries(); }
    lists() { return Object.fromEntries(this.#values); }
  }

  class Response {
    #body;
    constructor(body, { status, url, headers, redirected }) {
      this.#body = body;
      Object.assign(this, { status, url, redirected, headers: new Headers(headers), ok: status >= 200 && status < 300 });
    }
    async bytes() { return this.#body; }
    async arrayBuffer() { return buffer(this.#body); }
    async text() { return decode(this.#body); }
    async json() { return JSON.parse(decode(this.#body)); }
  }

  // within rejects when a signal aborts first. What was asked of the host goes on and is not waited for.
  const within = (signal, promise) => {
    if (!signal) return promise;
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      promise.then(resolve, reject);
    });
  };

  const fetch = async (url, options = {}) => {
    options.signal?.throwIfAborted();
    const target = `${url}`;
    const headers = new Headers(options.headers);
    let content = options.body;
    if (typeof content === 'object' && content instanceof URLSearchParams) {
      content = `${content}`;
      if (!headers.has('content-type')) headers.set('content-type', 'application/x-www-form-urlencoded;charset=UTF-8');
    }
    const { header, body } = await within(options.signal, call('http.fetch', {
      url: target, method: options.method?.toUpperCase(), headers: headers.lists(), timeoutMs: options.timeoutMs,
      manualRedirect: options.redirect === 'manual' || undefined,
    }, content));
    return new Response(body, { ...header, redirected: header.url !== undefined && header.url !== target });
  };

  return { fetch, Headers, Response };
})
