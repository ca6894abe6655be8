import type { InjectionToken, OptionalFactoryDependency, Provider, Type } from '@nestjs/common';
import {
  resolveOptions,
  TWILIO_VOICE_OPTIONS,
  type ResolvedTwilioVoiceOptions,
  type TwilioVoiceOptions,
} from './twilio-voice.options.js';

/** Options of the module that need not be known before it is built. */
export type TwilioVoiceSettings = Omit<TwilioVoiceOptions, 'basePath'>;

/** Makes the settings, as a provider of the host's. */
export interface TwilioVoiceOptionsFactory {
  createTwilioVoiceOptions(): TwilioVoiceSettings | Promise<TwilioVoiceSettings>;
}

/** Where the settings come from: exactly one of `useFactory`, `useClass` and `useExisting`. */
export interface TwilioVoiceSettingsSource {
  /** What `useFactory` is called with. */
  readonly inject?: (InjectionToken | OptionalFactoryDependency)[];
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what is injected is the host's business
  readonly useFactory?: (...injected: any[]) => TwilioVoiceSettings | Promise<TwilioVoiceSettings>;
  /** Made by this module, with whatever it injects from `imports`. */
  readonly useClass?: Type<TwilioVoiceOptionsFactory>;
  /** Token of a provider of `imports`, or of a global module. */
  readonly useExisting?: InjectionToken<TwilioVoiceOptionsFactory>;
}

const SOURCES = ['useFactory', 'useClass', 'useExisting'] as const;

/**
 * @returns providers of the resolved options
 * @throws Error when not exactly one source is given
 */
export function asyncOptions(source: TwilioVoiceSettingsSource, basePath: string | undefined): Provider[] {
  const { inject, useFactory, useClass, useExisting } = source;
  const given = SOURCES.filter((name) => source[name] !== undefined);
  if (given.length !== 1)
    throw new Error(
      given.length === 0
        ? 'TwilioVoiceModule: useFactory is missing in forRootAsync; or give useClass or useExisting'
        : `TwilioVoiceModule: ${given.join(' and ')} are both in forRootAsync: give one of them`,
    );
  if (inject !== undefined && useFactory === undefined)
    throw new Error('TwilioVoiceModule: inject in forRootAsync is for useFactory: let the class inject');
  if (useFactory !== undefined) return [provided(basePath, 'useFactory', useFactory, inject)];
  const factory = (useClass ?? useExisting) as InjectionToken<TwilioVoiceOptionsFactory>;
  const settings = provided(basePath, given.join(), settingsOf, [factory]);
  return useClass === undefined ? [settings] : [{ provide: useClass, useClass }, settings];
}

function settingsOf(
  factory: Partial<TwilioVoiceOptionsFactory>,
): ReturnType<TwilioVoiceOptionsFactory['createTwilioVoiceOptions']> {
  if (typeof factory.createTwilioVoiceOptions !== 'function')
    throw new Error('TwilioVoiceModule: a factory of options must have createTwilioVoiceOptions()');
  return factory.createTwilioVoiceOptions();
}

function provided(
  basePath: string | undefined,
  name: string,
  make: NonNullable<TwilioVoiceSettingsSource['useFactory']>,
  inject: TwilioVoiceSettingsSource['inject'] = [],
): Provider {
  if (typeof make !== 'function')
    throw new Error('TwilioVoiceModule: useFactory in forRootAsync must be a function');
  return {
    provide: TWILIO_VOICE_OPTIONS,
    inject,
    useFactory: async (...injected: unknown[]) => resolved(await make(...injected), name, basePath),
  };
}

function resolved(settings: unknown, name: string, basePath: string | undefined): ResolvedTwilioVoiceOptions {
  if (typeof settings !== 'object' || settings === null)
    throw new Error(`TwilioVoiceModule: ${name} must return the settings`);
  if ('basePath' in settings)
    throw new Error(
      `TwilioVoiceModule: basePath belongs beside ${name}: the routes are made before it is called`,
    );
  return resolveOptions(withPath(settings, basePath));
}

export const withPath = (settings: TwilioVoiceSettings, basePath: string | undefined): TwilioVoiceOptions =>
  basePath === undefined ? settings : { ...settings, basePath };
