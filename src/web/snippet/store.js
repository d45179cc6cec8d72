/**
 * What a visitor's browser keeps: who they are to us, and whose code brought them.
 * Promises: in a cookie, and in localStorage where a cookie is lost; forgotten after as many days as the program says.
 * Must never: be read by another site: the cookie is the page's own, or its registrable domain's.
 */

/** @typedef {{ visitor: string, code: string, seconds: number }} Held */
/** @typedef {{ program: string, parameter: string, days: number, touch: string, key: string, signup: string }} Config */

const DAY = 86400;
export const CODE = /^[\w-]{1,64}$/;
const HELD = /^([\w-]{16,64})\.([\w-]{1,64})\.([0-9a-z]{1,9})$/;

/** @param {Config} config */
const nameOf = (config) => `plusone_${config.program}`;
export const now = () => Math.floor(Date.now() / 1000);

/** @type {(config: Config) => Held | undefined} */
export const read = (config) => {
  const name = nameOf(config);
  const cookie = document.cookie.split('; ').find((part) => part.startsWith(`${name}=`));
  return [cookie?.slice(name.length + 1), stored(name)].map((text) => parse(config, text)).find(Boolean);
};

/** @type {(config: Config, text: string | null | undefined) => Held | undefined} */
const parse = (config, text) => {
  const parts = HELD.exec(text ?? '');
  if (!parts) return undefined;
  const seconds = Number.parseInt(parts[3], 36);
  return seconds + config.days * DAY > now() ? { visitor: parts[1], code: parts[2], seconds } : undefined;
};

/** @param {string} name */
const stored = (name) => {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // a browser may keep it from us
  }
};

/** undefined: forgets. @type {(config: Config, held: Held | undefined) => void} */
export const write = (config, held) => {
  const name = nameOf(config);
  const value = held ? `${held.visitor}.${held.code}.${held.seconds.toString(36)}` : '';
  try {
    if (held) localStorage.setItem(name, value);
    else localStorage.removeItem(name);
  } catch {}
  const age = held ? held.seconds + config.days * DAY - now() : 0;
  const cookie = `${name}=${value}; Path=/; Max-Age=${age}; SameSite=Lax${location.protocol === 'https:' ? '; Secure' : ''}`;
  // The widest domain that the browser takes: the app may be on another host than the landing page.
  const labels = location.hostname.split('.');
  for (let i = labels.length - 1; i >= 0; i--) {
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API answers later, and not in every browser
    document.cookie = `${cookie}; Domain=${labels.slice(i).join('.')}`;
    if (held && document.cookie.includes(`${name}=${value}`)) return;
  }
  // biome-ignore lint/suspicious/noDocumentCookie: as above
  document.cookie = cookie;
};

export const newVisitor = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
