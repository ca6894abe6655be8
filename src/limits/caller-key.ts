/** Longer keys are cut: the name of a SIP caller is the caller's choice. */
const LONGEST = 128;
/** What stands where a number was withheld. */
const WITHHELD = /^(?:anonymous|restricted|unavailable|unknown|blocked|private|withheld)$/;
/** Twilio spells such words on a telephone's keys: ANONYMOUS, RESTRICTED, UNAVAILABLE, UNKNOWN, BLOCKED. */
const SPELLED = new Set(['+266696687', '+7378742833', '+86282452253', '+8656696', '+2562533']);

/**
 * One key per caller, however the number is written.
 * @param from a voice webhook's `From`: a number, `sip:…`, `client:…`, or what stands for a withheld one
 * @returns undefined when the caller withholds the number
 */
export function callerKey(from: string | undefined): string | undefined {
  const text = (from ?? '').trim().toLowerCase();
  const key = /^sips?:/.test(text) ? sipKey(text) : numberKey(text);
  const name = key.replace(/^sip:/, '').replace(/@.*$/, '');
  if (name === '' || WITHHELD.test(name) || SPELLED.has(name)) return undefined;
  return key.slice(0, LONGEST);
}

/** Parameters, port and display forms are the caller's to vary, and say nothing of who calls. */
function sipKey(text: string): string {
  const [address = ''] = text.replace(/^sips?:/, '').split(/[;?>]/);
  const at = address.lastIndexOf('@');
  const [user, host] = at < 0 ? [address, ''] : [address.slice(0, at), address.slice(at + 1)];
  const [name = ''] = user.split(':'); // a password may follow
  return `sip:${numberKey(name)}@${host.replace(/:\d+$/, '')}`;
}

/** A telephone number in the form +15550100; anything else as it is. */
function numberKey(text: string): string {
  const digits = text.replace(/[\s().-]/g, '');
  return /^\+?\d{3,}$/.test(digits) ? `+${digits.replace(/^\+/, '')}` : text;
}
