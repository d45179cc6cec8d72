/**
 * The member as a contributor to the Open Source Fund: a name, an address that is proved by a mailed code, where to pay.
 * Promises: what the member API allows, and nothing more; where to pay is written here and never shown again. Must
 * never: show an address.
 */
import type * as z from 'zod';
import { contributor as form } from '../../http/fund/schemas.ts';
import { Problem } from '../../http/problems.ts';
import { type Html, html } from '../../mail/html.ts';
import type { Ask } from '../ask.ts';
import type { Texts } from '../texts/texts.ts';
import { amountIn, count } from '../words.ts';

export type Contributor = z.output<typeof form>;

/** null: not registered. */
export async function readContributor(ask: Ask): Promise<Contributor | null> {
  try {
    return await ask(form, 'get', '/v1/me/contributor');
  } catch (error) {
    if (error instanceof Problem && error.code === 'not_registered') return null;
    throw error;
  }
}

export interface ContributorForm {
  readonly github: string;
  readonly address: string;
  readonly code: string;
  readonly details: string;
}

type Act = (ask: Ask, posted: ContributorForm) => Promise<undefined>;

/** What the forms do, by their path below the portal. */
export const CONTRIBUTOR_ACTS: readonly (readonly [path: string, summary: string, work: Act])[] = [
  [
    'contributor',
    'Registers a contributor; a code is mailed to the address',
    async (ask, { github, address }) => {
      const body = { github_username: github.trim(), email: address.trim() };
      await ask(form, 'post', '/v1/me/contributor', { body });
      return undefined;
    },
  ],
  [
    'contributor/confirm',
    'Proves an address by the code that was mailed there',
    async (ask, { code }) => {
      await ask(form, 'post', '/v1/me/contributor/confirm', { body: { code: code.trim() } });
      return undefined;
    },
  ],
  [
    'contributor/details',
    'Keeps where to pay; nothing: forgets it',
    async (ask, { details }) => {
      const given = detailsOf(details);
      if (Object.keys(given).length === 0) await ask(form, 'delete', '/v1/me/contributor/details');
      else await ask(form, 'put', '/v1/me/contributor/details', { body: { details: given } });
      return undefined;
    },
  ],
];

/** One `name: value` a line. */
export function detailsOf(text: string): Record<string, string> {
  const lines = text.split('\n').map((line) => line.trim());
  const pairs = lines
    .filter((line) => line !== '')
    .map((line): [string, string] => {
      const [name = '', ...rest] = line.split(':');
      if (rest.length === 0 || !/^[\w ]+$/.test(name.trim())) throw new Problem('invalid_request');
      return [name.trim().toLowerCase().replaceAll(' ', '_'), rest.join(':').trim()];
    });
  return Object.fromEntries(pairs);
}

export function contributorCard(base: string, { language, contributor: words }: Texts, is: Contributor | null): Html {
  const card = (body: Html) =>
    html`<section class="card" aria-labelledby="contributor"><h2 id="contributor">${words.title}</h2>${body}</section>`;
  if (!is) return card(html`<p class="soft">${words.lead}</p>${registerForm(base, words, '')}`);
  const facts = html`<dl class="facts"><dt>GitHub</dt><dd>${is.github_username} <span class="badge ${is.proved_at === null ? 'warn' : 'good'}">${is.proved_at === null ? words.unproved : words.proved(count(language, is.addresses))}</span></dd>
<dt>${words.owed}</dt><dd>${amountIn(language, is.owed, is.currency)}</dd><dt>${words.paid}</dt><dd>${amountIn(language, is.paid, is.currency)}</dd>
<dt>${words.where}</dt><dd><span class="badge ${is.has_details ? 'good' : 'warn'}">${is.has_details ? words.known : words.unknown}</span></dd></dl>
${is.report_url !== null && html`<p class="more"><a href="${is.report_url}">${words.report}</a></p>`}`;
  return card(html`${facts}
<form class="acts-bar" method="post" action="${base}/contributor/confirm"><div><label for="code-mailed">${words.code}</label><input id="code-mailed" name="code" required autocomplete="off" maxlength="200"></div><button${is.proved_at === null && html` class="first"`}>${words.confirm}</button></form>
<form method="post" action="${base}/contributor/details"><div class="field"><label for="details">${words.details}</label><textarea id="details" name="details" autocomplete="off" placeholder="iban: DE89…"></textarea><small>${words.detailsLead}</small></div><button>${words.saveDetails}</button></form>
<details><summary>${words.another}</summary>${registerForm(base, words, is.github_username)}</details>`);
}

function registerForm(base: string, words: Texts['contributor'], username: string): Html {
  return html`<form class="acts-bar" method="post" action="${base}/contributor"><div><label for="github">${words.name}</label><input id="github" name="github" required maxlength="39" value="${username}"></div>
<div><label for="address">${words.address}</label><input id="address" name="address" type="email" required maxlength="254"></div><button>${words.register}</button></form>`;
}
