import { describe, expect, it } from '@jest/globals';
import { refusal, reported } from './failures.js';

describe('a refusal', () => {
  it.each([
    [
      401,
      { detail: { code: 'invalid_api_key', status: 'invalid_api_key', message: 'x' } },
      'invalid_api_key',
      true,
    ],
    [401, { detail: { status: 'quota_exceeded', message: 'x' } }, 'quota_exceeded', true],
    [401, '', 'unauthorized', true],
    [403, { detail: { status: 'only_for_creator+' } }, 'only_for_creator+', true],
    [404, '{"detail":{"code":"voice_not_found"}}', 'voice_not_found', true],
    [400, { detail: { status: 'voice_not_found' } }, 'voice_not_found', true],
    [422, { detail: [{ loc: ['body', 'text'], msg: 'secret', type: 'x' }] }, 'validation_error', false],
    [429, { detail: { code: 'concurrent_limit_exceeded' } }, 'concurrent_limit_exceeded', false],
    [429, { detail: { status: 'system_busy' } }, 'system_busy', false],
    [500, { detail: { status: 'internal_server_error' } }, 'internal_server_error', false],
    [503, '<html>busy</html>', 'http_503', false],
  ])('%i %j is %s', (status, body, code, lasting) => {
    expect(refusal(status, body)).toMatchObject({ code, lasting });
  });

  it('of the key names the variable and the option', () => {
    expect(refusal(401, { detail: { code: 'invalid_api_key' } }).message).toMatch(
      /ELEVENLABS_API_KEY.*apiKey/,
    );
  });

  it('of the voice names the variable and the option', () => {
    expect(refusal(404, {}).message).toMatch(/ELEVENLABS_VOICE_ID.*voiceId/);
  });

  it('never repeats what the vendor wrote beside its code', () => {
    const { message } = refusal(422, {
      detail: { code: 'invalid_parameters', message: 'text "my PIN" is wrong' },
    });
    expect(message).not.toContain('PIN');
    expect(reported('input_timeout_exceeded').message).toContain('input_timeout_exceeded');
    expect(reported("Text 'my card is 4111' too long").message).not.toContain('4111');
  });
});
