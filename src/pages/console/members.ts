/**
 * Members: the list, and one of them with whom they brought, what they earned, and what an admin may set.
 * Promises: a change goes through the admin API. Must never: find somebody by a part of their address; addresses are
 * encrypted, and found whole or not at all.
 */
import type { Request, Response } from 'express';
import * as z from 'zod';
import { mayAct } from '../../accounts/admin-users.ts';
import { memberCounts, readMember } from '../../http/admin/members.ts';
import { adminRewardPage, member as memberForm } from '../../http/admin/schemas.ts';
import { adminOf } from '../../http/admin-auth.ts';
import type { Deps } from '../../http/deps.ts';
import { NO_PATIENCE_MS } from '../../http/kept.ts';
import { page, pageShape, readPage } from '../../http/pages.ts';
import { Problem } from '../../http/problems.ts';
import { param, type Route } from '../../http/routes.ts';
import { matchEmail } from '../../model/email.ts';
import type { LoadedProgram } from '../../model/program.ts';
import { type Html, html } from '../../texts/html.ts';
import { plain, type Translator, translatorOf } from '../../texts/translator.ts';
import { type Ask, refusalOf } from '../ask.ts';
import { seeOther } from '../send.ts';
import { sendCsv } from './csv.ts';
import { showPage } from './layout.ts';
import * as sql from './members.sql.ts';
import * as parts from './parts.ts';
import { referralTree, SHOWN } from './referral-tree.ts';

type Asker = (req: Request, res: Response) => Ask;
type Query = Readonly<Record<string, string | undefined>>;
type Member = Awaited<ReturnType<typeof readMember>>['facts'];
type Counts = ReturnType<typeof memberCounts>;

const paging = z.object(pageShape);
const text = z.string().max(5000).default('');
const patchForm = z.object({
  program: text,
  rate: text.optional(),
  tier: text.optional(),
  was_rate: text,
  was_tier: text,
  note: text.optional(),
  state: text,
  suspended: text,
  reason: text,
  back: text,
});

export function memberPageRoutes(deps: Deps, asker: Asker): Route[] {
  const common = { answers: 'text/html', credential: 'admin:read' } as const;
  return [
    {
      ...common,
      method: 'get',
      path: '/members',
      summary: 'Members of a program',
      handle: (req, res) => list(deps, req, res),
    },
    {
      ...common,
      method: 'get',
      path: '/members.csv',
      answers: 'text/csv',
      summary: 'The members of a program as a file',
      handle: (req, res) => file(deps, req, res),
    },
    {
      ...common,
      method: 'get',
      path: '/members/:id',
      summary: 'One member',
      handle: (req, res) => show(deps, asker, req, res),
    },
    {
      ...common,
      method: 'post',
      path: '/members/:id',
      credential: 'admin:moderate',
      body: 'form',
      summary: 'An individual rate, a tier, a suspension, a note',
      handle: (req, res) => patch(asker, req, res),
    },
  ];
}

async function file(deps: Deps, req: Request, res: Response): Promise<void> {
  const query = req.query as Query;
  const loaded = parts.programOfPage(deps, query.program || undefined);
  if (!loaded) throw new Problem('unknown_program');
  const filter = { programNo: loaded.no, ...wanted(deps, loaded, query.find) };
  await sendCsv(res, 'members', async (cursor) => {
    const request = readPage({ limit: 100, cursor });
    const rows = await sql.listMembers(deps.pools.knex, filter, request);
    return page(rows, request, placeOf, ({ id: _id, ...row }) => ({ program: loaded.program.program, ...row }));
  });
}

const placeOf = (row: sql.MemberItem) => ({ at: row.created_at, id: row.id });

