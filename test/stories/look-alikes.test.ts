/** Who refers themselves is found by whatever they share; who only looks like it is held at most. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Story } from '../support/referrals.ts';
import { TestService } from '../support/service.ts';
import { sized } from '../support/sized.ts';

let service: TestService;
let story: Story;

beforeEach(async () => {
  service = await TestService.start({
    edit: (yaml) =>
      yaml.replace(
        /^ {2}velocity:.*\n {2}same_ip:.*$/m,
        `  self_referral: { match: [ip, subnet, fingerprint, instrument], then: suspend }
  same_ip: { then: deny }`,
      ),
  });
  story = await Story.of(service);
});
afterEach(async () => {
  expect(await story.isSound()).toBe(true);
  await service.stop();
});

type Account = { email: string; ip?: string; fingerprint?: string; card?: string };
type Pair = readonly [referrer: Account, referee: Account];

async function codesOf(): Promise<Map<string, string>> {
  const { rows } = await service.service.pools.general.query(
    'select p.member_id, c.code from codes c join persons p on p.program_no = c.program_no and p.id = c.person_id',
  );
  return new Map(rows.map((row) => [row.member_id as string, row.code as string]));
}

/** Each referrer signs up and pays, brings their referee, and the referee pays: `[status, reason]` of the share. */
async function play(pairs: readonly Pair[]): Promise<string[]> {
  const created = (id: string, { card: _, ...account }: Account, more: object = {}) =>
    ['member.created', { member_id: id, ...account, ...more }] as const;
  const paid = (id: string, { card }: Account) =>
    [
      'payment.succeeded',
      { payment_id: `pay_${id}`, member_id: id, amount: 10_000, currency: 'usd', ...(card && { instrument: card }) },
    ] as const;
  await story.tell(...pairs.map(([referrer], i) => created(`r${i}`, referrer)));
  await story.tell(...pairs.map(([referrer], i) => paid(`r${i}`, referrer)));
  const codes = await codesOf();
  await story.tell(...pairs.map(([, referee], i) => created(`e${i}`, referee, { referral_code: codes.get(`r${i}`) })));
  await story.tell(...pairs.map(([, referee], i) => paid(`e${i}`, referee)));
  const rewards = new Map((await service.rewards()).map((r) => [r.source_payment_id, `${r.status} ${r.reason}`]));
  const { body } = await service.admin('GET', `/payments?program=claudexia&earned=false&limit=100`);
  const none = new Map(
    body.data.map((p: { source_payment_id: string; reason: string }) => [p.source_payment_id, `none ${p.reason}`]),
  );
  return pairs.map((_, i) => (rewards.get(`pay_e${i}`) ?? none.get(`pay_e${i}`) ?? 'nothing') as string);
}

const someone = (i: number | string): Account => ({ email: `${i}@domain-${i}.example` });

test('the same mailbox in any spelling, the same card or device: no share, in every one of sixty pairs', async () => {
  const pairs = Array.from({ length: sized(10, 34) }, (_, i): Pair[] => {
    const name = `ann.lee${i}`;
    const own = someone(`a${i}`);
    return [
      [{ email: `${name}@gmail.com` }, { email: `${name}+second@gmail.com` }],
      [{ email: `x.${name}@googlemail.com` }, { email: `xannlee${i}@gmail.com` }],
      [{ email: `Boss${i}@firm${i}.example` }, { email: `bOSS${i}+ref@Firm${i}.example` }],
      [
        { ...own, card: `card_${i}` },
        { ...someone(`b${i}`), card: `card_${i}` },
      ],
      [
        { ...someone(`c${i}`), fingerprint: `device_${i}` },
        { ...someone(`d${i}`), fingerprint: `device_${i}` },
      ],
      [
        { ...someone(`e${i}`), ip: `203.0.113.${i}`, fingerprint: `both_${i}` },
        { ...someone(`f${i}`), ip: `203.0.113.${i}`, fingerprint: `both_${i}` },
      ],
    ];
  }).flat();
  const said = await play(pairs);
  expect(new Set(said)).toEqual(new Set(['rejected self_referral']));
});

const suspensions = async () =>
  (await service.admin('GET', '/audit?program=claudexia&action=member.suspend')).body.data.length;

test('the same network, or the address of an office, holds and does no more', async () => {
  const colleagues = Array.from({ length: 15 }, (_, i) => ({ ...someone(`k${i}`), ip: `198.51.${i % 5}.7` }));
  await story.tell(...colleagues.map((each, i) => ['member.created', { member_id: `k${i}`, ...each }] as const));
  const pairs: Pair[] = Array.from({ length: 5 }, (_, i): Pair[] => [
    [
      { ...someone(`a${i}`), ip: `198.51.${i}.7` },
      { ...someone(`b${i}`), ip: `198.51.${i}.7` },
    ],
    [
      { ...someone(`c${i}`), ip: `192.0.${i + 10}.7` },
      { ...someone(`d${i}`), ip: `192.0.${i + 10}.99` },
    ],
    [
      { ...someone(`e${i}`), ip: `2001:db8:${i}::1` },
      { ...someone(`f${i}`), ip: `2001:db8:${i}:0:ffff::2` },
    ],
  ]).flat();
  expect(new Set(await play(pairs))).toEqual(new Set(['pending held']));
  expect(await suspensions()).toBe(0);
});

test('the same address, where the program file names it, counts as far as it says', async () => {
  const pairs = Array.from(
    { length: 5 },
    (_, i): Pair => [
      { ...someone(`a${i}`), ip: `198.51.${i}.7` },
      { ...someone(`b${i}`), ip: `198.51.${i}.7` },
    ],
  );
  expect(new Set(await play(pairs))).toEqual(new Set(['rejected self_referral']));
  expect(await suspensions()).toBe(5);
});

test('honest people at public mailboxes, universities and on other networks are paid', async () => {
  const pairs: Pair[] = Array.from(
    { length: 20 },
    (_, i): Pair => [
      { email: `anna${i}@gmail.com`, ip: `198.18.${i}.1`, fingerprint: `x${i}`, card: `x${i}` },
      { email: `bert${i}@gmail.com`, ip: `198.19.${i}.1`, fingerprint: `y${i}`, card: `y${i}` },
    ],
  );
  expect(new Set(await play(pairs))).toEqual(new Set(['credited null']));
});
