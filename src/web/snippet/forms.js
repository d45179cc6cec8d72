/**
 * Signup forms: which they are, and the code in them.
 * Promises: a form that signs nobody up is not touched, and its address not read: logins, newsletters, contact. Must
 * never: hand on an address; its hash leaves the page, and only of a form that is being sent.
 */
import { sha256 } from './sha256.js';

const SIGNUP =
  /sign[\s_-]?up|regist|(create|new|open)\W*(an?|your|my|free)?\W*(free)?\W*account|get[\s_-]?started|\bstart\b|\bjoin\b|onboarding|trial|inscri|\bcrear\b|\bcriar\b|créer/i;
const LOGIN = /log[\s_-]?[io]n|sign[\s_-]?in|anmelden/i;
const OTHER = /newsletter|subscri|contact|forgot|reset|recover|waitlist|invite|search|unsub/i;

/** The field for the address, where the form signs somebody up. @type {(form: HTMLFormElement, signupPath: string) => HTMLInputElement | undefined} */
export const signupField = (form, signupPath) => {
  const fields = Array.from(form.querySelectorAll('input')).filter((field) => field.type !== 'hidden');
  const email = fields.find(
    (field) => field.type === 'email' || /e-?mail/i.test(`${field.name} ${field.id} ${field.autocomplete}`),
  );
  return email && isSignup(form, fields, signupPath) ? email : undefined;
};

/** @type {(form: HTMLFormElement, fields: HTMLInputElement[], signupPath: string) => boolean} */
const isSignup = (form, fields, signupPath) => {
  const { plusone } = form.dataset;
  if (plusone) return plusone === 'signup';
  const passwords = fields.filter((field) => field.type === 'password');
  if (passwords.some((field) => field.autocomplete === 'current-password')) return false;
  if (passwords.some((field) => field.autocomplete === 'new-password')) return true;
  const buttons = Array.from(form.querySelectorAll('button:not([type=button]), input[type=submit]'));
  const said = buttons.map((button) => `${button.textContent} ${button.getAttribute('value')}`);
  const text = [
    form.id,
    form.className,
    ...['name', 'action', 'aria-label'].map((name) => form.getAttribute(name)),
    ...said,
  ].join(' ');
  if (passwords.length === 0 && OTHER.test(text)) return false;
  if (SIGNUP.test(text)) return true;
  if (LOGIN.test(text)) return false;
  const { pathname } = location;
  return passwords.length > 1 || SIGNUP.test(pathname) || (pathname !== '/' && pathname === signupPath);
};

/** @type {(form: HTMLFormElement, name: string, code: string) => void} */
export const fillField = (form, name, code) => {
  const there = /** @type {HTMLInputElement | null} */ (form.querySelector(`input[name="${name}"]`));
  if (there) {
    if (!there.value) there.value = code;
    return;
  }
  const field = document.createElement('input');
  field.type = 'hidden';
  field.name = name;
  field.value = code;
  form.append(field);
};

/** As the server matches addresses: without case, plus tags, and dots at Gmail. undefined: no address. @type {(key: string, address: string) => string | undefined} */
export const hashOf = (key, address) => {
  const text = address.trim().toLowerCase();
  const at = text.lastIndexOf('@');
  if (at < 1 || at === text.length - 1) return undefined;
  const local = text.slice(0, at).replace(/^(.[^+]*)\+.*$/, (whole, name) => (whole[0] === '+' ? whole : name));
  const domain = text.slice(at + 1);
  const isGmail = /^(gmail|googlemail)\.com$/.test(domain);
  return sha256(key + (isGmail ? `${local.replace(/\./g, '')}@gmail.com` : `${local}@${domain}`));
};
