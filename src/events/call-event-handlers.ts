import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  Optional,
} from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { Subscription } from 'rxjs';
import { CallRegistry } from '../call/call-registry.js';
import { amidCall, CallLog } from '../call/call-log.js';
import { inScope } from '../call/call-scope.js';
import { forLog, REDACTOR, type Redactor, StandardRedactor } from '../call/redactor.js';
import type { VoiceCall } from '../call/voice-call.js';
import { type Class, hostProviders } from '../discovery/host-providers.js';
import { TwilioCallbacks } from '../twilio/callbacks/twilio-callbacks.js';
import type { HostEvent, HostEventType } from './host-event.js';
import { type CallEventSubject, ON_CALL_EVENT } from './on-call-event.decorator.js';

type Handler = (event: HostEvent, call: VoiceCall | undefined) => unknown;

interface NamedHandler {
  readonly name: string;
  readonly everywhere: boolean;
  readonly handle: Handler;
}

/** Finds the host's `@OnCallEvent` methods at boot and calls them. */
@Injectable()
export class CallEventHandlers implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('TwilioVoice');
  private readonly callLog = new CallLog();
  private readonly handlers = new Map<HostEventType, NamedHandler[]>();
  private readonly subscriptions = new Subscription();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
    private readonly calls: CallRegistry,
    private readonly callbacks: TwilioCallbacks,
    @Optional() @Inject(REDACTOR) private readonly redactor: Redactor = new StandardRedactor(),
  ) {}

  onApplicationBootstrap(): void {
    const providers = hostProviders(this.discovery);
    for (const instance of new Set(providers.map((provider) => provider.instance)))
      if (typeof instance === 'object' && instance !== null) this.explore(instance);
    const scoped = providers.filter(({ isScoped }) => isScoped);
    for (const type of new Set(scoped.flatMap(({ classes }) => classes))) this.passOver(type);
    if (this.handlers.size === 0) return;
    this.subscriptions.add(
      this.calls.started$.subscribe((call) => {
        this.subscriptions.add(
          call.events$.subscribe((event) => {
            this.tell(event, call);
          }),
        );
      }),
    );
    this.subscriptions.add(
      this.callbacks.events$.subscribe((event) => {
        this.tell(event, this.calls.find(event.callSid));
      }),
    );
    this.subscriptions.add(
      this.callbacks.everywhere$.subscribe((event) => {
        this.tell(event, this.calls.find(event.callSid), true);
      }),
    );
  }

  /** Not earlier: calls that the shutdown ends tell of their end. */
  onApplicationShutdown(): void {
    this.subscriptions.unsubscribe();
  }

  private explore(instance: object): void {
    for (const { key, subjects } of this.methodsOf(Object.getPrototypeOf(instance) as object | null))
      for (const { type, everywhere } of subjects)
        this.handlersOf(type).push({
          everywhere,
          name: `${instance.constructor.name}.${key}`,
          handle: (event, call) => (instance as Record<string, Handler>)[key]?.(event, call),
        });
  }

  /** There is no one instance whose methods could be called. */
  private passOver({ name, prototype }: Class): void {
    for (const { key } of this.methodsOf(prototype as object))
      this.logger.warn(`${name}.${key} is never called: @OnCallEvent needs a provider of the default scope`);
  }

  private methodsOf(prototype: object | null) {
    return this.scanner.getAllMethodNames(prototype).flatMap((key) => {
      const method = (prototype as Record<string, (...parameters: never[]) => unknown>)[key];
      const subjects =
        method && this.reflector.get<readonly CallEventSubject[] | undefined>(ON_CALL_EVENT, method);
      return subjects === undefined ? [] : [{ key, subjects }];
    });
  }

  private handlersOf(type: HostEventType): NamedHandler[] {
    const known = this.handlers.get(type);
    if (known !== undefined) return known;
    const none: NamedHandler[] = [];
    this.handlers.set(type, none);
    return none;
  }

  /** @param isEverywhere whether every instance is told: then those handlers are called that want it so */
  private tell(event: HostEvent, call: VoiceCall | undefined, isEverywhere = false): void {
    for (const { name, everywhere, handle } of this.handlers.get(event.type) ?? [])
      if (everywhere === isEverywhere) void this.guarded(name, event, call, handle);
  }

  private async guarded(
    name: string,
    event: HostEvent,
    call: VoiceCall | undefined,
    handle: Handler,
  ): Promise<void> {
    try {
      await (call === undefined ? handle(event, call) : inScope({ call }, () => handle(event, call)));
    } catch (error) {
      const { name: kind, message } = Object(error) as { name?: unknown; message?: unknown };
      const shown = forLog(this.redactor, typeof kind === 'string' ? kind : typeof error);
      const subject = amidCall(call ?? ('callSid' in event ? event : {}));
      this.callLog.error(subject, `${name} threw at ${event.type}: ${shown}`);
      if (call?.wasSensitive === true) return; // the message may repeat anything
      this.callLog.debug(subject, forLog(this.redactor, typeof message === 'string' ? message : ''));
    }
  }
}
