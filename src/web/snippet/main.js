/**
 * The snippet: takes the code of the address along, without the product's help.
 * Promises: asks nobody but the service that it came from; does and keeps nothing without consent. Must never: throw
 * into the page, or touch what the product has set itself.
 */
import { markIn, whenThere, wrapClerk, wrapPaddle } from './carriers.js';
import { fillField, hashOf, signupField } from './forms.js';
import { CODE, newVisitor, now, read, write } from './store.js';

/** @typedef {import('./store.js').Config} Config */
/** @typedef {{ config: Config, base: string, consent: boolean, isWatching: boolean }} Page */

/** @param {Config} config */
export const start = (config) => {
  const script = /** @type {HTMLScriptElement | null} */ (document.currentScript);
  const browser = /** @type {any} */ (navigator);
  const isRefused = browser.globalPrivacyControl === true || browser.doNotTrack === '1';
  /** @type {Page} */
  const page = {
    config,
    base: (script?.src ?? '').replace(/\/plusone\.js.*$/, ''),
    consent: !isRefused && script?.dataset.consent !== 'required',
    isWatching: false,
  };
  /** @type {any} */ (window).plusone = {
    /** @param {boolean} given */
    consent: (given) => {
      page.consent = given;
      if (given) run(page);
      else write(config, undefined);
    },
    code: () => codeOf(page),
  };
  run(page);
};

/** @param {Page} page */
const codeOf = ({ consent, config }) => (consent ? read(config)?.code : undefined);

/** @param {Page} page */
const run = (page) => {
  if (!page.consent) return;
  arrive(page);
  handOn(page, document);
  if (!page.isWatching) watch(page);
  page.isWatching = true;
};

/** As plain text, so that the browser need not ask first; it goes out also when the page is being left. @type {(page: Page, visit: object) => Promise<any>} */
const tell = ({ base }, visit) =>
  fetch(`${base}/v1/visits`, { method: 'POST', credentials: 'omit', keepalive: true, body: JSON.stringify(visit) })
    .then((answer) => answer.json())
    .catch(() => {});

/** @param {Page} page */
const arrive = (page) => {
  const { config } = page;
  const code = new URLSearchParams(location.search).get(config.parameter);
  const held = read(config);
  if (!code || !CODE.test(code)) {
    if (held) write(config, held); // whichever of the two places has lost it
    return;
  }
  const visitor = held?.visitor ?? newVisitor();
  if (!held || config.touch !== 'first') write(config, { visitor, code, seconds: now() });
  strip(config.parameter);
  void tell(page, { kind: 'click', visitor_id: visitor, code }).then((answer) => {
    // Others use such a parameter, too: what is no code of ours leaves no trace.
    if (answer?.known === false && read(config)?.code === code) write(config, held);
  });
};

/** @param {string} parameter */
const strip = (parameter) => {
  const parts = location.search.slice(1).split('&');
  const search = parts.filter((part) => part.split('=')[0] !== parameter).join('&');
  history.replaceState(history.state, '', location.pathname + (search && `?${search}`) + location.hash);
};

/** @type {(page: Page, root: Element | Document) => void} */
const handOn = (page, root) => {
  const code = codeOf(page);
  if (!code) return;
  markIn(root, code);
  // Not while a framework may still compare the page with what its server had made.
  if (document.readyState !== 'complete') return;
  const within = Array.from(root.querySelectorAll('form'));
  const around = root instanceof Element ? root.closest('form') : null;
  for (const form of around ? [around, ...within] : within) {
    if (signupField(form, page.config.signup)) fillField(form, page.config.parameter, code);
  }
};

/** @param {Page} page */
const watch = (page) => {
  addEventListener('load', () => handOn(page, document));
  new MutationObserver((records) => {
    for (const { addedNodes } of records) {
      for (const node of addedNodes) if (node instanceof Element) handOn(page, node);
    }
  }).observe(document, { childList: true, subtree: true });
  // Before the page's own handlers, for addresses that were changed after they were marked.
  addEventListener('click', ({ target }) => markAt(page, target), true);
  addEventListener('submit', ({ target }) => claim(page, target), true);
  whenThere('Paddle', (paddle) => wrapPaddle(paddle, () => codeOf(page)));
  whenThere('Clerk', (clerk) => wrapClerk(clerk, () => codeOf(page)));
};

/** @type {(page: Page, target: EventTarget | null) => void} */
const markAt = (page, target) => {
  const code = codeOf(page);
  const clicked = target instanceof Element && target.closest('a,.paddle_button');
  if (code && clicked) markIn(clicked, code);
};

/** @type {Set<string>} */
const claimed = new Set();

/** A signup form is being sent. @type {(page: Page, form: EventTarget | null) => void} */
const claim = (page, form) => {
  const { config, consent } = page;
  const held = consent ? read(config) : undefined;
  if (!held || !(form instanceof HTMLFormElement)) return;
  const field = signupField(form, config.signup);
  if (!field) return;
  fillField(form, config.parameter, held.code);
  const hash = hashOf(config.key, field.value);
  if (!hash || claimed.has(hash)) return;
  claimed.add(hash);
  void tell(page, { kind: 'claim', visitor_id: held.visitor, code: held.code, email_hash: hash });
};
