// Events, and signals to give up. See https://dom.spec.whatwg.org/.
(function () {
  'use strict';

  class Event {
    #prevented = false;
    constructor(type, { cancelable = false } = {}) {
      Object.assign(this, { type: `${type}`, cancelable, target: null, currentTarget: null, timeStamp: performance.now() });
    }
    get defaultPrevented() { return this.#prevented; }
    preventDefault() { this.#prevented = this.cancelable; }
    stopPropagation() {}
    stopImmediatePropagation() { this.stopped = true; }
  }

  class EventTarget {
    #listeners = new Map();
    addEventListener(type, listener, options) {
      if (!listener || options?.signal?.aborted) return;
      const all = this.#listeners.get(type) ?? [];
      if (all.some((one) => one.listener === listener)) return;
      this.#listeners.set(type, [...all, { listener, once: options?.once === true }]);
      options?.signal?.addEventListener('abort', () => this.removeEventListener(type, listener));
    }
    removeEventListener(type, listener) {
      this.#listeners.set(type, (this.#listeners.get(type) ?? []).filter((one) => one.listener !== listener));
    }
    dispatchEvent(event) {
      event.target = event.currentTarget = this;
      for (const { listener, once } of this.#listeners.get(event.type) ?? []) {
        if (event.stopped) break;
        if (once) this.removeEventListener(event.type, listener);
        if (typeof listener === 'function') listener.call(this, event);
        else listener.handleEvent(event);
      }
      return !event.defaultPrevented;
    }
  }

  const key = Symbol('of AbortSignal');
  const abort = Symbol('abort');

  class AbortSignal extends EventTarget {
    aborted = false;
    reason = undefined;
    onabort = null;
    constructor(allowed) {
      if (allowed !== key) throw new TypeError('a signal is made by an AbortController');
      super();
    }
    [abort](reason = new DOMException('This operation was aborted', 'AbortError')) {
      if (this.aborted) return;
      Object.assign(this, { aborted: true, reason });
      const event = new Event('abort');
      this.onabort?.(event);
      this.dispatchEvent(event);
    }
    throwIfAborted() { if (this.aborted) throw this.reason; }
    static abort(reason) {
      const signal = new AbortSignal(key);
      signal[abort](reason);
      return signal;
    }
    static timeout(milliseconds) {
      const signal = new AbortSignal(key);
      const reason = new DOMException('The operation was aborted due to timeout', 'TimeoutError');
      setTimeout(() => signal[abort](reason), milliseconds).unref();
      return signal;
    }
    static any(signals) {
      const any = new AbortSignal(key);
      for (const signal of signals) {
        if (signal.aborted) any[abort](signal.reason);
        else signal.addEventListener('abort', () => any[abort](signal.reason), { once: true });
      }
      return any;
    }
  }

  class AbortController {
    signal = new AbortSignal(key);
    abort(reason) { this.signal[abort](reason); }
  }

  return { Event, EventTarget, AbortSignal, AbortController };
})
