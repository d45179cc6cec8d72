// The fund as an operator runs it from the command line, paid by CSV.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type FundScene, startFund } from './scene.ts';

/** Each command is a process; on a busy machine one takes two seconds to begin. */
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let scene: FundScene;
let folder: string;

beforeAll(async () => {
  scene = await startFund({ payout: 'csv' });
  folder = mkdtempSync(path.join(os.tmpdir(), 'plusone-fund-cli-'));
  await scene.contributor('ann', 'ann@dev.example', { iban: '=DE 89', holder: 'Ann "A." Author' });
  await scene.paid('pay_1', 100_000);
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await scene.stop();
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function cli(...args: string[]): Promise<Ran> {
  const { env } = scene.service.service;
  const settings = {
    ...env.raw,
    PATH: process.env.PATH,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    HOME: folder,
    DATA_DIR: scene.service.dir,
  };
  return new Promise((resolve) => {
    execFile(process.execPath, ['src/cli.ts', ...args], { env: settings as NodeJS.ProcessEnv }, (error, out, err) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, out, err }),
    );
  });
}

const plain = (text: string) => text.replace(/ +/g, ' ');

test('a dry run prints the table and changes nothing', async () => {
  const dry = await cli('fund', 'run', '--dry-run');
  expect(dry).toMatchObject({
    code: 0,
    err: expect.stringContaining('dry run: nothing was written, and 2026-05 is not over'),
  });
  expect(plain(dry.out)).toContain('ann 90 150 197.37 ');
  expect(plain(dry.out)).toContain('b***@dev.example 20 40 52.63 not registered; kept until ');
  expect(plain(dry.out)).toContain('app machine dependabot[bot] 500');
  expect(await scene.rows('select from fund_runs union all select from fund_payouts')).toEqual([]);
  expect(await scene.rows("select from ledger_transactions where kind like 'fund%'")).toEqual([]);
});

test('a month is run once, when it is over, and what it pays is exported until it is settled', async () => {
  expect(await cli('fund', 'run')).toMatchObject({
    code: 1,
    err: '2026-05: is not over; --dry-run shows what it would be\n',
  });
  await scene.to('2026-05-31T23:59:59.999Z');
  // Without fund.sbom in the file the month would be run by hand; here the service has done it.
  await scene.to('2026-06-01T00:00:00Z');
  const again = await cli('fund', 'run', '--month', '2026-05', '--json');
  expect(again.err).toContain('2026-05 had its run before; nothing was changed');
  const report = JSON.parse(again.out);
  expect(report).toMatchObject({ month: '2026-05', base: 100_000, granted: 25_000, distributed: 25_000 });
  expect(report.contributors.map((each: { share: number }) => each.share)).toEqual([19_737, 5_263]);

  const first = await cli('fund', 'export');
  const [{ id }] = (await scene.rows('select id from fund_payouts')) as [{ id: bigint }];
  const head = 'payout_id,idempotency_key,github_username,month,amount,currency,holder,iban';
  const key = expect.stringMatching(/^fund:claudexia:2026-05:\d+$/);
  const [names, line = ''] = first.out.split('\r\n');
  expect(names).toBe(head);
  expect(line.split(',')).toEqual([
    `po_${id}`,
    key,
    'ann',
    '2026-05',
    '197.37',
    'usd',
    '"Ann ""A."" Author"',
    "'=DE 89",
  ]);
  const file = path.join(folder, 'payouts.csv');
  await cli('fund', 'export', '--output', file);
  expect(readFileSync(file, 'utf8')).toBe(first.out);
  expect(statSync(file).mode & 0o777).toBe(0o600);

  const settled = await cli('fund', 'settle', `po_${id}`, 'paid', '--reference', 'SEPA-7');
  expect(settled).toMatchObject({ code: 0, out: `po_${id}: paid\n` });
  expect(await cli('fund', 'settle', `po_${id}`, 'paid')).toMatchObject({ code: 0 });
  expect(await cli('fund', 'settle', `po_${id}`, 'refused')).toMatchObject({
    code: 1,
    err: expect.stringContaining('it is settled'),
  });
  expect(await scene.accounts()).toMatchObject({ 'fund_paid ann': 19_737 });
  expect((await cli('fund', 'export')).out.split('\r\n')).toEqual([expect.any(String), '']);
  expect((await cli('verify')).code).toBe(0);
});

