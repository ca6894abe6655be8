import './environment';
import type { INestApplication } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { Test } from '@nestjs/testing';
import { simulateCall } from 'nestjs-twilio-voice/testing';
import 'nestjs-twilio-voice/testing/jest';
import type { Server } from 'node:http';
import request from 'supertest';
import { AppModule } from '../src/app.module';
import { configureApp, httpAdapter } from '../src/app.setup';
import { CallsService } from '../src/calls/calls.service';
import { OrdersService } from '../src/orders/orders.service';

const LAMP = { customer: 'Ada', phone: '+4930123456', item: 'lamp', deliveredOn: '2026-12-28' };
const backend = () => Test.createTestingModule({ imports: [AppModule] });

describe('the voice line', () => {
  it('stops for the caller, postpones the delivery, and stores the call', async () => {
    const { clock, call, module, close } = await simulateCall(backend(), { from: LAMP.phone });
    const orders = module.get(OrdersService);
    const { id } = await orders.create(LAMP);

    await clock.advance(2_000); // the greeting is being heard
    call.speak(600);
    await clock.advance(8_000);
    expect(call).toHaveStoppedWithin(300);
    expect(call).toHaveBeenAnsweredWithin(1_500);
    expect(call).toHaveHeard('Your lamp comes on 2026-12-28. For a week later, press one.');
    call.dtmf('1');
    await clock.advance(4_000);
    expect(call).toHaveHeard('Done. It comes on 2027-01-04.');
    call.hangUp();
    await clock.advance(1_000);

    expect(await orders.one(id)).toMatchObject({ deliveredOn: '2027-01-04' });
    expect(await module.get(CallsService).all()).toMatchObject([{ phone: LAMP.phone, interruptions: 1 }]);
    await close();
  });

  it('lets Twilio pass the guard, and nobody else', async () => {
    const module = await backend().compile();
    const app: INestApplication<Server> = module.createNestApplication(httpAdapter());
    configureApp(app);
    await app.listen(0);
    const http = request(app.getHttpServer());
    const call = {
      CallSid: `CA${'0'.repeat(32)}`,
      From: LAMP.phone,
      To: '+4930999999',
      Direction: 'inbound',
    };
    const { text } = await http.post('/api/voice/incoming').type('form').send(call).expect(200);
    expect(text).toContain('<Stream url="ws://127.0.0.1:3000/api/voice/stream"');
    await http.get('/api/calls').expect(401);
    const token = module.get(JwtService).sign({ sub: 'staff' });
    await http.get('/api/calls').auth(token, { type: 'bearer' }).expect(200, []);
    await app.close();
  });
});
