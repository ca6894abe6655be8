import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { ENVIRONMENT_VARIABLES } from '../src/environment.js';
import { resolveOptions } from '../src/twilio-voice.options.js';

const EXAMPLES = new URL('../examples/', import.meta.url);
const YAML_FILES = ['many-instances', 'kubernetes'].flatMap((folder) =>
  readdirSync(new URL(`${folder}/`, EXAMPLES)).flatMap((name) =>
    name.endsWith('.yaml') ? `${folder}/${name}` : [],
  ),
);

const read = (file: string) => readFileSync(new URL(file, EXAMPLES), 'utf8');
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a manifest is looked at, not worked with
const documentsOf = (file: string): any[] =>
  parseAllDocuments(read(file), { strict: true, uniqueKeys: true, merge: true }).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as unknown;
  });

/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-call -- as above */
describe('the examples of many instances', () => {
  it.each(YAML_FILES)('%s is YAML', (file) => {
    expect(documentsOf(file).length).toBeGreaterThan(0);
  });

  it('have manifests of the kinds that are meant, all for one application', () => {
    const manifests = YAML_FILES.filter((file) => file.startsWith('kubernetes/')).flatMap(documentsOf);
    expect(manifests.map(({ kind }) => kind as string).sort()).toEqual([
      'Deployment',
      'HorizontalPodAutoscaler',
      'Ingress',
      'PodDisruptionBudget',
      'Secret',
      'Service',
    ]);
    expect(new Set(manifests.map(({ metadata }) => metadata.name as string))).toEqual(new Set(['voice']));
  });

  it('let an instance drain as long as it may take, and ask the paths that the host has', () => {
    const [deployment] = documentsOf('kubernetes/deployment.yaml');
    const { terminationGracePeriodSeconds, containers } = deployment.spec.template.spec;
    const [host] = containers;
    const sleeps = Number(host.lifecycle.preStop.exec.command[1]);
    expect(terminationGracePeriodSeconds).toBeGreaterThan(sleeps + resolveOptions().drain.graceMs / 1_000);
    const source = readFileSync(new URL('../src/operations.controller.ts', import.meta.url), 'utf8');
    for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'])
      expect(source).toContain(`@Get('${host[probe].httpGet.path.slice(1)}')`);
    expect(host.livenessProbe.httpGet.path).not.toBe('/ready');
  });

  it('set variables that the host has', () => {
    const [deployment] = documentsOf('kubernetes/deployment.yaml');
    const [secret] = documentsOf('kubernetes/secret.yaml');
    const [compose] = documentsOf('many-instances/compose.yaml');
    const named = [
      ...deployment.spec.template.spec.containers[0].env.map(({ name }: { name: string }) => name),
      ...Object.keys(secret.stringData),
      ...Object.keys(compose.services['host-1'].environment),
    ];
    expect(named.filter((name) => !ENVIRONMENT_VARIABLES.includes(name))).toEqual([]);
    expect(named.filter((name) => name === 'REDIS_URL')).toHaveLength(2);
  });

  it('compose three instances with a Redis and a proxy that knows each of them and upgrades streams', () => {
    const [{ services }] = documentsOf('many-instances/compose.yaml');
    const hosts = Object.keys(services).filter((name) => name.startsWith('host-'));
    expect(hosts).toHaveLength(3);
    const nginx = read('many-instances/nginx.conf');
    for (const host of hosts) {
      expect(nginx).toContain(`server ${host}:${services[host].environment.PORT}`);
      expect(Number.parseInt(services[host].stop_grace_period)).toBeGreaterThan(
        resolveOptions().drain.graceMs / 1_000,
      );
    }
    expect(nginx).toContain('proxy_set_header Upgrade $http_upgrade;');
    expect(
      existsSync(new URL(`many-instances/${services['host-1'].build.context}/package.json`, EXAMPLES)),
    ).toBe(true);
    expect(existsSync(new URL('many-instances/Dockerfile', EXAMPLES))).toBe(true);
  });
});
