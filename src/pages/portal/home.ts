/**
 * The referrer's page: link, figures, tier, credits, referrals, invitations, links, code and keys; pure.
 * Promises: amounts, times and counts in the reader's language; what waits says why and until when. Must never: show an
 * address that is not masked.
 */
import type * as z from 'zod';
import type { invitesList } from '../../http/member/invites.ts';
import type { mailsAnswer } from '../../http/member/mails.ts';
import type { Uncounted } from '../../http/member/me.ts';
import type * as forms from '../../http/member/schemas.ts';
import type { Program } from '../../model/program.ts';
import { type Html, html } from '../../texts/html.ts';
import type { Translator } from '../../texts/translator.ts';
import { type Contributor, contributorCard } from './contributor.ts';
import * as lists from './lists.ts';
import { shareCard } from './share-card.ts';

export interface Home {
  readonly program: Program;
  readonly t: Translator;
  readonly base: string;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly newKey: string | undefined;
  readonly me: Uncounted;
  /** undefined: they are being counted. */
  readonly active: number | undefined;
  readonly rewards: z.output<typeof forms.rewardsAnswer>;
  readonly referrals: z.output<typeof forms.referralsAnswer>;
  readonly links: z.output<typeof forms.linksAnswer>;
  readonly keys: z.output<typeof forms.keysAnswer>;
  readonly mails: z.output<typeof mailsAnswer>;
  readonly invites: z.output<typeof invitesList> | undefined;
  /** undefined: the program has no fund. */
  readonly contributor: Contributor | null | undefined;
  readonly board: z.output<typeof forms.boardAnswer> | undefined;
}

export function home(given: Home): Html {
  const { program, t, me } = given;
  return html`<div class="title"><div><h1>${t('portal.title', { product: program.name })}</h1><p class="soft">${t('portal.lead', { product: program.name })}</p></div></div>
${told(given)}${me.suspended && appeal(given)}
${shareCard(given)}
${figures(given)}
${tier(given)}
<section class="card" aria-labelledby="credits"><h2 id="credits">${t('portal.credits')}</h2>${lists.credits(given)}</section>
<section class="card" aria-labelledby="referrals"><h2 id="referrals">${t('portal.referrals')}</h2>${lists.referrals(given)}</section>
${invites(given)}
<section class="card" aria-labelledby="links"><h2 id="links">${t('portal.links')}</h2><p class="soft">${t('portal.linksLead')}</p>${lists.links(given)}${linkForm(given)}</section>
${board(given)}
${given.contributor !== undefined && contributorCard(given.base, t, given.contributor)}
${mails(given)}
${settings(given)}`;
}

function told({ query, t, newKey }: Home): Html | undefined {
  if (newKey !== undefined) {
    return html`<div class="note good" role="status">${t('portal.keyOnce')}<div class="copy"><input id="new-key" aria-label="${t('portal.keys')}" readonly value="${newKey}"><button type="button" data-copy="#new-key" data-copied="${t('portal.copied')}">${t('portal.copy')}</button></div></div>`;
  }
  if (query.failed !== undefined) return html`<p class="note bad" role="alert">${t('portal.problem')}</p>`;
  if (query.done === undefined) return undefined;
  const digits = (text: string | undefined) => /^\d{1,4}$/.test(text ?? '');
  const isInvite = digits(query.sent) && digits(query.total);
  return html`<p class="note good" role="status">${isInvite ? t('portal.invited', { sent: Number(query.sent), n: Number(query.total) }) : t('portal.saved')}</p>`;
}

function appeal({ t, base, query }: Home): Html {
  const said = query.appealed !== undefined;
  return html`<section class="card"><p class="note warn">${t('portal.suspended')}</p>${said ? html`<p>${t('portal.appealed')}</p>` : html`<form method="post" action="${base}/appeal"><div class="field"><label for="message">${t('portal.appealWhy')}</label><textarea id="message" name="message" required maxlength="5000"></textarea></div><button>${t('portal.appeal')}</button></form>`}</section>`;
}

