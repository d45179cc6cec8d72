/**
 * The lists of the portal as tables; pure.
 * Promises: an empty one says what to do; what waits says why and until when. Must never: tell a fraud signal's name.
 */
import { type Html, html } from '../../mail/html.ts';
import { amountIn, count, day, dayText, moment, monthText, rateIn } from '../words.ts';
import type { Home } from './home.ts';

interface Column<Row> {
  readonly name: string;
  readonly of: (row: Row) => Html | string | undefined;
  readonly kind?: 'n' | 'long';
}

function table<Row>(caption: string, columns: readonly Column<Row>[], rows: readonly Row[]): Html {
  const heads = columns.map(({ name, kind }) => html`<th scope="col"${kind === 'n' && html` class="n"`}>${name}</th>`);
  const lines = rows.map(
    (row) =>
      html`<tr>${columns.map(({ name, of, kind }) => html`<td class="${kind ?? ''}" data-name="${name}"><span>${of(row)}</span></td>`)}</tr>`,
  );
  return html`<div class="scroll" role="group" aria-label="${caption}" tabindex="0"><table><caption class="hidden-text">${caption}</caption><thead><tr>${heads}</tr></thead><tbody>${lines}</tbody></table></div>`;
}

const empty = (text: string): Html => html`<p class="empty">${text}</p>`;

function pager(
  { base, texts, query }: Home,
  name: 'rewards' | 'referrals',
  anchor: string,
  next: string | null,
): Html | undefined {
  const newest = query[name] !== undefined && html`<a href="${base}#${anchor}">${texts.newest}</a>`;
  const older =
    next !== null &&
    html`<a class="button" href="${base}?${name}=${encodeURIComponent(next)}#${anchor}">${texts.more}</a>`;
  return newest || older ? html`<p class="more">${older}${newest}</p>` : undefined;
}

const TONES: Readonly<Record<string, string>> = {
  credited: 'good',
  completed: 'good',
  joined: 'good',
  pending: 'warn',
  failed: 'warn',
};
const badge = (text: string, of: string): Html => html`<span class="badge ${TONES[of] ?? ''}">${text}</span>`;

export function credits(given: Home): Html {
  const { program, texts, rewards } = given;
  const { language, columns: names } = texts;
  if (rewards.data.length === 0) return empty(texts.noCredits);
  type Row = (typeof rewards.data)[number];
  const columns: Column<Row>[] = [
    { name: names.when, of: (row) => moment(language, row.created_at) },
    { name: names.what, of: (row) => whatFor(given, row) },
    {
      name: names.base,
      of: ({ base }) => (base?.currency ? amountIn(language, base.amount, base.currency) : ''),
      kind: 'n',
    },
    { name: names.rate, of: ({ rate }) => (rate === null ? '' : rateIn(language, rate)), kind: 'n' },
    {
      name: names.amount,
      of: (row) => html`<strong>${amountIn(language, row.amount, row.unit, program)}</strong>`,
      kind: 'n',
    },
    {
      name: names.status,
      of: (row) => html`${badge(texts.status[row.status], row.status)} <span class="soft">${whyOf(given, row)}</span>`,
      kind: 'long',
    },
  ];
  return html`${table(texts.credits, columns, rewards.data)}${pager(given, 'rewards', 'credits', rewards.next_cursor)}`;
}

/** The rule's kind; a rule that is no longer in the file was one of the most common kind. */
function whatFor({ program, texts }: Home, { rule, to }: Home['rewards']['data'][number]): string {
  const when = program.rules.find(({ name }) => name === rule)?.when ?? 'signup';
  return to === 'referee' && when !== 'rank' ? texts.forReferee[when] : texts.forReferrer[when];
}

/** Why it is so, and until when. */
function whyOf(given: Home, row: Home['rewards']['data'][number]): string {
  const { program, texts } = given;
  const said: string[] = [];
  const date = (at: string) => dayText(texts.language, at);
  if (row.status === 'pending' && row.vests_at !== null) said.push(texts.usableFrom(date(row.vests_at)));
  else if (row.status !== 'credited' && row.status !== 'failed' && row.reason !== null)
    said.push([texts.reason[row.reason] ?? row.reason.replaceAll('_', ' '), waitsUntil(given, row)].join(''));
  if (row.status === 'credited' && row.credited_at !== null) said.push(texts.creditedOn(date(row.credited_at)));
  if (row.status === 'credited' && row.expires_at !== null) said.push(texts.expires(date(row.expires_at)));
  if (row.reversed_amount > 0)
    said.push(texts.takenBack(amountIn(texts.language, row.reversed_amount, row.unit, program)));
  return said.join(', ');
}

