import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  Optional,
} from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { Subscription } from 'rxjs';
import { CallRegistry } from '../call/call-registry.js';
import { forLog, REDACTOR, type Redactor, StandardRedactor } from '../call/redactor.js';
import type { VoiceCall } from '../call/voice-call.js';
import { TwilioCallbacks } from '../twilio/callbacks/twilio-callbacks.js';
import type { HostEvent, HostEventType } from './host-event.js';
import { ON_CALL_EVENT } from './on-call-event.decorator.js';

type Handler = (event: HostEvent, call: VoiceCall | undefined) => unknown;

interface NamedHandler {
  readonly name: string;
  readonly handle: Handler;
}

/** Finds the host's `@OnCallEvent` methods at boot and calls them. */
@Injectable()
export class CallEventHandlers implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('TwilioVoice');
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
    const wrappers = [...this.discovery.getProviders(), ...this.discovery.getControllers()];
    const instances = new Set(
      wrappers
        .filter((wrapper) => !wrapper.isAlias && wrapper.isDependencyTreeStatic())
        .map(({ instance }) => instance as unknown),
    );
    for (const instance of instances)
      if (typeof instance === 'object' && instance !== null) this.explore(instance);
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
  }

  onModuleDestroy(): void {
    this.subscriptions.unsubscribe();
  }

  private explore(instance: object): void {
    const prototype = Object.getPrototypeOf(instance) as object | null;
    for (const key of this.scanner.getAllMethodNames(prototype)) {
      const method = (instance as Record<string, unknown>)[key];
      if (typeof method !== 'function') continue;
      const types = this.reflector.get<readonly HostEventType[] | undefined>(ON_CALL_EVENT, method);
      for (const type of types ?? [])
        this.handlersOf(type).push({
          name: `${instance.constructor.name}.${key}`,
          handle: method.bind(instance) as Handler,
        });
    }
  }

  private handlersOf(type: HostEventType): NamedHandler[] {
    const known = this.handlers.get(type);
    if (known !== undefined) return known;
    const none: NamedHandler[] = [];
    this.handlers.set(type, none);
    return none;
  }

  private tell(event: HostEvent, call: VoiceCall | undefined): void {
    for (const { name, handle } of this.handlers.get(event.type) ?? [])
      void this.guarded(name, event, call, handle);
  }

  private async guarded(
    name: string,
    event: HostEvent,
    call: VoiceCall | undefined,
    handle: Handler,
  ): Promise<void> {
    try {
      await handle(event, call);
    } catch (error) {
      const kind = forLog(this.redactor, error instanceof Error ? error.name : typeof error);
      this.logger.error(`${name} threw at ${event.type}: ${kind}`);
      if (call?.wasSensitive === true) return; // the message may repeat anything
      this.logger.debug(forLog(this.redactor, error instanceof Error ? error.message : String(error)));
    }
  }
}
