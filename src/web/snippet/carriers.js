/**
 * What on a page takes the code along: Stripe's links and elements, Paddle's checkout, Clerk's sign-up.
 * Promises: a value that the product has set itself stays; what is called later is given the code of that time. Must
 * never: break a page: what is not as expected is left alone.
 */

/** Stripe's field mostly holds ids of the product's own; ours is told apart by this. */
const MARK = 'ref_';
const LINKS = 'a[href^="https://buy.stripe.com/"],a[data-plusone=pay]';
const ELEMENTS = 'stripe-pricing-table,stripe-buy-button';
const BUTTONS = '.paddle_button';

/** @type {(root: Element | Document, code: string) => void} */
export const markIn = (root, code) => {
  /** @type {(selector: string) => Element[]} */
  const found = (selector) => {
    const inside = Array.from(root.querySelectorAll(selector));
    return root instanceof Element && root.matches(selector) ? [root, ...inside] : inside;
  };
  for (const link of found(LINKS)) markLink(/** @type {HTMLAnchorElement} */ (link), code);
  for (const element of found(ELEMENTS)) {
    if (!element.getAttribute('client-reference-id')) element.setAttribute('client-reference-id', MARK + code);
  }
  for (const button of found(BUTTONS)) markButton(button, code);
};

/** @type {(link: HTMLAnchorElement, code: string) => void} */
const markLink = (link, code) => {
  const url = new URL(link.href);
  if (url.searchParams.get('client_reference_id')) return;
  url.searchParams.set('client_reference_id', MARK + code);
  link.href = url.href;
};

/** @type {(button: Element, code: string) => void} */
const markButton = (button, code) => {
  try {
    const data = JSON.parse(button.getAttribute('data-custom-data') || '{}');
    if (!data.ref) button.setAttribute('data-custom-data', JSON.stringify({ ...data, ref: code }));
  } catch {}
};

/** Now, or when a script of the page sets it. @type {(name: string, use: (value: any) => void) => void} */
export const whenThere = (name, use) => {
  const page = /** @type {any} */ (window);
  let value = page[name];
  if (value) use(value);
  else {
    Object.defineProperty(page, name, {
      configurable: true,
      enumerable: true,
      get: () => value,
      set: (given) => {
        value = given;
        if (given) use(given);
      },
    });
  }
};

/** Has `holder[name]` called with what `change` makes of its arguments. @type {(holder: any, name: string, change: (given: any[]) => any[]) => void} */
const wrap = (holder, name, change) => {
  const was = holder?.[name];
  if (typeof was !== 'function' || was.plusone) return;
  /** @type {(this: any, ...given: any[]) => any} */
  const wrapped = function (...given) {
    return was.apply(this, change(given));
  };
  try {
    holder[name] = Object.assign(wrapped, { plusone: true });
  } catch {} // frozen
};

/** @type {(field: string, codeOf: () => string | undefined) => (options: any) => any} */
const withCode = (field, codeOf) => (options) => {
  const ref = codeOf();
  return ref ? { ...options, [field]: { ref, ...options?.[field] } } : options;
};

/** @type {(paddle: any, codeOf: () => string | undefined) => void} */
export const wrapPaddle = (paddle, codeOf) => {
  const add = withCode('customData', codeOf);
  wrap(paddle.Checkout, 'open', ([options, ...rest]) => [add(options), ...rest]);
  // Paddle replaces the custom data, it does not merge.
  wrap(paddle.Checkout, 'updateCheckout', ([options, ...rest]) => [
    options?.customData ? add(options) : options,
    ...rest,
  ]);
};

/** @type {(clerk: any, codeOf: () => string | undefined) => void} */
export const wrapClerk = (clerk, codeOf) => {
  const add = withCode('unsafeMetadata', codeOf);
  wrap(clerk, 'openSignUp', ([props, ...rest]) => [add(props), ...rest]);
  wrap(clerk, 'mountSignUp', ([node, props, ...rest]) => [node, add(props), ...rest]);
  const wrapSignUp = () => {
    const signUp = clerk.client?.signUp;
    const holder = signUp && Object.getPrototypeOf(signUp);
    // On an object of its own kind, never on that of all objects.
    for (const name of ['create', 'authenticateWithRedirect', 'authenticateWithPopup']) {
      wrap(holder?.[name] ? holder : signUp, name, ([params, ...rest]) => [add(params), ...rest]);
    }
  };
  wrapSignUp();
  clerk.addListener?.(wrapSignUp);
};
