import type { ConsentReply } from './consent.js';

/** Yes, and what is as good as a yes, in the spelling of {@link normal}; of several words: as they follow each other. */
const YES = phrases(
  // English
  'yes, yeah, yep, yup, sure, ok, okay, okey, correct, right, exactly, absolutely, definitely, certainly, affirmative',
  'go ahead, do it, do that, do so, please do, of course, that is fine, thats fine, sounds good, all right, alright, i agree',
  // German
  'ja, jawohl, jo, klar, gerne, gern, genau, richtig, in ordnung, einverstanden, natürlich, selbstverständlich, sicher',
  'auf jeden fall, passt, mach das, machen sie das, stimmt',
  // French, Spanish, Italian, Portuguese, Romanian, Catalan
  'oui, ouais, d accord, bien sûr, exactement, volontiers, allez y, vas y, entendu, tout à fait',
  'sí, si, claro, vale, de acuerdo, correcto, exacto, adelante, por supuesto, así es',
  'certo, va bene, esatto, volentieri, certamente, assolutamente, procedi, proceda',
  'sim, isso, pode ser, está bem, concordo, com certeza, da, desigur, sigur, d acord',
  // Dutch, Swedish, Danish, Norwegian, Finnish
  'zeker, prima, graag, akkoord, natuurlijk, klopt, doe maar, japp, visst, gärna, absolut, javisst, självklart',
  'jada, gjerne, selvfølgelig, naturligvis, gerne ja, kyllä, joo, selvä, totta kai',
  // Polish, Czech, Slovak, Hungarian, Turkish, Greek
  'tak, jasne, dobrze, zgoda, oczywiście, pewnie, ano, jo, jistě, dobře, souhlasím, áno, igen, rendben, persze',
  'evet, tamam, olur, tabii, elbette, ναι, βεβαίως, εντάξει, σωστά',
  // Russian, Ukrainian, Bulgarian
  'да, конечно, хорошо, ладно, верно, давайте, согласен, согласна, так, звичайно, добре, разбира се',
  // Arabic, Hebrew, Hindi
  'نعم, أجل, ايوه, تمام, طبعا, موافق, כן, בסדר, בטח, हाँ, हां, जी, जी हाँ, ठीक है, ज़रूर',
  // Chinese, Japanese, Korean: without spaces, so whole answers
  '是, 是的, 好, 好的, 可以, 对, 對, 没问题, 沒問題, 行, 没错, 当然, はい, ええ, うん, お願いします, はいお願いします',
  'いいですよ, 네, 예, 응, 그래요, 좋아요, 맞아요, 네 좋아요, 부탁합니다, 네 부탁합니다, 네 부탁드립니다',
);

/** Says nothing of its own. */
const POLITE = phrases(
  'please, thanks, thank you, very, much, uh, um, oh, ah, well, so, that, it, is, s, do, i, would, like, you, can, sir, madam, then, now',
  'bitte, danke, sehr, schön, doch, mal, das, äh, ähm, dann, jetzt, sie, tun, machen, merci, s il vous plaît, svp, por favor',
  'gracias, per favore, grazie, obrigado, obrigada, te rog, graag, alstublieft, dank u, bedankt, tack, takk, kiitos, proszę',
  'dziękuję, prosím, děkuji, köszönöm, lütfen, teşekkürler, παρακαλώ, ευχαριστώ, пожалуйста, спасибо, будь ласка, من فضلك, شكرا',
  'בבקשה, תודה, कृपया, धन्यवाद, 谢谢, 請, 请, ありがとう, 감사합니다',
);