async function list(deps: Deps, req: Request, res: Response): Promise<void> {
  const t = translatorOf(req);
  const query = req.query as Query;
  const loaded = parts.programOfPage(deps, query.program || undefined);
  if (!loaded) throw new Problem('unknown_program');
  const request = readPage(paging.parse(query));
  const rows = await sql.listMembers(
    deps.pools.knex,
    { programNo: loaded.no, ...wanted(deps, loaded, query.find) },
    request,
  );
  const { data, next_cursor: next } = page(rows, request, placeOf, (row) => row);
  const name = loaded.program.program;
  const columns: parts.Column<sql.MemberItem>[] = [
    { name: t('column.member'), of: (row) => parts.memberLink(t, name, row.member_id), kind: 'long' },
    {
      name: t('column.referredBy'),
      of: (row) => (row.referred_by === null ? '' : parts.memberLink(t, name, row.referred_by)),
      kind: 'long',
    },
    { name: t('column.referredSignups'), of: (row) => t.count(row.completed ?? 0n), kind: 'n' },
    { name: t('column.tier'), of: (row) => row.tier ?? '' },
    {
      name: t('column.state'),
      of: (row) =>
        row.erased_at
          ? parts.badge(t, 'erased')
          : row.suspended_at
            ? parts.badge(t, 'suspended')
            : row.signed_up_at
              ? parts.badge(t, 'signed_up', 'good')
              : parts.badge(t, 'seen'),
    },
    { name: t('column.since'), of: (row) => t.moment(row.created_at) },
  ];
  const shown =
    data.length === 0
      ? parts.empty(t('members.none'), t('members.noneMore'))
      : parts.table(t('nav.members'), columns, data);
  const choices = [{ ...parts.programChoice(t, deps) }, { name: 'find', label: t('members.find') }];
  showPage(req, res, {
    title: t('nav.members'),
    lead: loaded.program.name,
    section: '/admin/members',
    body: html`${parts.filters(t, '/admin/members', { ...query, program: name }, choices)}<div class="card">${shown}${parts.moreOf(t, '/admin/members', query, next, '/admin/members.csv')}</div>`,
  });
}

function wanted({ mail }: Deps, loaded: LoadedProgram, find = ''): Pick<sql.MemberFilter, 'member' | 'emailHash'> {
  const given = find.trim();
  if (given === '' || given.includes('\0')) return { member: undefined, emailHash: undefined };
  const address = given.includes('@') ? matchEmail(given) : undefined;
  if (address === undefined) return { member: given, emailHash: undefined };
  return { member: undefined, emailHash: mail.hashOf(loaded, address.address) };
}

async function show(deps: Deps, asker: Asker, req: Request, res: Response): Promise<void> {
  const t = translatorOf(req);
  const id = param(req, 'id');
  const { program } = req.query as Query;
  const loaded = parts.programOfPage(deps, program);
  if (!loaded) throw new Problem('unknown_program');
  const ask = asker(req, res);
  const name = loaded.program.program;
  const read = readMember(deps, loaded, id);
  const [{ facts: member }, counts, rewards, referred] = await Promise.all([
    read,
    read.then((known) => countsOf(deps, known)),
    ask(adminRewardPage, 'get', '/rewards', { query: { program: name, member: id, limit: '20' } }),
    sql.listReferred(deps.pools.knex, loaded.no, id),
  ]);
  showPage(req, res, {
    title: member.name ?? member.member_id,
    lead: html`${loaded.program.name} · <code>${member.member_id}</code>`,
    section: '/admin/members',
    ...(!counts && { live: 1 }),
    body: html`${!counts && parts.counting(t, req)}<div class="grid">${who(t, member)}${mayAct(adminOf(res).role, 'moderator') && settings(t, loaded, member, mayAct(adminOf(res).role, 'owner'))}</div>
<section class="card"><h2>${t('members.referred', { total: counts ? counts.referrals.total : '…' })}</h2>${await graph(t, deps, loaded, member, counts, referred)}${referredTable(t, name, referred)}</section>
<section class="card"><h2>${t('rewards.title')}</h2>${counts && rewardSums(t, deps, name, counts)}${rewardTable(t, deps, rewards.data)}<p class="more"><a href="/admin/rewards?program=${name}&amp;member=${encodeURIComponent(id)}">${t('members.allRewards')}</a></p></section>`,
  });
}

async function countsOf(
  { countBig }: Deps,
  { referrals, rewards }: Pick<Awaited<ReturnType<typeof readMember>>, 'referrals' | 'rewards'>,
): Promise<Counts | undefined> {
  const [brought, earned] = await Promise.all([
    countBig(...referrals, NO_PATIENCE_MS),
    countBig(...rewards, NO_PATIENCE_MS),
  ]);
  return brought && earned && memberCounts(brought, earned);
}

