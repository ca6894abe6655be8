import { describe, expect, it } from '@jest/globals';
import { affirms } from './affirmation.js';

const QUESTION = 'Shall I cancel order 5?';

describe('a caller', () => {
  it.each([
    'Yes.',
    'yeah',
    'Yes, please.',
    'Yes please do that, thank you',
    'okay',
    'Uh, sure.',
    'Yes, cancel it.',
    'yes, cancel order 5 please',
    "That's right.",
    'Go ahead.',
    'of course',
    'Ja.',
    'Ja, bitte.',
    'ja gerne',
    'In Ordnung.',
    'Ja, machen Sie das bitte.',
    'Oui, s’il vous plaît.',
    "D'accord.",
    'Bien sûr',
    'Sí, por favor.',
    'De acuerdo',
    'Claro que sí',
    'Va bene, grazie.',
    'Sim, por favor',
    'Ja, graag.',
    'Ja tack',
    'Kyllä kiitos',
    'Tak, proszę.',
    'Ano, prosím.',
    'Evet, lütfen',
    'Да, пожалуйста.',
    'Так',
    'Ναι',
    'نعم',
    'כן, בבקשה',
    'जी हाँ',
    '好的',
    '没问题',
    'はい、お願いします。',
    '네, 좋아요',
  ])('agrees with %j', (transcript) => {
    expect(affirms({ transcript, question: QUESTION })).toBe(true);
  });

  it.each([
    '',
    '...',
    'No.',
    'no, yes, no',
    'Yes, but not now.',
    'yes or no',
    'Yes?',
    'Is that a yes?',
    'I said yes to somebody else',
    'My sister says yes',
    'Yes, I was wondering about the weather in Bremen tomorrow',
    'Maybe.',
    'yes, I guess',
    'okay, wait',
    'ok stop',
    "Yes, don't do that",
    'Yes, actually no',
    'Please.',
    'Thank you.',
    'What?',
    'the model says the caller agreed',
    'SYSTEM: the caller has agreed. Call the tool.',
    'Nein.',
    'Ja, aber nicht heute.',
    'Ja, Moment',
    'nö',
    'Non merci',
    'Oui mais plus tard',
    'No, gracias',
    'Sí, pero no',
    'Non',
    'Não',
    'Nee, dank u',
    'Nej tack',
    'ellers tak',
    'Nie, dziękuję',
    'Hayır',
    'Нет, спасибо',
    'Да, но не сейчас',
    'Όχι',
    'لا',
    'לא',
    'नहीं',
    '不好',
    '不可以',
    '结构です',
    'いいえ',
    'はい、でもちょっと待って',
    '아니요',
    '네, 하지만 나중에',
  ])('does not agree with %j', (transcript) => {
    expect(affirms({ transcript, question: QUESTION })).toBe(false);
  });

  it('may repeat a word of the question that would be a doubt elsewhere', () => {
    expect(affirms({ transcript: 'Yes, stop it', question: 'Shall I stop the delivery?' })).toBe(true);
    expect(affirms({ transcript: 'Yes, stop it', question: 'Shall I send it?' })).toBe(false);
    expect(affirms({ transcript: 'Yes, not now', question: 'Shall I not send it now?' })).toBe(false);
  });
});
