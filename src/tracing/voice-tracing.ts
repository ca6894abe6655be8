import type { Link, Tracer } from '@opentelemetry/api';
import { amidCall, CallLog } from '../call/call-log.js';
import type { CallRegistry } from '../call/call-registry.js';
import type { CallScope, CallWork } from '../call/call-scope.js';
import type { CallScopes } from '../call/call-scopes.js';
import type { Clock } from '../call/clock.js';
import { kindOfError } from '../call/kind-of-error.js';
import { redacted, type Redactor } from '../call/redactor.js';
import type { CallEvent, VoiceCall } from '../call/voice-call.js';
import { CallSpans } from './call-spans.js';
import { OpenSpans } from './open-spans.js';
import type { OpenTelemetryApi } from './otel-api.js';
import { spanContextOf, traceparent } from './traceparent.js';
import type { ResolvedVoiceTracingOptions } from './voice-tracing.options.js';

/** Longest text of an attribute, characters. */
const LONGEST_TEXT = 10_000;

export interface VoiceTracingParts {
  readonly api: OpenTelemetryApi;
  readonly tracer: Tracer;
  readonly options: ResolvedVoiceTracingOptions;
  readonly calls: Pick<CallRegistry, 'started$'>;
  readonly scopes: Pick<CallScopes, 'add' | 'carry' | 'originOf'>;
  readonly clock: Clock;
  readonly redactor: Redactor;
}

/** Follows each call with spans, and runs the host's code in their context. */
export class VoiceTracing implements CallScope {
  readonly #parts: VoiceTracingParts;
  readonly #log = new CallLog();
  readonly #calls = new WeakMap<VoiceCall, { readonly spans: OpenSpans; readonly of: CallSpans }>();
  #told = false;

  constructor(parts: VoiceTracingParts) {
    this.#parts = parts;
    parts.scopes.add(this);
    parts.scopes.carry(() => this.#origin());
    parts.calls.started$.subscribe((call) => {
      this.#guarded(call, () => {
        this.#follow(call);
      });
    });
  }

  run(work: CallWork, task: () => void): void {
    const call = this.#calls.get(work.call);
    if (call !== undefined)
      this.#guarded(work.call, () => {
        this.#parts.api.context.with(call.spans.contextOf(call.of.spanOf(work)), task);
      });
    task(); // where it was not called yet
  }

  #follow(call: VoiceCall): void {
    const { api, tracer, clock, options, redactor } = this.#parts;
    const atMs = clock.now();
    const spans = new OpenSpans(api, tracer, clock.epoch() - atMs);
    const shown = (words: string) => redacted(redactor, words, 'span').slice(0, LONGEST_TEXT);
    const of = new CallSpans(spans, call, atMs, {
      agent: options.agent ?? call.agent,
      provider: options.provider,
      content: options.content ? shown : undefined,
      links: this.#links(call),
    });
    this.#calls.set(call, { spans, of });
    call.events$.subscribe((event: CallEvent) => {
      this.#guarded(call, () => {
        of.add(event);
      });
    });
  }

  /** The span in which a webhook is being answered, if there is one. */
  #origin(): string | undefined {
    const { trace, context } = this.#parts.api;
    const of = trace.getSpanContext(context.active());
    return of !== undefined && trace.isSpanContextValid(of) ? traceparent(of) : undefined;
  }

  /** A link and no parent: it comes from outside, and the webhook is long answered. */
  #links(call: VoiceCall): Link[] {
    const webhook = spanContextOf(this.#parts.scopes.originOf(call) ?? '');
    return webhook === undefined ? [] : [{ context: webhook }];
  }

  /** A tracer that fails must not cost the call anything. */
  #guarded(call: VoiceCall, task: () => void): void {
    try {
      task();
    } catch (error) {
      if (this.#told) return;
      this.#told = true;
      const kind = kindOfError(error);
      this.#log.error(amidCall(call), `Spans of calls are incomplete: ${kind}; more are not logged`);
    }
  }
}
