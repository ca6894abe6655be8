import { HttpException, type INestApplicationContext } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { TwilioCallbacksController } from '../twilio/callbacks/twilio-callbacks.controller.js';
import { TwilioSignatures } from '../twilio/signature.js';
import { TwilioStreamGateway } from '../twilio/twilio-stream.gateway.js';
import { TwilioVoiceController } from '../twilio/twilio-voice.controller.js';
import { inProcessTransport, type SocketGateway } from './in-process-transport.js';
import type { HttpAnswer, Post, Transport } from './transport.js';

/**
 * Reaches the TwilioVoiceModule inside a Nest application or testing module without any network: signatures, TwiML,
 * tokens and streams are the real ones, so that a virtual clock can drive whole calls.
 */
export function moduleTransport(module: INestApplicationContext): Transport {
  const gateway = module.get<TwilioStreamGateway, SocketGateway>(TwilioStreamGateway, { strict: false });
  const signatures = module.get(TwilioSignatures, { strict: false });
  const routes = routesOf(module);
  const post: Post = (url, form, headers) => {
    const { pathname, search, searchParams, host } = new URL(url);
    const request = {
      headers: { host, ...headers },
      originalUrl: `${pathname}${search}`,
      body: form,
      socket: { remoteAddress: '127.0.0.1' },
    };
    const query = Object.fromEntries(searchParams);
    if (!signatures.webhook(request)) return Promise.resolve(status(403));
    const route = routes[pathname.split('/').at(-1) ?? ''];
    return route === undefined ? Promise.resolve(status(404)) : answer(route, form, headers, query);
  };
  return inProcessTransport({ gateway, post });
}

/** @returns TwiML, where there is any */
type Route = (
  form: Record<string, string>,
  token: string | undefined,
  query: Readonly<Record<string, string>>,
) => unknown;

async function answer(
  route: Route,
  form: Record<string, string>,
  headers: Readonly<Record<string, string>>,
  query: Readonly<Record<string, string>>,
): Promise<HttpAnswer> {
  try {
    const body = await route(form, headers['i-twilio-idempotency-token'], query);
    return typeof body === 'string' ? { status: 200, contentType: 'text/xml', body } : status(204);
  } catch (error) {
    return status(error instanceof HttpException ? error.getStatus() : 500);
  }
}

const status = (code: number): HttpAnswer => ({ status: code, body: '' });

function routesOf(module: INestApplicationContext): Record<string, Route> {
  const calls = controllerOf(module, TwilioVoiceController);
  const callbacks = controllerOf(module, TwilioCallbacksController);
  return {
    incoming: (form) => calls.incoming(form),
    outgoing: (form, _token, { context }) => calls.outgoing(form, context),
    continue: (form, _token, { again }) => calls.continue(form, again),
    transferred: (form, token) => calls.transferred(form, token),
    status: (form, token) => {
      callbacks.status(form, token);
    },
    'stream-status': (form, token) => {
      callbacks.streamStatus(form, token);
    },
    'answered-by': (form, token) => {
      callbacks.answeredBy(form, token);
    },
    recording: (form, token) => {
      callbacks.recording(form, token);
    },
  };
}

function controllerOf<C extends object>(
  module: INestApplicationContext,
  type: abstract new (...parameters: never[]) => C,
): C {
  for (const { controllers } of module.get(ModulesContainer).values())
    for (const { instance } of controllers.values()) if (instance instanceof type) return instance;
  throw new Error(
    'The module transport found no TwilioVoiceModule: import it into the application under test',
  );
}
