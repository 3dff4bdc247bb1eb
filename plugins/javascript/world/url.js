// URL and URLSearchParams. See https://url.spec.whatwg.org/, of which host names in other alphabets are left out.
(function () {
  'use strict';

  const ports = { 'http:': '80', 'https:': '443', 'ws:': '80', 'wss:': '443', 'ftp:': '21', 'file:': '' };
  const escape = (text, pattern) => `${text}`.toWellFormed().replace(pattern, (c) => {
    return c.codePointAt(0) < 0x80 ? '%' + c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0') : encodeURIComponent(c);
  });
  const inUser = /[^!$%&'()*+,\-.0-9A-Z_a-z~]/gu;
  const inPath = /[^!$%&'()*+,\-./0-9:;=@A-Z[\\\]_a-z|~]/gu;
  const inQuery = /[^!$%&()*+,\-./0-9:;=?@A-Z[\\\]^_`a-z{|}~]/gu;
  const inFragment = /[^!#$%&'()*+,\-./0-9:;=?@A-Z[\\\]^_a-z{|}~]/gu;
  const invalid = (text) => Object.assign(new TypeError('Invalid URL'), { code: 'ERR_INVALID_URL', input: text });

  class URLSearchParams {
    #pairs = [];
    #changed = () => {};
    constructor(init = '', changed = undefined) {
      if (typeof init === 'object' && init !== null) {
        const pairs = typeof init[Symbol.iterator] === 'function' ? init : Object.entries(init);
        for (const [name, value] of pairs) this.#pairs.push([`${name}`, `${value}`]);
      } else {
        this.#read(`${init}`);
      }
      if (typeof changed === 'function') this.#changed = changed;
    }
    #read(text) {
      const decode = (part) => {
        const spaced = part.replaceAll('+', ' ');
        try { return decodeURIComponent(spaced); } catch { return unescape(spaced); }
      };
      for (const pair of text.replace(/^\?/, '').split('&')) {
        if (pair === '') continue;
        const at = pair.indexOf('=');
        this.#pairs.push(at < 0 ? [decode(pair), ''] : [decode(pair.slice(0, at)), decode(pair.slice(at + 1))]);
      }
    }
    get size() { return this.#pairs.length; }
    append(name, value) { this.#pairs.push([`${name}`, `${value}`]); this.#changed(); }
    delete(name, value) {
      this.#pairs = this.#pairs.filter(([n, v]) => n !== `${name}` || value !== undefined && v !== `${value}`);
      this.#changed();
    }
    get(name) { return this.#pairs.find(([n]) => n === `${name}`)?.[1] ?? null; }
    getAll(name) { return this.#pairs.filter(([n]) => n === `${name}`).map(([, v]) => v); }
    has(name, value) { return this.#pairs.some(([n, v]) => n === `${name}` && (value === undefined || v === `${value}`)); }
    set(name, value) {
      const at = this.#pairs.findIndex(([n]) => n === `${name}`);
      if (at < 0) return this.append(name, value);
      this.#pairs = this.#pairs.filter(([n], index) => n !== `${name}` || index === at);
      this.#pairs[at][1] = `${value}`;
      this.#changed();
    }
    sort() { this.#pairs.sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0); this.#changed(); }
    forEach(visit) { for (const [name, value] of this) visit(value, name, this); }
    * keys() { for (const [name] of this.#pairs) yield name; }
    * values() { for (const [, value] of this.#pairs) yield value; }
    * entries() { for (const [name, value] of this.#pairs) yield [name, value]; }
    [Symbol.iterator]() { return this.entries(); }
    toString() {
      const encode = (text) => escape(text, /[^*\-.0-9A-Z_a-z ]/gu).replaceAll(' ', '+');
      return this.#pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
    }
  }

  // resolved takes the dots out of a path.
  const resolved = (path) => {
    const out = [];
    const parts = path.split('/');
    parts.forEach((part, index) => {
      const dots = part.replace(/%2e/gi, '.');
      if (dots === '..') out.length > 1 && out.pop();
      else if (dots !== '.') { out.push(part); return; }
      if (index === parts.length - 1) out.push('');
    });
    return out.join('/');
  };

  const parseHost = (text, special) => {
    if (/^\[[0-9a-f:.]+\]$/i.test(text)) return text.toLowerCase();
    const host = special ? decodeURIComponent(text).toLowerCase() : text;
    if (/[\x00-\x20#/:<>?@[\\\]^|%\x7f-\uffff]/.test(host) || special && host === '') throw invalid(text);
    return host;
  };

  const parseAuthority = (url, authority, special) => {
    const at = authority.lastIndexOf('@');
    if (at >= 0) {
      const [, user, password = ''] = /^([^:]*)(?::(.*))?$/s.exec(authority.slice(0, at));
      Object.assign(url, { username: escape(user, inUser), password: escape(password, inUser) });
    }
    const parts = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(authority.slice(at + 1));
    if (!parts || Number(parts[2]) > 65535) throw invalid(authority);
    const port = parts[2] ? String(Number(parts[2])) : '';
    url.hostname = parts[1] === '' && url.protocol === 'file:' ? '' : parseHost(parts[1], special);
    url.port = port === ports[url.protocol] ? '' : port;
  };

  const parse = (input, base) => {
    let text = `${input}`.replace(/^[\x00-\x20]+|[\x00-\x20]+$|[\t\n\r]/g, '');
    const url = { protocol: '', username: '', password: '', hostname: null, port: '', pathname: '', search: '', hash: '' };
    const cut = (mark, pattern) => {
      const at = text.indexOf(mark);
      const rest = at < 0 ? '' : text.slice(at + 1);
      if (at >= 0) text = text.slice(0, at);
      return at < 0 ? undefined : rest === '' ? '' : mark + escape(rest, pattern);
    };
    const hash = cut('#', inFragment), search = cut('?', inQuery);
    Object.assign(url, { hash: hash ?? '', search: search ?? '' });
    const scheme = /^([a-z][a-z\d+.-]*):/i.exec(text)?.[0];
    if (scheme !== undefined) {
      url.protocol = scheme.toLowerCase();
      text = text.slice(scheme.length);
    } else if (base === undefined) {
      throw invalid(input);
    } else {
      url.protocol = base.protocol;
    }
    const special = url.protocol in ports;
    if (special) text = text.replaceAll('\\', '/');
    if (special && scheme !== undefined || text.startsWith('//')) {
      const [, authority, path] = /^\/*([^/]*)(.*)$/s.exec(text);
      if (url.protocol === 'file:') Object.assign(url, { hostname: '', pathname: `${text.replace(/^\/*/, '/')}` });
      else { parseAuthority(url, authority, special); url.pathname = path; }
    } else if (scheme === undefined) {
      if (base.hostname === null) throw invalid(input);
      for (const name of ['username', 'password', 'hostname', 'port']) url[name] = base[name];
      if (text === '') {
        url.pathname = base.pathname;
        url.search = search ?? base.search;
      } else {
        url.pathname = text.startsWith('/') ? text : base.pathname.replace(/[^/]*$/, '') + text;
      }
    } else {
      url.pathname = text;
    }
    if (url.hostname !== null) url.pathname = resolved(escape(url.pathname || (special ? '/' : ''), inPath));
    return url;
  };

  class URL {
    #url;
    #params;
    constructor(input, base) { this.#url = parse(input, base === undefined ? undefined : parse(base)); }
    static canParse(input, base) { return URL.parse(input, base) !== null; }
    static parse(input, base) { try { return new URL(input, base); } catch { return null; } }
    get href() {
      const u = this.#url;
      const user = u.username || u.password ? u.username + (u.password ? `:${u.password}` : '') + '@' : '';
      return u.protocol + (u.hostname === null ? '' : `//${user}${this.host}`) + u.pathname + u.search + u.hash;
    }
    set href(text) { this.#url = parse(text); this.#params = undefined; }
    get origin() { return this.#url.protocol in ports && this.#url.protocol !== 'file:' ? `${this.#url.protocol}//${this.host}` : 'null'; }
    get protocol() { return this.#url.protocol; }
    set protocol(text) { this.#change(`${text}`.replace(/:?$/, ':') + this.href.slice(this.#url.protocol.length)); }
    get username() { return this.#url.username; }
    set username(text) { this.#url.username = escape(text, inUser); }
    get password() { return this.#url.password; }
    set password(text) { this.#url.password = escape(text, inUser); }
    get host() { return (this.#url.hostname ?? '') + (this.#url.port === '' ? '' : `:${this.#url.port}`); }
    set host(text) { try { parseAuthority(this.#url, `${text}`, this.#url.protocol in ports); } catch { /* stays as it was */ } }
    get hostname() { return this.#url.hostname ?? ''; }
    set hostname(text) { try { this.#url.hostname = parseHost(`${text}`, this.#url.protocol in ports); } catch { /* as above */ } }
    get port() { return this.#url.port; }
    set port(text) { this.host = `${this.hostname}:${text}`; }
    get pathname() { return this.#url.pathname; }
    set pathname(text) { this.#url.pathname = resolved(escape(`${text}`.replace(/^(?!\/)/, '/'), inPath)); }
    get search() { return this.#url.search; }
    set search(text) {
      const query = `${text}`.replace(/^\?/, '');
      this.#url.search = query === '' ? '' : `?${escape(query, inQuery)}`;
      this.#params = undefined;
    }
    get searchParams() {
      return this.#params ??= new URLSearchParams(this.#url.search, () => {
        const text = this.#params.toString();
        this.#url.search = text === '' ? '' : `?${text}`;
      });
    }
    get hash() { return this.#url.hash; }
    set hash(text) {
      const fragment = `${text}`.replace(/^#/, '');
      this.#url.hash = fragment === '' ? '' : `#${escape(fragment, inFragment)}`;
    }
    #change(text) { try { this.#url = parse(text); } catch { /* stays as it was */ } }
    toString() { return this.href; }
    toJSON() { return this.href; }
  }

  return { URL, URLSearchParams };
})
