import type { Type } from '@nestjs/common';
import { MetadataScanner } from '@nestjs/core';

/**
 * Decorates a controller as its author would have. What metadata that writes on the class is written on the routes
 * too, as some guards look only there.
 *
 * @param controller a class of its own: nobody else's routes are changed
 * @throws Error when a decorator is none
 */
export function decoratedController(controller: Type, decorators: readonly ClassDecorator[]): Type {
  if (decorators.length === 0) return controller;
  const before = new Set<unknown>(Reflect.getMetadataKeys(controller));
  const routes = ownRoutes(controller);
  const decorated = Reflect.decorate([...decorators], controller) as Type;
  if (!isSubclass(decorated, controller))
    throw new Error(
      'TwilioVoiceModule: decorators: must be class decorators, called: [Public()], not [Public]',
    );
  const added = Reflect.getMetadataKeys(decorated).filter(
    // Nest's own enhancers, such as guards: on a class they hold for its routes already.
    (key) => !before.has(key) && !String(key).startsWith('__'),
  );
  const { prototype } = decorated as { prototype: Record<string, object> };
  for (const name of routes)
    for (const key of added)
      Reflect.defineMetadata(key, Reflect.getMetadata(key, decorated), prototype[name] ?? {});
  return decorated;
}

const isSubclass = (one: { readonly prototype?: unknown }, of: Type): boolean =>
  one === of || one.prototype instanceof of;

/** Gives a controller what it has inherited: some decorators wrap the routes that are its own. */
function ownRoutes(controller: Type): string[] {
  const { prototype } = controller as { prototype: Record<string, (...args: unknown[]) => unknown> };
  const names = new MetadataScanner().getAllMethodNames(prototype);
  for (const name of names) {
    const inherited = prototype[name];
    if (inherited === undefined) continue;
    const value = ownRoute(name, inherited);
    Object.defineProperty(prototype, name, { value, configurable: true, writable: true });
  }
  return names;
}

/** A route of the same name that does the same, and whose metadata is its own. */
function ownRoute(name: string, inherited: (...args: unknown[]) => unknown): typeof inherited {
  const { [name]: route = inherited } = {
    [name](this: unknown, ...args: unknown[]): unknown {
      return inherited.apply(this, args);
    },
  };
  for (const key of Reflect.getMetadataKeys(inherited) as unknown[])
    Reflect.defineMetadata(key, Reflect.getMetadata(key, inherited), route);
  return route;
}