test('a report by contributor, repository, component and line, as CSV', async () => {
  expect((await cli('fund', 'report', '--csv', 'lines')).out).toBe(
    'contributor,repository,component,weight,lines\r\nann,app,core,2,60\r\nann,app,docs,1,30\r\nb***@dev.example,app,core,2,20\r\n',
  );
  expect((await cli('fund', 'report', '--csv', 'components')).out).toBe(
    'component,lines,weighted_lines,contributors\r\ncore,80,160,2\r\ndocs,30,30,1\r\n',
  );
  expect((await cli('fund', 'report', '--csv', 'nonsense')).err).toMatch(/^--csv must be one of contributors, /);
});

test('a contributor is registered, answers the mail, and says where to pay without it being readable', async () => {
  const ran = await cli('contributor', 'register', '--github-username', 'ben-builder', '--email', 'Ben@dev.example');
  expect(ran).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^con_\d+: a challenge is mailed to Ben@dev\.example\n$/),
  });
  await scene.to('2026-06-02T00:00:00Z');
  const outbox = path.join(scene.service.dir, 'outbox');
  const [mail = ''] = readdirSync(outbox);
  const text = readFileSync(path.join(outbox, mail), 'utf8').replaceAll('=\r\n', '').replaceAll('=3D', '=');
  expect(text).toMatch(/To: ben@dev\.example/);
  const [, code = ''] = /fund\/confirm\/([\w.-]+)/.exec(text) ?? [];
  expect((await cli('contributor', 'confirm', `${code.slice(0, -1)}x`)).err).toMatch(/^this is no challenge of ours/);
  expect((await cli('contributor', 'confirm', code)).out).toMatch(/^ben-builder is a contributor/);
  expect((await cli('contributor', 'confirm', code)).code).toBe(0);
  expect(await scene.accounts()).toMatchObject({ 'fund_owed ben-builder': 5_263 });

  const details = path.join(folder, 'details.json');
  writeFileSync(details, '{"iban":"DE02"}');
  expect((await cli('contributor', 'details', 'ben-builder', '--file', details)).out).toContain('kept, encrypted');
  const list = await cli('contributor', 'list', '--json');
  expect(JSON.parse(list.out)[1]).toMatchObject({
    github_username: 'ben-builder',
    has_details: true,
    owed: 5_263,
    addresses: 1,
  });
  expect(list.out).not.toContain('DE02');
});

test.each([
  [['contributor', 'register', '--github-username', '-x'], /^--github-username: -x is no name that GitHub allows/],
  [['contributor', 'register', '--github-username', 'x'], /^name the address that the commits carry with --email/],
  [
    ['contributor', 'register', '--github-username', 'Ann', '--email', 'a@b.example'],
    /^somebody has registered under this name/,
  ],
  [['contributor', 'details', 'nobody', '--remove'], /^there is no contributor nobody/],
  [['fund', 'run', '--month', '2026-13'], /^--month must be a month/],
  [['fund', 'run', '--month', '2026-09'], /^2026-09: the next month to run is 2026-06/],
  [['fund', 'run', '--dry-run', '--sbom', '/nowhere.json'], /^\/nowhere\.json: cannot be read: ENOENT/],
  [['fund', 'settle', 'po_1', 'paid'], /^po_1: there is no such payout/],
  [['fund', 'sbom', '/nowhere'], /^\/nowhere: npm sbom: /],
])('%j fails with one line', async (args, reason) => {
  const ran = await cli(...args);
  expect(ran).toMatchObject({ code: 1, out: '', err: expect.stringMatching(reason) });
  expect(ran.err.trimEnd().split('\n')).toHaveLength(1);
});

test('an SBOM of an npm project is made, and can be read', async () => {
  const file = path.join(folder, 'sbom.json');
  for (const format of ['cyclonedx', 'spdx']) {
    expect(await cli('fund', 'sbom', '--format', format, '--output', file)).toMatchObject({ code: 0, err: '' });
    expect(readFileSync(file, 'utf8')).toContain('pkg:npm/commander@');
  }
});