function rewardSums(t: Translator, deps: Deps, program: string, { rewards }: Counts): Html {
  return html`<p class="row">${rewards.map((each) => html`<span>${parts.badge(t, each.status)} ${t.count(each.count)} · ${parts.amountOf(t, deps, program, each.amount, each.unit)}</span>`)}</p>`;
}

function who(t: Translator, member: Member): Html {
  const by = member.referred_by;
  const lines: (readonly [string, Html | string] | false)[] = [
    member.suspended && [
      t('members.suspended'),
      html`${parts.badge(t, 'suspended')} ${t.word(member.suspended_reason ?? '')}`,
    ],
    [
      t('field.email'),
      html`${member.email ?? '–'} ${member.email_verified === true && parts.badge(t, 'verified', 'good')}`,
    ],
    [t('column.code'), html`<code>${member.code ?? '–'}</code>`],
    [
      t('column.referredBy'),
      by
        ? html`${parts.memberLink(t, member.program, by.member_id)} ${parts.badge(t, by.status)} <span class="soft">${by.reason === null ? '' : t.word(by.reason)}</span>`
        : t('members.byNobody'),
    ],
    [t('column.since'), t.moment(member.created_at)],
    member.first_paid_at !== null && [t('column.firstPaid'), t.moment(member.first_paid_at)],
    member.tier !== null && [t('column.tier'), member.tier],
    member.rate !== null && [t('members.ownRate'), t.rate(member.rate)],
    member.org_id !== null && [t('members.organization'), member.org_id],
    member.customers.length > 0 && [
      t('members.customers'),
      html`${member.customers.map((each) => html`<code>${each}</code><br>`)}`,
    ],
    member.note !== null && [t('members.note'), member.note],
    member.erased_at !== null && [t('members.erased'), t.moment(member.erased_at)],
  ];
  const shown = lines.filter((line) => line !== false);
  return html`<section class="card"><h2>${t('members.who')}</h2><dl class="facts">${shown.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></section>`;
}

function settings(t: Translator, { program }: LoadedProgram, member: Member, isOwner: boolean): Html | undefined {
  if (member.erased_at !== null) return undefined;
  const tiers = program.tiers.map(
    ({ name }) => html`<option${name === member.tier && html` selected`}>${name}</option>`,
  );
  return html`<section class="card"><h2>${t('members.settings')}</h2><form method="post" action="/admin/members/${encodeURIComponent(member.member_id)}">
<input type="hidden" name="program" value="${member.program}"><input type="hidden" name="state" value="1">
<input type="hidden" name="was_rate" value="${member.rate ?? ''}"><input type="hidden" name="was_tier" value="${member.tier ?? ''}">
${isOwner && html`<div class="field"><label for="rate">${t('members.ownRate')}</label><input id="rate" name="rate" value="${member.rate ?? ''}" placeholder="7.5%"><small>${t('members.ownRateMore')}</small></div>`}
${isOwner && tiers.length > 0 && html`<div class="field"><label for="tier">${t('column.tier')}</label><select id="tier" name="tier"><option value="">${t('members.tierEarned')}</option>${tiers}</select></div>`}
<div class="field"><label for="note">${t('members.note')}</label><textarea id="note" name="note" maxlength="5000">${member.note ?? ''}</textarea></div>
<div class="field"><label class="row"><input type="checkbox" name="suspended"${member.suspended && html` checked`}> ${t('members.suspend')}</label></div>
<div class="field"><label for="reason">${t('members.suspendReason')}</label><input id="reason" name="reason" value="${member.suspended_reason ?? ''}" maxlength="1000"></div>
<button class="first">${t('save')}</button></form></section>`;
}

