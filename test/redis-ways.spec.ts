import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { SystemClock } from '../src/call/system-clock.js';
import { RedisSharing } from '../src/cluster/redis/redis-sharing.js';
import type { RedisSharingOptions } from '../src/redis.js';
import { selfSigned } from './support/certificate.js';
import { freePort } from './support/free-port.js';
import { eventually, hasRedis, RedisServer, sleep } from './support/redis-server.js';

const clock = new SystemClock();

(hasRedis ? describe : describe.skip)('ways to a real Redis', () => {
  const closing: (() => Promise<void>)[] = [];
  const started = async (...settings: string[]) => {
    const server = await RedisServer.start(...settings);
    closing.push(() => server.stop());
    return server;
  };
  const open = async (options: RedisSharingOptions) => {
    const instance = await RedisSharing.open(options, clock);
    closing.push(() => instance.close());
    return instance;
  };

  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  /** A Redis with a certificate that it has signed itself. */
  const startedWithTls = async () => {
    const folder = await mkdtemp(join(tmpdir(), 'voice-redis-tls-'));
    closing.push(() => rm(folder, { recursive: true, force: true }));
    const { key, cert } = selfSigned('localhost', Date.now());
    await writeFile(join(folder, 'key.pem'), key);
    await writeFile(join(folder, 'cert.pem'), cert);
    const port = await freePort();
    const files = ['--tls-key-file', join(folder, 'key.pem'), '--tls-cert-file', join(folder, 'cert.pem')];
    await started('--tls-port', String(port), '--tls-auth-clients', 'no', ...files);
    return { url: `rediss://localhost:${port}`, cert };
  };

  it('TLS by rediss:// and a certificate authority of its own', async () => {
    const { url, cert } = await startedWithTls();
    const trusting = await open({ url, tls: { ca: cert } });
    expect(await trusting.store.add('k', 1_000)).toBe(true);
    const distrusting = await open({ url, startMs: 500 });
    expect(distrusting.connection.isUp).toBe(false);
  });

  it('a TLS that is not trusted, and is left amid its handshake: no error is nobody’s', async () => {
    const { url } = await startedWithTls();
    for (let startMs = 1; startMs <= 40; startMs++) {
      const distrusting = await RedisSharing.open({ url, startMs }, clock);
      await distrusting.close();
      expect(distrusting.connection.isUp).toBe(false);
    }
    await sleep(600); // an error that nobody listens to ends the process: here, it fails the test
  });

  it('sentinels, which name the primary, and the new one after a failover', async () => {
    const primary = await started();
    const replica = await started('--replicaof', '127.0.0.1', String(primary.port));
    await eventually('the replica follows', async () =>
      (await replica.cli('INFO', 'replication')).includes('master_link_status:up'),
    );
    const sentinel = await started('--sentinel');
    await sentinel.cli('SENTINEL', 'MONITOR', 'voice', '127.0.0.1', String(primary.port), '1');
    await sentinel.cli('SENTINEL', 'SET', 'voice', 'down-after-milliseconds', '1000');
    await sentinel.cli('SENTINEL', 'SET', 'voice', 'failover-timeout', '5000');
    const only = await open({
      connection: { sentinels: [{ host: '127.0.0.1', port: sentinel.port }], name: 'voice' },
      startMs: 10_000,
    });
    await only.directory.enter('CA-going-on');
    await eventually('the sentinel knows the replica', async () =>
      (await sentinel.cli('SENTINEL', 'REPLICAS', 'voice')).includes(String(replica.port)),
    );
    await primary.kill();
    await eventually(
      'the replica is the primary',
      () =>
        replica.cli('ROLE').then(
          (role) => role.startsWith('master'),
          () => false, // a sentinel cuts the clients off of what it promotes
        ),
      25_000,
    );
    await eventually('the instance is there', () => only.connection.isUp);
    expect(await only.store.add('k', 1_000)).toBe(true);
    await eventually('its call is listed', async () => (await only.directory.count()) === 1);
  }, 60_000);
});
