// A month of the fund: on the first it is divided by lines, kept, rolled over and paid, each cent once.
import { writeFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { attribute } from '../../src/fund/attribute.ts';
import { sbomOf } from '../../src/fund/funding.ts';
import { nextRun, runMonth } from '../../src/fund/run.ts';
import type { Fund } from '../../src/model/program.ts';
import { type FundScene, startFund } from './scene.ts';

let scene: FundScene;
afterEach(() => scene.stop());

const ANN_MAIL = 'ann@dev.example';
const BEN_MAIL = 'Ben@dev.example';

test('a share of what referred members paid goes to the authors of the release, on the first, by weighted lines', async () => {
  scene = await startFund();
  await scene.contributor('ann', ANN_MAIL);
  await scene.contributor('ben', BEN_MAIL);
  await scene.paid('pay_1', 119_000, { tax: 19_000 });
  await scene.paid('pay_2', 50_000, { member_id: 'alice' });
  await scene.to('2026-05-31T23:59:59Z');
  expect(await scene.accounts()).toEqual({});
  await scene.to('2026-06-01T00:00:00Z');
  // 25 % of 1,000.00, as 150 to 40.
  expect(await scene.accounts()).toEqual({ fund_revenue: -25_000, 'fund_paid ann': 19_737, 'fund_paid ben': 5_263 });
  expect(scene.sink.faults).toEqual([]);
  const sent = scene.sink.requests.map(({ key, body }) => ({ key, ...JSON.parse(body) }));
  expect(sent).toHaveLength(2);
  // They are sent side by side.
  expect(sent.find(({ data }) => data.github_username === 'ann')).toMatchObject({
    key: expect.stringMatching(/^fund:claudexia:2026-05:\d+$/),
    type: 'payout.create',
    data: { github_username: 'ann', amount: 19_737, currency: 'usd', month: '2026-05', details: { iban: 'DE-ann' } },
  });
  expect(await scene.service.isBalanced()).toBe(true);
});

test('whatever runs again changes nothing', async () => {
  scene = await startFund();
  await scene.contributor('ann', ANN_MAIL);
  await scene.paid('pay_1', 100_000);
  await scene.to('2026-06-01T00:00:00Z');
  const before = await scene.accounts();
  await Promise.all([1, 2, 3].map(() => scene.service.service.runDue(scene.loaded.no)));
  await scene.to('2026-06-20T00:00:00Z');
  expect(await scene.accounts()).toEqual(before);
  expect(scene.sink.posts()).toBe(1);
});

test('less than the minimum rolls over until it is enough', async () => {
  scene = await startFund();
  await scene.contributor('ann', ANN_MAIL);
  await scene.contributor('ben', BEN_MAIL);
  await scene.paid('pay_1', 60_000);
  await scene.to('2026-06-01T00:00:00Z');
  expect(await scene.accounts()).toMatchObject({ 'fund_paid ann': 11_842, 'fund_owed ben': 3_158 });
  await scene.paid('pay_2', 60_000);
  await scene.to('2026-07-01T00:00:00Z');
  expect(await scene.accounts()).toEqual({ fund_revenue: -30_000, 'fund_paid ann': 23_684, 'fund_paid ben': 6_316 });
});

describe('who has not registered', () => {
  test('has their share kept, and is owed it when they come', async () => {
    scene = await startFund();
    await scene.contributor('ann', ANN_MAIL);
    await scene.paid('pay_1', 100_000);
    await scene.to('2026-06-01T00:00:00Z');
    expect(await scene.accounts()).toMatchObject({ 'fund_paid ann': 19_737, fund_kept: 5_263 });
    await scene.contributor('ben', BEN_MAIL);
    expect(await scene.accounts()).toMatchObject({ 'fund_owed ben': 5_263 });
    await scene.to('2026-07-01T00:00:00Z');
    expect(await scene.accounts()).toEqual({ fund_revenue: -25_000, 'fund_paid ann': 19_737, 'fund_paid ben': 5_263 });
  });

  test('and does not come in time leaves it to the fund, whose next month divides it', async () => {
    scene = await startFund({ more: '  keep_unregistered: 45d' });
    await scene.contributor('ann', ANN_MAIL);
    await scene.paid('pay_1', 100_000);
    await scene.to('2026-07-01T00:00:00Z');
    expect(await scene.accounts()).toMatchObject({ fund_kept: 5_263 });
    await scene.to('2026-08-01T00:00:00Z');
    // 45 days after the first of June: it came back, and Ben keeps a part of it anew.
    expect(await scene.accounts()).toEqual({
      fund_revenue: -25_000,
      'fund_paid ann': 19_737,
      'fund_owed ann': 4_155,
      fund_kept: 1_108,
    });
  });
});

test('who gave no payout details is attributed all the same, and paid when they do', async () => {
  scene = await startFund();
  await scene.contributor('ann', ANN_MAIL, null);
  await scene.paid('pay_1', 100_000);
  await scene.to('2026-06-01T00:00:00Z');
  expect(await scene.accounts()).toMatchObject({ 'fund_owed ann': 19_737 });
  expect(scene.sink.posts()).toBe(0);
});

test('a refund after the payout makes the next months smaller, and nobody owes anything', async () => {
  scene = await startFund();
  await scene.contributor('ann', ANN_MAIL);
  await scene.paid('pay_1', 100_000);
  await scene.to('2026-06-01T00:00:00Z');
  await scene.service.tell('payment.refunded', { refund_id: 're_1', payment_id: 'pay_1', amount: 100_000 });
  await scene.paid('pay_2', 60_000);
  await scene.to('2026-07-01T00:00:00Z');
  expect(await scene.accounts()).toMatchObject({ fund_revenue: -25_000 });
  await scene.paid('pay_3', 60_000);
  await scene.to('2026-08-01T00:00:00Z');
  // 1,200.00 were paid and stayed; 1,000.00 of it were counted before.
  expect(await scene.accounts()).toMatchObject({ fund_revenue: -30_000 });
});

test('a payment that is told late counts in the month that hears of it', async () => {
  scene = await startFund();
  await scene.to('2026-06-01T00:00:00Z');
  await scene.paid('pay_1', 40_000, { paid_at: '2026-05-20T00:00:00Z' });
  await scene.paid('pay_2', 40_000);
  await scene.to('2026-07-01T00:00:00Z');
  expect(await scene.accounts()).toMatchObject({ fund_revenue: -20_000 });
});

test('of two that run a month at once one runs it, and the other finds it run', async () => {
  scene = await startFund({ payout: 'csv' });
  await scene.paid('pay_1', 100_000);
  const { ports } = scene.service.service.deps.fund;
  const fund = scene.loaded.program.fund as Fund;
  const lines = await attribute(fund, await sbomOf(scene.sbom), { folder: scene.service.dir });
  const over = { ...ports, now: async () => new Date('2026-06-01T00:00:00Z') };
  await nextRun(over, scene.loaded, fund);
  const sbom = { file: '', format: '', hash: '', components: [] };
  const run = () =>
    runMonth(over, { loaded: scene.loaded, fund, month: '2026-05', sbom, lines, dryRun: false }, async () => {});
  const ran = await Promise.all([run(), run(), run()]);
  expect(ran.map(({ isNew }) => isNew).sort()).toEqual([false, false, true]);
  expect(await scene.accounts()).toEqual({ fund_revenue: -25_000, fund_kept: 25_000 });
});

test('a fund whose currency was changed between months pays nobody, and says why', async () => {
  scene = await startFund();
  await scene.contributor('ann', ANN_MAIL);
  await scene.paid('pay_1', 100_000);
  await scene.to('2026-06-01T00:00:00Z');
  const { fund } = scene.loaded.program;
  const inEuro = { ...(fund as Fund), currency: 'eur' };
  const { ports } = scene.service.service.deps.fund;
  const sbom = { file: '', format: '', hash: '', components: [] };
  const run = { loaded: scene.loaded, fund: inEuro, month: '2026-06', sbom, lines: [], dryRun: true };
  await expect(runMonth(ports, run, async () => {})).rejects.toThrow(
    'unit.currency: is eur, and 2026-05 was run in usd: a fund keeps its currency',
  );
  // The same in dollars is no fault.
  await runMonth(ports, { ...run, fund: fund as Fund }, async () => {});
});

describe('a fault of the input stops the run before anybody is paid', () => {
  test.each([
    ['a broken SBOM', '{"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[{"name":3}]}'],
    ['an SBOM without the component', '{"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[]}'],
    ['no JSON', 'components: none'],
  ])('%s', async (_what, text) => {
    scene = await startFund();
    await scene.contributor('ann', ANN_MAIL);
    await scene.paid('pay_1', 100_000);
    writeFileSync(scene.sbom, text);
    await scene.to('2026-06-03T00:00:00Z');
    expect(await scene.accounts()).toEqual({});
    expect(await scene.rows('select from fund_runs')).toEqual([]);
    expect(scene.sink.posts()).toBe(0);
  });
});

describe('a sink that', () => {
  test('fails for a while pays once, by the same key and bytes', async () => {
    scene = await startFund();
    await scene.contributor('ann', ANN_MAIL);
    await scene.paid('pay_1', 100_000);
    scene.sink.next = ['error_after', 'reset'];
    await scene.to('2026-06-01T00:00:00Z');
    expect(await scene.accounts()).toMatchObject({ 'fund_owed ann': 19_737 });
    await scene.to('2026-06-01T12:00:00Z');
    expect(await scene.accounts()).toMatchObject({ 'fund_paid ann': 19_737 });
    const [key = ''] = new Set(scene.sink.requests.map((each) => each.key));
    expect(scene.sink.applied(key)).toBe(1);
    expect(new Set(scene.sink.requests.map((each) => each.body)).size).toBe(1);
    expect(scene.sink.faults).toEqual([]);
  });

  test('refuses leaves it owed, and the next month pays all of it', async () => {
    scene = await startFund();
    await scene.contributor('ann', ANN_MAIL);
    await scene.paid('pay_1', 100_000);
    scene.sink.next = ['refuse'];
    await scene.to('2026-06-02T00:00:00Z');
    expect(await scene.accounts()).toMatchObject({ 'fund_owed ann': 19_737 });
    await scene.paid('pay_2', 100_000);
    await scene.to('2026-07-01T00:00:00Z');
    expect(await scene.accounts()).toMatchObject({ 'fund_paid ann': 39_474 });
  });
});
