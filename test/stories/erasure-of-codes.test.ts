// P1, codes: a code made of somebody's name, or chosen by them, is told nowhere once they are erased; nobody else ever
// gets it; whoever came by it keeps what they have, and a replay ends where the first reading did.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freeCode } from '../../src/accounts/codes.ts';
import { sealAudit, sealProgram } from '../../src/jobs/seal.ts';
import { verifySeals } from '../../src/jobs/seal-verify.ts';
import { type HttpTest, startHttp, stripePost } from '../support/http.ts';
import { client, tokenFor } from '../support/member.ts';
import type { PureProgram } from '../support/pure.ts';
import type { TestService } from '../support/service.ts';
import { asOwner, tracesOf } from '../support/traces.ts';
import { Visitor } from '../visits/scene.ts';

const PROGRAM = 'named';
const EMAIL = 'Zoe@quagmire.example';
/** A word that stands elsewhere, too; only where it is a code it is hers. */
const WORD = 'quag';
const CHOSEN = 'Zan-Quagmire7';
const NOW = new Date('2026-05-01T13:00:00Z');

let http: HttpTest;
const codes: string[] = [];
const call = async (method: 'get' | 'post' | 'put' | 'delete', path: string, who?: string, body?: object) =>
  await client(http.app)(method, path, {
    program: PROGRAM,
    ...(who === undefined ? {} : { token: await tokenFor(who) }),
    ...(body && { body }),
  });
const tell = (type: string, data: object, id: string) => http.tell(type, data, id, PROGRAM);
const admin = async (method: 'get' | 'post' | 'patch', path: string, body: object = {}) =>
  (await http.admin(method, `${path}${path.includes('?') ? '&' : '?'}program=${PROGRAM}`).send(body)).body;
const signup = (id: string, more: object) =>
  tell('member.created', { member_id: id, email: `${id}@${id}.example`, ...more }, id);
const paid = (id: string, more: object = {}) =>
  tell(
    'payment.succeeded',
    { payment_id: `p-${id}`, member_id: id, amount: 10_000, currency: 'usd', ...more },
    `p-${id}`,
  );
const no = () => http.deps.programs.byName(PROGRAM)?.no as number;
const stripe = (id: string, type: string, object: object) =>
  stripePost(
    http.app,
    JSON.stringify({ id, object: 'event', type, livemode: false, created: 1_777_000_000, data: { object } }),
    PROGRAM,
  );

const traces = () =>
  tracesOf(http, [...codes.filter((code) => code !== WORD), `code":"${WORD}"`, `ref=${WORD}`, EMAIL, 'zanzibar']);
const dead = (code: string) => call('get', `/codes/${code}`);

/** What others have, whatever codes are called. */
const others = async () => ({
  rewards: (await admin('get', '/rewards')).data.map(({ explain: _, ...each }: { explain: unknown }) => each),
  entries: await asOwner(
    http,
    'select transaction_id, line, person_id, account, amount from ledger_entries order by 1, 2',
  ),
  referrals: await asOwner(
    http,
    'select id, referee_id, referrer_id, carrier, status, reason, flags, created_at, completed_at from referrals order by id',
  ),
  claims: await asOwner(
    http,
    'select k.id, p.member_id, k.carrier, k.outcome, k.at from claims k join persons p on p.id = k.person_id order by k.id',
  ),
});
let before: Awaited<ReturnType<typeof others>>;

