/**
 * The lists of the portal as tables; pure.
 * Promises: an empty one says what to do; what waits says why and until when. Must never: tell a fraud signal's name.
 */
import { type Html, html } from '../../texts/html.ts';
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
  { base, t, query }: Home,
  name: 'rewards' | 'referrals',
  anchor: string,
  next: string | null,
): Html | undefined {
  const newest = query[name] !== undefined && html`<a href="${base}#${anchor}">${t('portal.newest')}</a>`;
  const older =
    next !== null &&
    html`<a class="button" href="${base}?${name}=${encodeURIComponent(next)}#${anchor}">${t('portal.more')}</a>`;
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
  const { program, t, rewards } = given;
  if (rewards.data.length === 0) return empty(t('portal.noCredits'));
  type Row = (typeof rewards.data)[number];
  const columns: Column<Row>[] = [
    { name: t('portal.column.when'), of: (row) => t.moment(row.created_at) },
    { name: t('portal.column.what'), of: (row) => whatFor(given, row) },
    {
      name: t('portal.column.base'),
      of: ({ base }) => (base?.currency ? t.amount(base.amount, base.currency) : ''),
      kind: 'n',
    },
    { name: t('portal.column.rate'), of: ({ rate }) => (rate === null ? '' : t.rate(rate)), kind: 'n' },
    {
      name: t('portal.column.amount'),
      of: (row) => html`<strong>${t.amount(row.amount, row.unit, program)}</strong>`,
      kind: 'n',
    },
    {
      name: t('portal.column.status'),
      of: (row) =>
        html`${badge(t(`portal.status.${row.status}`), row.status)} <span class="soft">${whyOf(given, row)}</span>`,
      kind: 'long',
    },
  ];
  return html`${table(t('portal.credits'), columns, rewards.data)}${pager(given, 'rewards', 'credits', rewards.next_cursor)}`;
}

/** The rule's kind; a rule that is no longer in the file was one of the most common kind. */
function whatFor({ program, t }: Home, { rule, to }: Home['rewards']['data'][number]): string {
  const when = program.rules.find(({ name }) => name === rule)?.when ?? 'signup';
  return to === 'referee' && when !== 'rank' ? t(`portal.forReferee.${when}`) : t(`portal.forReferrer.${when}`);
}

/** Why it is so, and until when. */
function whyOf(given: Home, row: Home['rewards']['data'][number]): string {
  const { program, t } = given;
  const said: string[] = [];
  if (row.status === 'pending' && row.vests_at !== null)
    said.push(t('portal.usableFrom', { date: t.dayText(row.vests_at) }));
  else if (row.status !== 'credited' && row.status !== 'failed' && row.reason !== null)
    said.push([t.find(`portal.reason.${row.reason}`) ?? t.word(row.reason), waitsUntil(given, row)].join(''));
  if (row.status === 'credited' && row.credited_at !== null)
    said.push(t('portal.creditedOn', { date: t.dayText(row.credited_at) }));
  if (row.status === 'credited' && row.expires_at !== null)
    said.push(t('portal.expires', { date: t.dayText(row.expires_at) }));
  if (row.reversed_amount > 0)
    said.push(t('portal.takenBack', { amount: t.amount(row.reversed_amount, row.unit, program) }));
  return said.join(', ');
}

/** The day of what is decided by the calendar. */
function waitsUntil({ program, t }: Home, { status, reason, created_at: at }: Home['rewards']['data'][number]): string {
  if (status !== 'pending') return '';
  const made = new Date(at);
  if (reason === 'settling') {
    const first = new Date(Date.UTC(made.getUTCFullYear(), made.getUTCMonth() + 1, 1));
    return `, ${t('portal.creditedOn', { date: t.dayText(first) })}`;
  }
  if (reason !== 'qualifying' || program.qualify?.within === undefined) return '';
  return `, ${t('portal.until', { date: t.dayText(new Date(made.getTime() + program.qualify.within)) })}`;
}