/** The day of what is decided by the calendar. */
function waitsUntil(
  { program, texts }: Home,
  { status, reason, created_at: at }: Home['rewards']['data'][number],
): string {
  if (status !== 'pending') return '';
  const made = new Date(at);
  if (reason === 'settling') {
    const first = new Date(Date.UTC(made.getUTCFullYear(), made.getUTCMonth() + 1, 1));
    return `, ${texts.creditedOn(dayText(texts.language, first))}`;
  }
  if (reason !== 'qualifying' || program.qualify?.within === undefined) return '';
  return `, ${texts.until(dayText(texts.language, new Date(made.getTime() + program.qualify.within)))}`;
}

export function referrals(given: Home): Html {
  const { program, texts, referrals: shown } = given;
  const { language, columns: names } = texts;
  if (shown.data.length === 0) return empty(texts.noReferrals);
  type Row = (typeof shown.data)[number];
  const columns: Column<Row>[] = [
    { name: names.person, of: ({ email }) => email ?? texts.someone, kind: 'long' },
    {
      name: names.status,
      of: (row) =>
        html`${badge(texts.referralStatus[row.status], row.status)} ${row.first_paid_at !== null && badge(texts.paid, 'credited')}`,
    },
    {
      name: names.channel,
      of: ({ channel, campaign }) => [channel, campaign].filter((each) => each !== null).join(', '),
    },
    {
      name: names.earned,
      of: ({ earned }) =>
        html`${earned.map(({ amount, unit }) => html`${amountIn(language, amount, unit, program)}<br>`)}`,
      kind: 'n',
    },
    { name: names.when, of: (row) => day(language, row.created_at) },
  ];
  return html`${table(texts.referrals, columns, shown.data)}${pager(given, 'referrals', 'referrals', shown.next_cursor)}`;
}

export function invites({ texts, invites: shown }: Home): Html | undefined {
  if (!shown || shown.data.length === 0) return undefined;
  type Row = NonNullable<Home['invites']>['data'][number];
  const columns: Column<Row>[] = [
    { name: texts.columns.person, of: ({ email }) => email ?? texts.someone, kind: 'long' },
    { name: texts.columns.status, of: ({ status }) => badge(texts.inviteStatus[status], status) },
    { name: texts.columns.when, of: (row) => day(texts.language, row.created_at) },
  ];
  return table(texts.invites, columns, shown.data);
}

export function links({ texts, links: shown }: Home): Html {
  if (shown.data.length === 0) return empty(texts.noLinks);
  type Row = (typeof shown.data)[number];
  const columns: Column<Row>[] = [
    {
      name: texts.columns.channel,
      of: ({ channel, campaign }) =>
        html`<strong>${channel ?? '–'}</strong> <span class="soft">${campaign ?? ''}</span>`,
      kind: 'long',
    },
    {
      name: texts.columns.link,
      of: ({ url, code }) =>
        html`<div class="copy small"><input id="l-${code}" aria-label="${texts.columns.link} ${code}" readonly value="${url}"><button type="button" data-copy="#l-${code}" data-copied="${texts.copied}">${texts.copy}</button></div>`,
    },
    { name: texts.columns.uses, of: ({ clicks }) => count(texts.language, clicks), kind: 'n' },
    { name: texts.columns.signups, of: ({ signups }) => count(texts.language, signups), kind: 'n' },
  ];
  return table(texts.links, columns, shown.data);
}

export function keys({ texts, keys: shown, base }: Home): Html {
  const live = shown.data.filter((key) => key.revoked_at === null);
  if (live.length === 0) return empty(texts.noKeys);
  const columns: Column<(typeof live)[number]>[] = [
    { name: texts.columns.name, of: ({ prefix, name }) => html`<code>${prefix}…</code> ${name ?? ''}`, kind: 'long' },
    { name: texts.columns.when, of: (key) => day(texts.language, key.created_at) },
    {
      name: texts.columns.status,
      of: ({ id }) =>
        html`<form method="post" action="${base}/keys/revoke"><input type="hidden" name="id" value="${id}"><button class="plain">${texts.revoke}</button></form>`,
    },
  ];
  return table(texts.keys, columns, live);
}

export function leaderboard({ texts, board: shown }: Home): Html | undefined {
  if (!shown || shown.data.length === 0) return empty(texts.nobody);
  type Row = NonNullable<Home['board']>['data'][number];
  const columns: Column<Row>[] = [
    { name: texts.columns.rank, of: ({ rank }) => count(texts.language, rank), kind: 'n' },
    {
      name: texts.columns.name,
      of: ({ name, is_me: isMe }) => html`${name} ${isMe && badge(texts.you, 'credited')}`,
      kind: 'long',
    },
    { name: texts.columns.signups, of: ({ signups }) => count(texts.language, signups), kind: 'n' },
  ];
  return table(texts.leaderboard(monthText(texts.language, shown.period.from)), columns, shown.data);
}
