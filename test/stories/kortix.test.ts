/** What seeds/kortix promises of its credits: both sides, the lifetime cap, refreshed codes. Amounts in cents. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Story } from '../support/referrals.ts';
import { TestService } from '../support/service.ts';

let service: TestService;
let story: Story;

async function start(edit = (yaml: string) => yaml): Promise<void> {
  service = await TestService.start({ program: 'kortix', edit });
  story = await Story.of(service);
  await story.signUp('ref', 'ref@example.com');
}

beforeEach(async () => {
  await start();
});

afterEach(async () => {
  expect(await story.isSound()).toBe(true);
  await service.stop();
});

async function referPeople(count: number, from = 1): Promise<void> {
  const referral_code = await service.codeOf('ref');
  await story.tell(
    ...Array.from({ length: count }, (_, i) => {
      const member_id = `user${from + i}`;
      return ['member.created', { member_id, email: `${member_id}@example.org`, referral_code }] as const;
    }),
  );
}

test('both sides get $1.00 when the friend has signed up', async () => {
  await referPeople(1);
  expect(await story.rewardsOf('ref')).toEqual([['referrer_credit', 'credited', null, 100]]);
  expect(await story.rewardsOf('user1')).toEqual([['referee_credit', 'credited', null, 100]]);
});

describe('the earning limit', () => {
  test('at $99.50 earned the next gives $0.50, the one after nothing, and the friend always $1.00', async () => {
    await service.stop();
    await start((yaml) => yaml.replace('lifetime_cap: 100.00', 'lifetime_cap: 10.50'));
    await referPeople(12);
    const amounts = (await story.rewardsOf('ref')).map((r) => (r as unknown[]).slice(1));
    expect(amounts.slice(9)).toEqual([
      ['credited', null, 100],
      ['credited', null, 50],
      ['rejected', 'cap_reached', 100],
    ]);
    expect(await story.balanceOf('ref')).toBe(1050);
    expect(await story.balanceOf('user12')).toBe(100);
  });

  test('what was taken back frees no room', async () => {
    await service.stop();
    await start((yaml) => yaml.replace('lifetime_cap: 100.00', 'lifetime_cap: 1.00'));
    await referPeople(1);
    const [first] = await service.rewards('&member=ref');
    await service.admin('POST', `/rewards/${first.id}/reverse`, { reason: 'abuse' });
    await referPeople(1, 2);
    expect((await story.rewardsOf('ref')).at(-1)).toEqual(['referrer_credit', 'rejected', 'cap_reached', 100]);
  });

  test('holds within one batch of 400 signups', async () => {
    await referPeople(400);
    expect(await story.balanceOf('ref')).toBe(10_000);
  });
});

describe('a refreshed code', () => {
  async function refresh(): Promise<void> {
    const { no } = service.service.deps.programs.all()[0] ?? { no: 0 };
    await service.service.deps.submit(no, { command: 'code.refresh', memberId: 'ref' });
  }

  test('kills the old one: nobody is referred by it any more', async () => {
    const old = await service.codeOf('ref');
    await refresh();
    await story.signUp('late', 'late@example.org', { referral_code: old });
    expect(await service.rewards()).toEqual([]);
  });

  test('ends the pending referrals of the old one, which are not credited afterwards', async () => {
    const old = await service.codeOf('ref');
    await story.signUp('bob', 'bob@example.org', { referral_code: old, email_verified: false });
    await refresh();
    await story.tell(['member.updated', { member_id: 'bob', email_verified: true }]);
    expect(await story.rewardsOf('bob')).toEqual([['referee_credit', 'rejected', 'code_refreshed', 100]]);
    expect(await story.balanceOf('ref')).toBe(0);
  });
});
