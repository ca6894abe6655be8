import { HttpException, type INestApplicationContext } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
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
  const controller = voiceController(module);
  const post: Post = (url, form, headers) => {
    const { pathname, host } = new URL(url);
    const request = {
      headers: { host, ...headers },
      originalUrl: pathname,
      body: form,
      socket: { remoteAddress: '127.0.0.1' },
    };
    return Promise.resolve(signatures.webhook(request) ? answer(controller, pathname, form) : status(403));
  };
  return inProcessTransport({ gateway, post });
}

function answer(
  controller: TwilioVoiceController,
  pathname: string,
  form: Record<string, string>,
): HttpAnswer {
  try {
    switch (pathname.split('/').at(-1)) {
      case 'incoming':
        return xml(controller.incoming(form));
      case 'continue':
        return xml(controller.continue(form));
      case 'stream-status':
        controller.streamStatus(form);
        return status(204);
      case 'status':
        controller.status(form);
        return status(204);
      default:
        return status(404);
    }
  } catch (error) {
    return status(error instanceof HttpException ? error.getStatus() : 500);
  }
}

const xml = (body: string): HttpAnswer => ({ status: 200, contentType: 'text/xml', body });
const status = (code: number): HttpAnswer => ({ status: code, body: '' });

function voiceController(module: INestApplicationContext): TwilioVoiceController {
  for (const { controllers } of module.get(ModulesContainer).values())
    for (const { instance } of controllers.values())
      if (instance instanceof TwilioVoiceController) return instance;
  throw new Error(
    'The module transport found no TwilioVoiceModule: import it into the application under test',
  );
}
