import { context, type Span, type SpanOptions, type Tracer, type TracerProvider } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';

/** The SDK of a host, which keeps its spans. */
export class HostSdk implements TracerProvider {
  /** Spans that have begun. */
  started = 0;
  readonly #exporter = new InMemorySpanExporter();
  readonly #provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(this.#exporter)] });
  readonly #manager = new AsyncLocalStorageContextManager();

  start(): void {
    context.setGlobalContextManager(this.#manager.enable());
  }

  stop(): void {
    this.#manager.disable();
    context.disable();
  }

  getTracer(name: string): Tracer {
    const tracer = this.#provider.getTracer(name);
    return {
      startSpan: (...span: Parameters<Tracer['startSpan']>) => {
        this.started++;
        return tracer.startSpan(...span);
      },
      startActiveSpan: tracer.startActiveSpan.bind(tracer),
    };
  }

  /** A span of the host's own code, in whatever context it runs. */
  hostSpan(name: string, options?: SpanOptions): Span {
    return this.getTracer('host').startSpan(name, options);
  }

  reset(): void {
    this.started = 0;
    this.#exporter.reset();
  }

  /** Those that have ended, in that order. */
  get spans(): readonly ReadableSpan[] {
    return this.#exporter.getFinishedSpans();
  }

  named(name: string): ReadableSpan[] {
    return this.spans.filter((span) => span.name === name);
  }

  /** The one of that name. */
  one(name: string): ReadableSpan {
    const [span, ...others] = this.named(name);
    if (span === undefined || others.length > 0)
      throw new Error(`${others.length + (span === undefined ? 0 : 1)} spans ${name}`);
    return span;
  }

  /** Names of a span and of what it is in, the root last. */
  path(span: ReadableSpan): string[] {
    const parent = this.spans.find((one) => one.spanContext().spanId === span.parentSpanContext?.spanId);
    return [span.name, ...(parent === undefined ? [] : this.path(parent))];
  }
}

/** ms, to the microsecond. */
export const msOf = ([seconds, ns]: readonly [number, number]): number =>
  Math.round(seconds * 1e6 + ns / 1e3) / 1e3;

/** From the beginning to the end of a span, ms since 1970. */
export const timesOf = ({
  startTime,
  endTime,
}: ReadableSpan): { readonly from: number; readonly to: number } => ({
  from: msOf(startTime),
  to: msOf(endTime),
});
