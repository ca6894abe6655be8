import { describe, expect, it } from '@jest/globals';
import { networkProblem } from './network-problem.js';

const place = { url: 'https://voice.example.com:8443/voice', variable: 'PUBLIC_URL' };
const coded = (code: string, more: object = {}) => Object.assign(new Error('free text'), { code }, more);

describe('a connection that failed', () => {
  it.each([
    ['EAI_AGAIN', /cannot be resolved/],
    ['ECONNREFUSED', /nothing listens/],
    ['UND_ERR_CONNECT_TIMEOUT', /cannot be connected to/],
    ['ECONNRESET', /broke the connection/],
    ['UND_ERR_HEADERS_TIMEOUT', /did not answer in time/],
    ['CERT_NOT_YET_VALID', /not valid yet/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /chain is incomplete/],
    ['EPROTO', /does not speak TLS/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', /does not speak TLS/],
    ['ESOMETHING', /cannot be used/],
  ])('with %s says so, and names the host', (code, message) => {
    const { problem, fix } = networkProblem(coded(code), place);
    expect(problem).toMatch(message);
    expect(problem).toContain('voice.example.com:8443');
    expect(problem).toContain(`(${code})`);
    expect(fix).toMatch(/\.$/);
  });

  it.each([
    ['cause', coded('UND_ERR', { cause: coded('ENOTFOUND') })],
    ['first of several errors', coded('UND_ERR', { errors: [coded('ENOTFOUND'), coded('EPIPE')] })],
  ])('is known by its %s', (_, error) => {
    expect(networkProblem(error, place).problem).toContain('(ENOTFOUND)');
  });

  it('tells nothing of what is no code', () => {
    expect(networkProblem(coded('free text with a secret'), place).problem).toBe(
      'voice.example.com:8443 cannot be used',
    );
    expect(networkProblem('free text', place).problem).toBe('voice.example.com:8443 cannot be used');
  });
});