/** Those who brought others come first, then the newest. */
async function graph(
  t: Translator,
  { pools }: Deps,
  { no, program }: LoadedProgram,
  member: Member,
  counts: Counts | undefined,
  rows: readonly sql.ReferredRow[],
): Promise<Html | undefined> {
  const { referred_by: by } = member;
  if (!counts || (!by && rows.length === 0)) return undefined;
  const first = rows.toSorted((a, b) => Number((b.referred ?? 0n) - (a.referred ?? 0n))).slice(0, SHOWN.first);
  const people = first.map((row) => row.person_id);
  const inTurn = await sql.listInTurn(pools.knex, no, people, SHOWN.second);
  const brought = first.map(({ person_id: id, member_id: name, status }) => {
    const those = inTurn.filter((row) => row.referrer_id === id);
    const leaves = those.map((row) => ({ member: row.member_id, status: row.status }));
    return { member: name, status, brought: leaves, more: (those[0]?.total ?? 0) - those.length };
  });
  return referralTree(t, {
    program: program.program,
    member: member.member_id,
    status: by?.status ?? 'completed',
    by: by ? { member: by.member_id, status: 'completed' } : undefined,
    brought,
    more: Math.max(0, counts.referrals.total - first.length),
  });
}

function referredTable(t: Translator, program: string, rows: readonly sql.ReferredRow[]): Html {
  if (rows.length === 0) return parts.empty(t('members.nobody'));
  return parts.fileTable(
    t,
    t('members.referredPeople'),
    [
      { name: t('column.member'), of: (row) => parts.memberLink(t, program, row.member_id), kind: 'long' },
      {
        name: t('column.state'),
        of: (row) =>
          html`${parts.badge(t, row.status)} <span class="soft">${row.reason === null ? '' : t.word(row.reason)}</span>`,
      },
      { name: t('column.code'), of: (row) => html`<code>${row.code}</code>`, kind: 'nowrap' },
      { name: t('members.inTurn'), of: (row) => t.count(row.referred ?? 0n), kind: 'n' },
      { name: t('column.firstPaid'), of: (row) => (row.first_paid_at ? t.day(row.first_paid_at) : '') },
      { name: t('members.referredOn'), of: (row) => t.day(row.created_at) },
    ],
    rows,
  );
}

function rewardTable(t: Translator, deps: Deps, rewards: z.output<typeof adminRewardPage>['data']): Html {
  if (rewards.length === 0) return parts.empty(t('members.noRewards'));
  const columns: parts.Column<(typeof rewards)[number]>[] = [
    { name: t('column.reward'), of: (each) => parts.rewardLink(each.id), kind: 'nowrap' },
    { name: t('column.rule'), of: (each) => plain(each.rule) },
    { name: t('members.from'), of: (each) => parts.memberLink(t, each.program, each.referee_id), kind: 'long' },
    {
      name: t('column.amount'),
      of: (each) => parts.amountOf(t, deps, each.program, each.amount, each.unit),
      kind: 'n',
    },
    { name: t('column.state'), of: (each) => parts.rewardState(t, each), kind: 'nowrap' },
    { name: t('column.made'), of: (each) => t.moment(each.created_at) },
  ];
  return parts.fileTable(t, t('rewards.title'), columns, rewards);
}

async function patch(asker: Asker, req: Request, res: Response): Promise<void> {
  const id = param(req, 'id');
  const given = patchForm.parse(req.body ?? {});
  const { program, rate, tier, note, state, suspended, reason, back } = given;
  const body = {
    // What was not changed is not set: a tier that was earned does not become one that was given.
    ...(rate !== undefined && rate !== given.was_rate && { rate: rate.trim() || null }),
    ...(tier !== undefined && tier !== given.was_tier && { tier: tier || null }),
    ...(note !== undefined && { note: note.trim() || null }),
    // An empty box sends nothing, so the form says that it had one.
    ...(state !== '' && {
      suspended: suspended !== '',
      suspended_reason: suspended === '' ? null : reason.trim() || null,
    }),
  };
  const ask = asker(req, res);
  const refused = await refusalOf(() =>
    ask(memberForm, 'patch', '/members/:id', { params: { id }, query: { program }, body }),
  );
  const told = refused ? { code: refused.code } : { done: 'saved' };
  seeOther(res, back === 'overview' ? '/admin' : `/admin/members/${encodeURIComponent(id)}`, { program, ...told });
}
