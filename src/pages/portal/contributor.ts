/**
 * The member as a contributor to the Open Source Fund: a name, an address that is proved by a mailed code, where to pay.
 * Promises: what the member API allows, and nothing more; where to pay is written here and never shown again. Must
 * never: show an address.
 */
import type * as z from 'zod';
import { contributor as form } from '../../http/fund/schemas.ts';
import { Problem } from '../../http/problems.ts';
import { type Html, html } from '../../texts/html.ts';
import type { Translator } from '../../texts/translator.ts';
import type { Ask } from '../ask.ts';

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
export const CONTRIBUTOR_ACTS: readonly { readonly path: string; readonly summary: string; readonly work: Act }[] = [
  {
    path: 'contributor',
    summary: 'Registers a contributor; a code is mailed to the address',
    work: async (ask, { github, address }) => {
      const body = { github_username: github.trim(), email: address.trim() };
      await ask(form, 'post', '/v1/me/contributor', { body });
      return undefined;
    },
  },
  {
    path: 'contributor/confirm',
    summary: 'Proves an address by the code that was mailed there',
    work: async (ask, { code }) => {
      await ask(form, 'post', '/v1/me/contributor/confirm', { body: { code: code.trim() } });
      return undefined;
    },
  },
  {
    path: 'contributor/details',
    summary: 'Keeps where to pay; nothing: forgets it',
    work: async (ask, { details }) => {
      const given = detailsOf(details);
      if (Object.keys(given).length === 0) await ask(form, 'delete', '/v1/me/contributor/details');
      else await ask(form, 'put', '/v1/me/contributor/details', { body: { details: given } });
      return undefined;
    },
  },
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

export function contributorCard(base: string, t: Translator, is: Contributor | null): Html {
  const card = (body: Html) =>
    html`<section class="card" aria-labelledby="contributor"><h2 id="contributor">${t('portal.contributor.title')}</h2>${body}</section>`;
  if (!is) return card(html`<p class="soft">${t('portal.contributor.lead')}</p>${registerForm(base, t, '')}`);
  const facts = html`<dl class="facts"><dt>GitHub</dt><dd>${is.github_username} <span class="badge ${is.proved_at === null ? 'warn' : 'good'}">${is.proved_at === null ? t('portal.contributor.unproved') : t('portal.contributor.proved', { n: is.addresses })}</span></dd>
<dt>${t('portal.contributor.owed')}</dt><dd>${t.amount(is.owed, is.currency)}</dd><dt>${t('portal.contributor.paid')}</dt><dd>${t.amount(is.paid, is.currency)}</dd>
<dt>${t('portal.contributor.where')}</dt><dd><span class="badge ${is.has_details ? 'good' : 'warn'}">${is.has_details ? t('portal.contributor.known') : t('portal.contributor.unknown')}</span></dd></dl>
${is.report_url !== null && html`<p class="more"><a href="${is.report_url}">${t('portal.contributor.report')}</a></p>`}`;
  return card(html`${facts}
<form class="acts-bar" method="post" action="${base}/contributor/confirm"><div><label for="code-mailed">${t('portal.contributor.code')}</label><input id="code-mailed" name="code" required autocomplete="off" maxlength="200"></div><button${is.proved_at === null && html` class="first"`}>${t('portal.contributor.confirm')}</button></form>
<form method="post" action="${base}/contributor/details"><div class="field"><label for="details">${t('portal.contributor.details')}</label><textarea id="details" name="details" autocomplete="off" placeholder="iban: DE89…"></textarea><small>${t('portal.contributor.detailsLead')}</small></div><button>${t('portal.contributor.saveDetails')}</button></form>
<details><summary>${t('portal.contributor.another')}</summary>${registerForm(base, t, is.github_username)}</details>`);
}

function registerForm(base: string, t: Translator, username: string): Html {
  return html`<form class="acts-bar" method="post" action="${base}/contributor"><div><label for="github">${t('portal.contributor.name')}</label><input id="github" name="github" required maxlength="39" value="${username}"></div>
<div><label for="address">${t('portal.contributor.address')}</label><input id="address" name="address" type="email" required maxlength="254"></div><button>${t('portal.contributor.register')}</button></form>`;
}