beforeAll(async () => {
  http = await startHttp(
    {},
    {},
    {
      [PROGRAM]: `code: { from: name }
auth: { jwt: { secret: "\${JWT_SECRET}" } }
leaderboard: true
api: [hanzo, buywhere, kortix]
`,
    },
  );
  await signup('m-1', { email: EMAIL, name: 'Zanzibar Quagmire' });
  const made = (await call('get', '/me', 'm-1')).body.code;
  expect(made).toMatch(/^ZANZIBAR/);
  await signup('bob', { referral_code: made });
  const visitor = new Visitor(
    { app: http.app, program: PROGRAM, service: { deps: http.deps } } as unknown as TestService,
    'visitor',
    { Origin: 'https://named.example' },
  );
  await visitor.follow(made);
  await visitor.land(made);
  await visitor.claim(made, 'other@else.example');
  const refreshed = (await call('post', '/me/code/refresh', 'm-1')).body.code;
  await signup('carl', { referral_code: refreshed.toLowerCase() });
  await call('put', '/me/code', 'm-1', { code: WORD });
  await signup('dora', { referral_code: WORD });
  await signup(WORD, { name: 'Quag', referral_code: ` ${WORD.toUpperCase()}` });
  await call('put', '/me/code', 'm-1', { code: CHOSEN });
  const link = (await call('post', '/me/links', 'm-1', { channel: 'x', campaign: 'zanzibar' })).body.code;
  codes.push(made, refreshed, WORD, CHOSEN, link);
  await signup('eve', {});
  expect((await call('post', '/claims', 'eve', { code: CHOSEN.toUpperCase() })).status).toBe(200);
  await signup('frank', { referral_code: link });
  await tell('member.created', { member_id: 'frank', email: 'frank@frank.example', referral_code: CHOSEN }, 'frank-2');
  for (const id of ['bob', 'carl', 'dora', 'eve', 'frank', WORD]) await paid(id);
  await signup('gus', {});
  await paid('gus');
  const [lonely] = (await admin('get', '/payments?earned=false&member=gus')).data;
  await http
    .admin('post', `/payments/${lonely.id}/attach`)
    .send({ code: CHOSEN, reason: `wrote that ${CHOSEN} brought him` });
  await stripe('evt_1', 'promotion_code.created', {
    id: 'promo_1',
    object: 'promotion_code',
    code: CHOSEN,
    active: true,
  });
  await stripe('evt_2', 'invoice.noticed', {
    id: 'in_9',
    object: 'invoice',
    lines: [{ description: `Discount ${CHOSEN} (10%)` }],
  });
  const report = await call('post', '/reports', undefined, {
    code: CHOSEN,
    reason: 'incentive_abuse',
    message: `${CHOSEN} is everywhere`,
  });
  expect(report.status).toBe(200);
  await admin('patch', `/codes/${CHOSEN}`, { max_uses: 70 });
  await admin('patch', '/members/bob', { note: `came by ${made}, says he` });
  const [ofBob] = (await admin('get', '/rewards?member=m-1')).data;
  await http.admin('post', `/rewards/${ofBob.id}/reverse`).send({ reason: `not for ${made}` });
  await call('post', '/me/invites', 'm-1', { emails: ['friend@else.example'], note: 'zanzibar' });
  await admin('patch', '/members/m-1', { suspended: true, note: `${CHOSEN} again` });
  await admin('patch', '/members/m-1', { suspended: false });
  await http.deps.advanceClock(NOW);
  await sealProgram(http.pools.general, no(), { now: NOW });
  await sealAudit(http.pools.general, { now: NOW });
  await signup('ann', {});
  await call('put', '/me/code', 'ann', { code: 'ann-was-here' });
  await call('delete', '/me/code', 'ann');
  before = await others();
}, 60_000);
afterAll(() => http.close());