export function referrals(given: Home): Html {
  const { program, t, referrals: shown } = given;
  if (shown.data.length === 0) return empty(t('portal.noReferrals'));
  type Row = (typeof shown.data)[number];
  const columns: Column<Row>[] = [
    { name: t('portal.column.person'), of: ({ email }) => email ?? t('portal.someone'), kind: 'long' },
    {
      name: t('portal.column.status'),
      of: (row) =>
        html`${badge(t(`portal.referralStatus.${row.status}`), row.status)} ${row.first_paid_at !== null && badge(t('portal.paid'), 'credited')}`,
    },
    {
      name: t('portal.column.channel'),
      of: ({ channel, campaign }) => [channel, campaign].filter((each) => each !== null).join(', '),
    },
    {
      name: t('portal.column.earned'),
      of: ({ earned }) => html`${earned.map(({ amount, unit }) => html`${t.amount(amount, unit, program)}<br>`)}`,
      kind: 'n',
    },
    { name: t('portal.column.when'), of: (row) => t.day(row.created_at) },
  ];
  return html`${table(t('portal.referrals'), columns, shown.data)}${pager(given, 'referrals', 'referrals', shown.next_cursor)}`;
}

export function invites({ t, invites: shown }: Home): Html | undefined {
  if (!shown || shown.data.length === 0) return undefined;
  type Row = NonNullable<Home['invites']>['data'][number];
  const columns: Column<Row>[] = [
    { name: t('portal.column.person'), of: ({ email }) => email ?? t('portal.someone'), kind: 'long' },
    { name: t('portal.column.status'), of: ({ status }) => badge(t(`portal.inviteStatus.${status}`), status) },
    { name: t('portal.column.when'), of: (row) => t.day(row.created_at) },
  ];
  return table(t('portal.invites'), columns, shown.data);
}

export function links({ t, links: shown }: Home): Html {
  if (shown.data.length === 0) return empty(t('portal.noLinks'));
  type Row = (typeof shown.data)[number];
  const columns: Column<Row>[] = [
    {
      name: t('portal.column.channel'),
      of: ({ channel, campaign }) =>
        html`<strong>${channel ?? '–'}</strong> <span class="soft">${campaign ?? ''}</span>`,
      kind: 'long',
    },
    {
      name: t('portal.column.link'),
      of: ({ url, code }) =>
        html`<div class="copy small"><input id="l-${code}" aria-label="${t('portal.column.link')} ${code}" readonly value="${url}"><button type="button" data-copy="#l-${code}" data-copied="${t('portal.copied')}">${t('portal.copy')}</button></div>`,
    },
    { name: t('portal.column.uses'), of: ({ clicks }) => t.count(clicks), kind: 'n' },
    { name: t('portal.column.signups'), of: ({ signups }) => t.count(signups), kind: 'n' },
  ];
  return table(t('portal.links'), columns, shown.data);
}

export function keys({ t, keys: shown, base }: Home): Html {
  const live = shown.data.filter((key) => key.revoked_at === null);
  if (live.length === 0) return empty(t('portal.noKeys'));
  const columns: Column<(typeof live)[number]>[] = [
    {
      name: t('portal.column.name'),
      of: ({ prefix, name }) => html`<code>${prefix}…</code> ${name ?? ''}`,
      kind: 'long',
    },
    { name: t('portal.column.when'), of: (key) => t.day(key.created_at) },
    {
      name: t('portal.column.status'),
      of: ({ id }) =>
        html`<form method="post" action="${base}/keys/revoke"><input type="hidden" name="id" value="${id}"><button class="plain">${t('portal.revoke')}</button></form>`,
    },
  ];
  return table(t('portal.keys'), columns, live);
}

export function leaderboard({ t, board: shown }: Home): Html | undefined {
  if (!shown || shown.data.length === 0) return empty(t('portal.nobody'));
  type Row = NonNullable<Home['board']>['data'][number];
  const columns: Column<Row>[] = [
    { name: t('portal.column.rank'), of: ({ rank }) => t.count(rank), kind: 'n' },
    {
      name: t('portal.column.name'),
      of: ({ name, is_me: isMe }) => html`${name} ${isMe && badge(t('portal.you'), 'credited')}`,
      kind: 'long',
    },
    { name: t('portal.column.signups'), of: ({ signups }) => t.count(signups), kind: 'n' },
  ];
  return table(t('portal.leaderboard', { month: t.month(shown.period.from) }), columns, shown.data);
}
