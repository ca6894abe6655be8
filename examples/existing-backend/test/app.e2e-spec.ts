import './environment';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { io } from 'socket.io-client';
import request from 'supertest';
import { AppModule } from '../src/app.module';
import { configureApp, httpAdapter } from '../src/app.setup';

const LAMP = { customer: 'Ada', phone: '+4930123456', item: 'lamp', deliveredOn: '2026-12-28' };

describe('the backend', () => {
  let app: INestApplication<Server>;
  let token: string;

  beforeAll(async () => {
    const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
    app = module.createNestApplication(httpAdapter());
    configureApp(app);
    await app.listen(0);
    const { body } = await http().post('/api/auth/login').send({ password: 'staff' }).expect(200);
    ({ token } = body as { token: string });
  });
  afterAll(() => app.close());
  const http = () => request(app.getHttpServer());

  it('answers nobody without a token', async () => {
    await http().get('/api/orders').expect(401);
    await http().post('/api/auth/login').send({ password: 'guessed' }).expect(401);
  });

  it('takes an order and postpones it', async () => {
    const created = await http().post('/api/orders').auth(token, { type: 'bearer' }).send(LAMP).expect(201);
    const { id } = created.body as { id: number };
    const order = `/api/orders/${id}`;
    await http().post(`${order}/postpone`).auth(token, { type: 'bearer' }).send({ days: 7 }).expect(200);
    const { body } = await http().get(order).auth(token, { type: 'bearer' }).expect(200);
    expect(body).toMatchObject({ item: 'lamp', deliveredOn: '2027-01-04', customer: { name: 'Ada' } });
  });

  it('refuses what it does not know', async () => {
    const body = { ...LAMP, discount: 100 };
    await http().post('/api/orders').auth(token, { type: 'bearer' }).send(body).expect(400);
  });

  it('lets the staff chat, and nobody else', async () => {
    const { port } = app.getHttpServer().address() as AddressInfo;
    const join = (auth: object) =>
      io(`http://127.0.0.1:${port}`, { auth, forceNew: true, transports: ['websocket'] });
    const [staff, stranger] = [join({ token }), join({ token: 'none' })];
    await once(stranger as never, 'disconnect');
    staff.emit('say', 'hello');
    expect(await once(staff as never, 'said')).toEqual(['hello']);
    staff.close();
  });
});
