import type { HttpExchange } from './http-exchange.js';
import { refusal } from './refusal.js';
import { type ServerState, unauthorized } from './server-state.js';

/** Models, and whether they speak. */
const MODELS: Readonly<Record<string, boolean>> = {
  eleven_v3: true,
  eleven_multilingual_v2: true,
  eleven_flash_v2_5: true,
  eleven_turbo_v2_5: true,
  eleven_flash_v2: true,
  eleven_english_sts_v2: false,
};

/** Tells about one voice of the account. */
export function answerVoice(state: ServerState, exchange: HttpExchange, voiceId: string): void {
  const refused = unauthorized(state, exchange.headers);
  if (refused !== undefined) exchange.refuse(refused);
  else if (state.voices?.includes(voiceId) === false) exchange.refuse(refusal(404));
  else
    exchange.json({
      voice_id: voiceId,
      name: 'A voice',
      category: 'premade',
      available_for_tiers: [],
      high_quality_base_model_ids: [],
    });
}

/** Lists the models. */
export function answerModels(state: ServerState, exchange: HttpExchange): void {
  const refused = unauthorized(state, exchange.headers);
  if (refused !== undefined) exchange.refuse(refused);
  else
    exchange.json(
      Object.entries(MODELS).map(([model_id, speaks]) => ({
        model_id,
        name: model_id,
        can_do_text_to_speech: speaks,
      })),
    );
}