/** Whoever says one of these does not plainly agree, whatever else is said. */
const DOUBT = phrases(
  'no, not, nope, nah, never, don t, dont, do not, won t, wont, can t, cannot, isn t, isnt, neither, nothing, but, maybe, perhaps, guess, unless',
  'later, instead, if, why, what, who, which, how, when, wrong, another, other, except, only, rather, hold, actually',
  'nein, nee, nö, nicht, kein, keine, keinen, nie, niemals, aber, vielleicht, später, sondern, falsch, wenn, warum, was, doch nicht, moment, halt, lieber',
  'non, ne, pas, jamais, mais, peut être, plus tard, aucun, faux, quoi, pourquoi, attendez, attends, nunca, jamás, pero, quizás, tal vez, luego',
  'ninguno, espera, espere, qué, mai, ma, forse, dopo, aspetta, aspetti, não, nao, mas, talvez, depois, nu, dar, poate, geen, niet, nooit, maar, misschien',
  'nej, inte, aldrig, men, kanske, senare, ikke, nei, aldri, kanskje, ei, en, mutta, ehkä, nie, ale, może, później, ne, nikdy, možná, později',
  'nem, soha, talán, hayır, değil, ama, belki, sonra, όχι, δεν, μη, μην, αλλά, ίσως, нет, не, никогда, но, может, потом, ні, але, може',
  'لا, ليس, لكن, ربما, לא, אבל, אולי, नहीं, मत, लेकिन, शायद',
);
/** The same, unless the question itself holds the word: "yes, cancel it" agrees to "Shall I cancel it?". */
const DOUBT_UNLESS_ASKED = phrases(
  'cancel, stop, wait, back, change, forget, storno, stornieren, abbrechen, stopp, warten, warte, annuler, arrêtez, cancela, cancelar, annulla, ferma',
  // "Okay, leave it" and "all right, hang on" refuse
  'leave, skip, drop, hang, bad, already, lass, lassen, vergiss, vergessen, laisse, laissez, oublie, oubliez, deja, deje, déjalo, déjelo, olvídalo, olvídelo',
  'lascia, lasci, lasciamo, dimentica, deixa, deixe, esquece, esqueça, lasă, laat, vergeet, låt, strunta, glöm, glem, jätä, unohda',
  'zostaw, zapomnij, nech, nechte, zapomeň, hagyja, hagyd, bırak, unut, άφησε, άστο, забудь, забудьте, оставь, оставьте, залиште',
);
/** Scripts without spaces: a word is found anywhere. */
const DOUBT_ANYWHERE =
  /[不没別别否]|いや|いいえ|ない|ません|ちが|違|やめ|待|でも|아니|안 |않|말고|하지만|나중/u;
const CERTAIN_ANYWHERE = /^(没问题|沒問題|没错)$/u;

/** More words than that are more than a yes. */
const MOST_WORDS = 10;
/** Words that are neither a yes, nor polite, nor of the question. */
const MOST_OTHER_WORDS = 2;

/**
 * Whether the caller plainly agrees: begins with a yes of 25 languages and says hardly anything else, and nothing that
 * doubts it. In doubt it is a no, which costs one more question; a wrong yes would cost what the tool does.
 */
export function affirms({ transcript, question }: Pick<ConsentReply, 'transcript' | 'question'>): boolean {
  if (/[?？؟;]/u.test(transcript)) return false;
  const said = normal(transcript);
  const words = said.split(' ').filter((word) => word !== '');
  if (words.length === 0 || words.length > MOST_WORDS) return false;
  const asked = new Set(normal(question).split(' '));
  if (doubts(words, asked) || (DOUBT_ANYWHERE.test(said) && !CERTAIN_ANYWHERE.test(said))) return false;
  let others = 0;
  let agreed = false;
  for (let at = 0; at < words.length;) {
    const yes = lengthAt(words, at, YES);
    const polite = yes > 0 ? 0 : lengthAt(words, at, POLITE);
    agreed ||= yes > 0;
    if (yes === 0 && polite === 0 && !asked.has(words[at] as string)) {
      if (!agreed) return false; // something else came first
      others++;
    }
    at += Math.max(yes, polite, 1);
  }
  return agreed && others <= MOST_OTHER_WORDS;
}

function doubts(words: readonly string[], asked: ReadonlySet<string>): boolean {
  return words.some(
    (word, at) =>
      lengthAt(words, at, DOUBT) > 0 || (lengthAt(words, at, DOUBT_UNLESS_ASKED) > 0 && !asked.has(word)),
  );
}

/** Words of the longest phrase that begins here; 0: none does. */
function lengthAt(words: readonly string[], at: number, list: ReadonlySet<string>): number {
  for (let length = 4; length > 0; length--)
    if (at + length <= words.length && list.has(words.slice(at, at + length).join(' '))) return length;
  return 0;
}

/** Lower case, words with one space between them, nothing else. */
function normal(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim();
}

function phrases(...lists: readonly string[]): ReadonlySet<string> {
  return new Set(lists.flatMap((list) => list.split(',').map((phrase) => normal(phrase))));
}
