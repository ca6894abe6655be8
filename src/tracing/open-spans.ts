import type { Attributes, Context, HrTime, Link, Span, Tracer } from '@opentelemetry/api';
import type { OpenTelemetryApi } from './otel-api.js';

/** A span that has begun; whatever is told of it after its end is dropped. Times are ms on the monotonic clock. */
export interface OpenSpan {
  readonly span: Span;
  set(attributes: Attributes): void;
  rename(name: string): void;
  event(name: string, atMs: number, attributes?: Attributes): void;
  /** @param kind of the error, never what it says */
  fail(kind: string): void;
  end(atMs: number): void;
}

/** The spans of one call. None is left open: {@link endAll}. */
export class OpenSpans {
  readonly #api: OpenTelemetryApi;
  readonly #tracer: Tracer;
  readonly #offsetMs: number;
  readonly #open = new Set<OpenSpan>();

  /** @param offsetMs from the monotonic clock to the Unix epoch */
  constructor(api: OpenTelemetryApi, tracer: Tracer, offsetMs: number) {
    this.#api = api;
    this.#tracer = tracer;
    this.#offsetMs = offsetMs;
  }

  /** @param parent without one it is the root of a trace */
  start(
    name: string,
    atMs: number,
    attributes: Attributes,
    parent?: OpenSpan,
    links: readonly Link[] = [],
  ): OpenSpan {
    const root = parent === undefined;
    const options = { root, attributes, links: [...links], startTime: this.#time(atMs) };
    const span = this.#tracer.startSpan(name, options, root ? undefined : this.contextOf(parent));
    const { ERROR } = this.#api.SpanStatusCode;
    const one: OpenSpan = {
      span,
      set: (more) => {
        span.setAttributes(more);
      },
      rename: (other) => {
        span.updateName(other);
      },
      event: (what, eventAtMs, details = {}) => {
        span.addEvent(what, details, this.#time(eventAtMs));
      },
      fail: (kind) => {
        span.setAttribute('error.type', kind);
        span.setStatus({ code: ERROR, message: kind });
      },
      end: (endMs) => {
        if (this.#open.delete(one)) span.end(this.#time(Math.max(endMs, atMs)));
      },
    };
    this.#open.add(one);
    return one;
  }

  /** Ends what is open, the newest first. */
  endAll(atMs: number): void {
    for (const one of [...this.#open].reverse()) one.end(atMs);
  }

  /** The active context with that span in it. */
  contextOf({ span }: OpenSpan): Context {
    return this.#api.trace.setSpan(this.#api.context.active(), span);
  }

  /** Since 1970, to the microsecond. */
  #time(atMs: number): HrTime {
    const us = Math.round((atMs + this.#offsetMs) * 1_000);
    const seconds = Math.floor(us / 1e6);
    return [seconds, (us - seconds * 1e6) * 1_000];
  }
}