describe('the codes of somebody who is erased', () => {
  test('stand in every place before, so that the search below finds what there is', async () => {
    const found = (await traces()).filter((each) => each.startsWith('public.'));
    const places = [
      'codes.code',
      'codes.code_key',
      'referrals.code_key',
      'referrals.evidence',
      'claims.code_key',
      'visits.code_key',
    ];
    const more = [
      'click_days.code_key',
      'visit_claims.code_key',
      'code_aliases.code_key',
      'reports.code_key',
      'reports.message',
    ];
    const said = [
      'audit_log.reason',
      'audit_log.before',
      'audit_log.after',
      'reward_history.note',
      'persons.note',
      'inbox_events.body',
    ];
    expect(found).toEqual(expect.arrayContaining([...places, ...more, ...said].map((each) => `public.${each}`)));
  });

  test('are told nowhere afterwards; ledger, chains and what others have are what they were', async () => {
    const { erasure_done_at: done } = await admin('post', '/members/m-1/erase', { reason: `by ${CHOSEN}` });
    expect(done).not.toBeNull();
    expect(await traces()).toEqual([]);
    expect(await others()).toEqual(before);
    expect((await http.admin('get', '/ledger/check')).body).toMatchObject({ balanced: true, drift: 0 });
    expect((await verifySeals(http.pools.general)).filter(({ ok }) => !ok)).toEqual([]);
    const bob = await admin('get', '/members/bob');
    expect(bob.referred_by).toMatchObject({ member_id: 'm-1', status: 'completed' });
  });

  test('are answered for as the code of anybody whose code is dead', async () => {
    for (const code of codes) {
      const [told, asAnn] = [await dead(code.toUpperCase()), await dead('ann-was-here')];
      expect([told.status, told.body]).toEqual([asAnn.status, asAnn.body]);
    }
    expect((await dead('never-was')).status).toBe(404);
  });

  test('are never anybody else’s, in whatever case they are written', async () => {
    for (const code of codes) {
      for (const written of [code, code.toLowerCase(), code.toUpperCase()]) {
        expect((await call('put', '/me/code', 'bob', { code: written })).body.code).toBe('code_taken');
      }
    }
    expect((await call('put', '/me/code', 'bob', { code: 'zan-quagmire8' })).status).toBe(200);
  });

  test('bring nobody a reward by an old link or with a late event, which loses the text itself', async () => {
    await signup('hugo', { referral_code: CHOSEN, name: 'Hugo' });
    await paid('hugo');
    await stripe('evt_3', 'promotion_code.updated', {
      id: 'promo_1',
      object: 'promotion_code',
      code: CHOSEN,
      active: false,
    });
    await http.deps.advanceClock(new Date(NOW.getTime() + 60_000));
    expect((await call('post', '/claims', 'hugo', { code: codes[0] as string })).body.code).toBe('code_revoked');
    expect((await admin('get', '/members/hugo')).referred_by).toBeNull();
    const claims = await asOwner(
      http,
      `select distinct k.outcome from claims k join persons p on p.id = k.person_id where p.member_id = 'hugo'`,
    );
    expect(claims).toEqual([{ outcome: 'code_revoked' }]);
    expect((await admin('get', '/rewards?member=m-1')).data).toHaveLength(
      before.rewards.filter((r: { member_id: string }) => r.member_id === 'm-1').length,
    );
    expect(await traces()).toEqual([]);
  });

  test('may be told again by those who came with them, and be replayed, and nothing changes', async () => {
    const then = await others();
    await tell('member.created', { member_id: 'bob', email: 'bob@bob.example', referral_code: codes[0] }, 'bob-again');
    await tell('member.created', { member_id: 'dora', email: 'dora@dora.example', referral_code: WORD }, 'dora-again');
    const { data } = await admin('get', '/events?source=app&limit=100');
    let replayed = 0;
    for (const { id, event_id: eventId } of data) {
      if (!['bob', 'carl', 'dora', 'frank', WORD, 'hugo'].includes(eventId)) continue;
      expect((await http.admin('post', `/events/${id}/replay`)).body.state).toBe('handled');
      replayed++;
    }
    expect(replayed).toBeGreaterThanOrEqual(5);
    const after = await others();
    // Whoever said a second code says it again: each time it is written down as lost.
    const without = ({ claims, ...rest }: typeof after) => ({
      ...rest,
      claims: claims.filter((claim) => !['frank', 'hugo'].includes(claim.member_id)),
    });
    expect(without(after)).toEqual(without(then));
    expect(await traces()).toEqual([]);
    expect((await verifySeals(http.pools.general)).filter(({ ok }) => !ok)).toEqual([]);
  });

  test('that are no words of their own stay in what merely uses the word', async () => {
    const rows = await asOwner(http, `select body from inbox_events where event_id = 'p-${WORD}'`);
    expect(JSON.parse(rows[0].body).data.member_id).toBe(WORD);
  });

  test('are not hidden by anybody’s mistake: the database asks whether the person is erased', async () => {
    const hidden = `erased.${'0'.repeat(24)}`;
    const hide = (code: string) => http.pools.general.query('select hide_codes($1, $2, $3)', [no(), [code], [hidden]]);
    await expect(hide('ann-was-here')).rejects.toThrow('only the code of somebody who is erased');
    await expect(http.pools.general.query(`update claims set code_key = '${hidden}'`)).rejects.toThrow(
      'permission denied',
    );
    await expect(asOwner(http, `update claims set code_key = 'other'`)).rejects.toThrow('append-only');
  });
});

test('a code that would be made anew is passed over where it was an erased member’s', () => {
  const taken = new Set(['erased.zoe1']);
  const world = {
    codes: { get: (key: string) => (taken.has(key) ? {} : undefined) },
  } as unknown as PureProgram['world'];
  const keyed = {
    code: (_: string, __: unknown, attempt: number) => `ZOE${attempt}`,
    hiddenCode: (key: string) => `erased.${key}`,
  };
  const ctx = { keyed } as unknown as Parameters<typeof freeCode>[1];
  expect(freeCode(world, ctx, 'seed', 'Zoe')).toBe('ZOE2');
});
