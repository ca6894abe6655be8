import type { DiscoveryService } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';

/** A provider or controller of the application, of any of its modules. */
export interface HostProvider {
  /** What it is injected by. */
  readonly token: unknown;
  /** The module it belongs to. */
  readonly host: InstanceWrapper['host'];
  /** Undefined when there is no one instance of it for the whole application. */
  readonly instance: unknown;
  /** Made per request, or per injection, itself or something that it injects. */
  readonly isScoped: boolean;
  /** Classes that may carry its decorators, the one that is asked for first: a test may have put a mock in its place. */
  readonly classes: readonly Class[];
}

export type Class = abstract new (...parameters: never[]) => unknown;

/** All of them, each once; they exist from the first `onModuleInit` on. */
export function hostProviders(discovery: DiscoveryService): HostProvider[] {
  const wrappers = [...discovery.getProviders(), ...discovery.getControllers()];
  return wrappers.filter(({ isAlias }) => !isAlias).map(hostProvider);
}

function hostProvider(wrapper: InstanceWrapper): HostProvider {
  const isScoped = wrapper.isTransient || !wrapper.isDependencyTreeStatic();
  const instance = isScoped ? undefined : (wrapper.instance as unknown);
  const { constructor } = Object(instance ?? undefined) as { constructor: unknown };
  const classes = [wrapper.token, wrapper.metatype, constructor].filter(isClass);
  return { token: wrapper.token, host: wrapper.host, instance, isScoped, classes: [...new Set(classes)] };
}

/** What a decorator of the class itself says, and not one of a class that it extends. */
export function ownMetadata(key: symbol, { classes }: Pick<HostProvider, 'classes'>) {
  const type = classes.find((candidate) => Reflect.hasOwnMetadata(key, candidate));
  return type && { type, metadata: Reflect.getOwnMetadata(key, type) as unknown };
}

/** Factories are functions too. */
const isClass = (value: unknown): value is Class =>
  typeof value === 'function' &&
  (value as { prototype?: unknown }).prototype !== undefined &&
  value !== Object;
