/** Program files of a service that starts, and of one that runs. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { watchFolder } from '../../src/config/watch-folder.ts';
import { Story } from '../support/referrals.ts';
import { TestService } from '../support/service.ts';

describe('a service that starts', () => {
  const tiers = (yaml: string) => yaml.replace('from: 50, ', 'from: 5,  ');
  const refused: readonly (readonly [string, string, (yaml: string) => string, RegExp])[] = [
    ['an unknown key', 'kortix', (yaml) => `${yaml}refferals: {}\n`, /kortix\.yaml:\d+:1: refferals: unknown key/],
    ['an impossible tier order', 'hanzo', tiers, /hanzo\.yaml:\d+:\d+: tiers\.2\.from: /],
    [
      'a missing variable',
      'kortix',
      (yaml) => yaml.replace('KORTIX_JWT_SECRET', 'KORTIX_JWT'),
      /kortix\.yaml:\d+:\d+: auth\.jwt\.secret: the variable KORTIX_JWT is not set/,
    ],
    [
      'two rules with one key',
      'kortix',
      (yaml) => yaml.replace('referee_credit:', 'referrer_credit:'),
      /kortix\.yaml:\d+:\d+: the key referrer_credit stands here a second time/,
    ],
  ];

  test.each(refused)('is stopped by %s, with file, line and reason', async (_what, program, edit, reason) => {
    await expect(TestService.start({ program, edit })).rejects.toThrow(reason);
  });
});

describe('a service that runs', () => {
  let service: TestService;
  let story: Story;
  afterEach(async () => {
    expect(await story.isSound()).toBe(true);
    await service.stop();
  });

  async function start(): Promise<void> {
    service = await TestService.start({ program: 'kortix' });
    story = await Story.of(service);
    await story.signUp('ref', 'ref@example.com');
  }
  const file = () => path.join(service.dir, 'kortix.yaml');
  const write = (edit: (yaml: string) => string) => writeFileSync(file(), edit(readFileSync(file(), 'utf8')));
  const refer = async (id: string) =>
    story.signUp(id, `${id}@example.org`, { referral_code: await service.codeOf('ref') });
  const versions = async () => (await service.rewards('&member=ref')).map((r) => [r.amount, r.program_version]);

  test('keeps its last good version while the file is wrong, and takes the next good one', async () => {
    await start();
    await refer('ann');
    write((yaml) => yaml.replace('amount: 1.00, lifetime_cap', 'amount: one, lifetime_cap'));
    expect(await service.service.programs.reload()).toBe('refused');
    await refer('bob');
    write((yaml) => yaml.replace('amount: one, lifetime_cap', 'amount: 2.00, lifetime_cap'));
    expect(await service.service.programs.reload()).toBe('changed');
    await refer('cat');
    expect(await service.service.programs.reload()).toBe('unchanged');
    expect(await versions()).toEqual([
      [200, 2],
      [100, 1],
      [100, 1],
    ]);
    write((yaml) => yaml.replace('amount: 2.00, lifetime_cap', 'amount: 1.00, lifetime_cap'));
    await service.service.programs.reload();
    await refer('dan');
    expect((await versions())[0]).toEqual([100, 1]);
  });

  test('takes up a program that is new, and keeps one whose file is gone', async () => {
    await start();
    const text = readFileSync(file(), 'utf8');
    writeFileSync(path.join(service.dir, 'other.yaml'), text.replace('program: kortix', 'program: other'));
    await service.service.programs.reload();
    const names = async () =>
      (await service.admin('GET', '/programs')).body.data.map((p: { program: string }) => p.program);
    expect(await names()).toEqual(['kortix', 'other']);
    expect((await service.admin('GET', '/programs/other/summary')).status).toBe(200);
    writeFileSync(path.join(service.dir, 'other.yaml'), 'program: [');
    expect(await service.service.programs.reload()).toBe('refused');
    expect(await names()).toEqual(['kortix', 'other']);
  });

  test('notices by itself that a file has changed, when it is written', async () => {
    await start();
    const changed = vi.fn(async () => {});
    const watched = watchFolder(service.dir, 10, changed);
    write((yaml) => `${yaml}# a word\n`);
    await vi.waitFor(() => expect(changed).toHaveBeenCalledTimes(1));
    changed.mockRejectedValueOnce(new Error('the database is away'));
    write((yaml) => `${yaml}# another\n`);
    await vi.waitFor(() => expect(changed).toHaveBeenCalledTimes(3));
    watched.stop();
  });
});
