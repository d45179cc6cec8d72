/**
 * Addresses as they are matched, and as they may be shown; never as they are written to.
 * Promises: case, a plus tag, and dots at Gmail do not make another address. Must never: be used as an identity by
 * itself: some hosts hand out plus tags as mailboxes of their own, so a match is a signal, and joins need more.
 */
const GMAIL = new Set(['gmail.com', 'googlemail.com']);

export interface MatchedEmail {
  readonly address: string;
  readonly domain: string;
}

/** undefined for what is no address at all. */
export function matchEmail(email: string): MatchedEmail | undefined {
  const text = email.trim().toLowerCase();
  const at = text.lastIndexOf('@');
  if (at < 1 || at === text.length - 1) return undefined;
  let domain = text.slice(at + 1);
  let local = text.slice(0, at);
  const plus = local.indexOf('+');
  if (plus > 0) local = local.slice(0, plus);
  if (GMAIL.has(domain)) {
    domain = 'gmail.com';
    local = local.replaceAll('.', '');
  }
  return { address: `${local}@${domain}`, domain };
}

/** Every way to write the address of a mailbox, in lower case: as a regular expression that JavaScript and SQL read alike. */
export function spellingsOf({ address }: MatchedEmail): string {
  const at = address.lastIndexOf('@');
  const [local, domain] = [address.slice(0, at), address.slice(at + 1)];
  const isGmail = GMAIL.has(domain);
  const letters = Array.from(local, escaped).join(isGmail ? '[.]?' : '');
  return `(^|[^a-z0-9._-])${letters}${isGmail ? '[.]?' : ''}([+][^@"]{0,64})?@${isGmail ? 'g(oogle)?mail[.]com' : escaped(domain)}`;
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, (sign) => `\\${sign}`);

const SHOWN_MAX = 3;

/** At most three characters, and none of a word that is too short to be halved. */
export function firstHalf(word: string): string {
  const characters = Array.from(word);
  return characters.slice(0, Math.min(SHOWN_MAX, Math.floor(characters.length / 2))).join('');
}

/** The first half of the local part, then ***@domain. */
export function maskEmail(email: string): string {
  const at = email.lastIndexOf('@');
  if (at < 0) return '***';
  return `${firstHalf(email.slice(0, at))}***${email.slice(at)}`;
}