function figures({ program, t, me, active }: Home): Html {
  const amounts = (of: (unit: (typeof me.by_unit)[number]) => number | null) =>
    me.by_unit.map((unit) => {
      const amount = of(unit);
      return amount === null ? undefined : html`<span>${t.amount(amount, unit.unit, program)}</span><br>`;
    });
  const isOurs = program.sink.kind === 'ledger';
  const owes = me.by_unit.some(({ debt }) => debt > 0);
  const all: (readonly [string, Html | string | readonly (Html | undefined)[]] | false)[] = [
    [t('portal.figure.earned'), amounts(({ earned }) => earned)],
    [t('portal.figure.recent'), amounts(({ earned_last_30_days: recent }) => recent)],
    [t('portal.figure.pending'), amounts(({ pending }) => pending)],
    isOurs && [t('portal.figure.balance'), amounts(({ balance }) => balance)],
    owes && [t('portal.figure.debt'), amounts(({ debt }) => debt)],
    [t('portal.figure.signups'), t.count(me.totals.signups)],
    [t('portal.figure.active'), active === undefined ? html`<small>${t('portal.counting')}</small>` : t.count(active)],
  ];
  const shown = all.filter((each) => each !== false);
  const live = active === undefined ? 1 : 0;
  return html`<div data-live="${live}"><dl class="figures">${shown.map(([name, value]) => html`<div class="figure"><dt>${name}</dt><dd>${value}</dd></div>`)}</dl></div>`;
}

function tier({ program, t, me }: Home): Html | undefined {
  if (me.tier === null) return undefined;
  const at = program.tiers.findIndex(({ name }) => name === me.tier);
  const next = program.tiers[at + 1];
  const name = html`<h2>${t('portal.tier', { name: me.tier })}</h2>`;
  if (!next) return html`<section class="card">${name}<p>${t('portal.topTier')}</p></section>`;
  if (program.tiersBy !== 'qualified') return html`<section class="card">${name}</section>`;
  const from = Number(program.tiers[at]?.from ?? 0n);
  const goal = Number(next.from);
  const missing = Math.max(0, goal - me.totals.qualified);
  const line = t('portal.nextTier', { n: missing, name: next.name });
  return html`<section class="card">${name}<p id="next-tier">${line}</p><progress aria-labelledby="next-tier" max="${goal - from}" value="${Math.max(0, me.totals.qualified - from)}"></progress></section>`;
}

function invites(given: Home): Html | undefined {
  const { t, base } = given;
  if (!given.invites) return undefined;
  return html`<section class="card" aria-labelledby="invites"><h2 id="invites">${t('portal.invites')}</h2><p class="soft">${t('portal.inviteLead')}</p>
<form method="post" action="${base}/invites"><div class="field"><label for="emails">${t('portal.inviteTo')}</label><textarea id="emails" name="emails" required></textarea></div>
<div class="field"><label for="note">${t('portal.inviteNote')}</label><textarea id="note" name="note" maxlength="1000"></textarea></div><button class="first">${t('portal.invite')}</button></form>
${lists.invites(given)}</section>`;
}

function linkForm({ t, base }: Home): Html {
  return html`<form class="acts-bar" method="post" action="${base}/links"><div><label for="channel">${t('portal.channel')}</label><input id="channel" name="channel" required maxlength="100"></div>
<div><label for="campaign">${t('portal.campaign')}</label><input id="campaign" name="campaign" maxlength="100"></div><button>${t('portal.makeLink')}</button></form>`;
}

function board(given: Home): Html | undefined {
  const { t, board: shown } = given;
  if (!shown) return undefined;
  const month = t.month(shown.period.from);
  return html`<section class="card" aria-labelledby="board"><h2 id="board">${t('portal.leaderboard', { month })}</h2>${lists.leaderboard(given)}</section>`;
}

/** Only of what the program sends. */
function mails({ t, base, mails: wanted }: Home): Html | undefined {
  const kinds = (['news', 'summary'] as const).filter((kind) => wanted[kind] !== null);
  if (kinds.length === 0) return undefined;
  const boxes = kinds.map(
    (kind) =>
      html`<div class="field"><label class="row"><input type="checkbox" name="${kind}"${wanted[kind] === true && html` checked`}> ${t(`portal.mails.${kind}`)}</label></div>`,
  );
  return html`<section class="card" aria-labelledby="mails"><h2 id="mails">${t('portal.mailsTitle')}</h2><form method="post" action="${base}/mails">${boxes}<button>${t('portal.save')}</button></form></section>`;
}

function settings(given: Home): Html {
  const { t, base, me } = given;
  const change =
    me.code === null
      ? html`<p>${t('portal.noCode')}</p><form method="post" action="${base}/code"><button>${t('portal.makeCode')}</button></form>`
      : html`<p class="soft">${t('portal.refreshLead')}</p><form method="post" action="${base}/refresh"><button data-confirm="${t('portal.refreshSure')}">${t('portal.refresh')}</button></form>`;
  return html`<div class="grid"><section class="card" aria-labelledby="code"><h2 id="code">${me.code === null ? t('portal.makeCode') : t('portal.refresh')}</h2>${change}</section>
<section class="card" aria-labelledby="keys"><h2 id="keys">${t('portal.keys')}</h2><p class="soft">${t('portal.keysLead')}</p>${lists.keys(given)}<form method="post" action="${base}/keys"><button>${t('portal.makeKey')}</button></form></section></div>`;
}
