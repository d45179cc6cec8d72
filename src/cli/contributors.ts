/**
 * `contributor …`: who is paid by the fund, registered by the operator.
 * Promises: an address counts when its reader has answered; each change of payout details has its row in the audit log.
 * Must never: print payout details.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as z from 'zod';
import { ConfigError } from '../config/env.ts';
import {
  findByUsername,
  listContributors,
  prove,
  RegisteringRefused,
  register,
  setDetails,
  USERNAME,
} from '../fund/contributors.ts';
import { exponentOf, formatDecimal } from '../model/money.ts';
import { type Cli, idOf } from './command.ts';
import { readDetails } from './fund.ts';
import { withFund } from './fund-open.ts';

const ACTOR = 'cli';

const WHY = {
  username_taken:
    'somebody has registered under this name; a further address of theirs goes with --add-to <contributor>',
  address_taken: 'the address is another contributor’s',
  challenge_invalid: 'this is no challenge of ours, or its week is over: register again',
  unknown_contributor: 'there is no such contributor',
} as const;

async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof RegisteringRefused ? new ConfigError(WHY[error.why]) : error;
  }
}

export interface RegisterOptions {
  readonly program?: string;
  readonly githubUsername: string;
  readonly email?: string;
  readonly addTo?: string;
}

export async function registerContributor(cli: Cli, options: RegisterOptions): Promise<void> {
  const username = options.githubUsername;
  if (!USERNAME.test(username)) throw new ConfigError(`--github-username: ${username} is no name that GitHub allows`);
  const email = options.email ?? (await ownAddress());
  if (!z.email().safeParse(email).success) throw new ConfigError(`--email: ${email} is no address`);
  const addTo = options.addTo === undefined ? undefined : idOf(options.addTo, 'con', 'a contributor');
  await withFund(cli, options.program, async ({ ports, loaded }) => {
    const made = await told(register(ports, loaded, { username, address: email, by: { operator: true, addTo } }));
    const json = { contributor: `con_${made.id}`, github_username: made.username, challenge: 'mailed' };
    cli.output.show(json, (paper) => paper.line(`con_${made.id}: a challenge is mailed to ${email}`));
  });
}

/** Whoever commits here commits under this address. */
async function ownAddress(): Promise<string> {
  const { stdout } = await promisify(execFile)('git', ['config', 'user.email']).catch(() => ({ stdout: '' }));
  if (stdout.trim() === '') throw new ConfigError('name the address that the commits carry with --email');
  return stdout.trim();
}

export async function confirmContributor(cli: Cli, code: string, options: { program?: string }): Promise<void> {
  await withFund(cli, options.program, async ({ ports, loaded }) => {
    const proved = await told(prove(ports, loaded, code, 'operator'));
    const json = { contributor: `con_${proved.id}`, github_username: proved.username, proved_at: proved.provedAt };
    cli.output.show(json, (paper) => paper.line(`${proved.username} is a contributor, con_${proved.id}`));
  });
}

export async function changeDetails(
  cli: Cli,
  username: string,
  options: { program?: string; file: string; remove?: boolean },
): Promise<void> {
  const details = options.remove ? null : readDetails(options.file);
  await withFund(cli, options.program, async ({ ports, loaded }) => {
    const found = await findByUsername(ports.pool, loaded.no, username);
    if (!found) throw new ConfigError(`there is no contributor ${username}`);
    await setDetails(ports, loaded, found.id, details, ACTOR);
    const has = details !== null;
    cli.output.show({ contributor: `con_${found.id}`, has_details: has }, (paper) =>
      paper.line(`${username}: payout details ${has ? 'kept, encrypted' : 'removed'}`),
    );
  });
}

export async function showContributors(cli: Cli, options: { program?: string }): Promise<void> {
  await withFund(cli, options.program, async ({ ports, loaded, fund }) => {
    const rows = await listContributors(ports.pool, loaded.no);
    const money = (amount: bigint) => formatDecimal(amount, exponentOf(fund.currency));
    const json = rows.map((row) => ({
      id: `con_${row.id}`,
      github_username: row.username,
      member_id: row.memberId,
      addresses: row.addresses,
      proved_at: row.provedAt,
      has_details: row.hasDetails,
      owed: row.owed,
      paid: row.paid,
    }));
    cli.output.show(json, (paper) => {
      if (rows.length === 0) paper.line('no contributors');
      paper.table(
        ['CONTRIBUTOR', 'GITHUB', 'ADDRESSES', 'PROVED', 'DETAILS', 'OWED', 'PAID'],
        rows.map((row) => [
          ...[`con_${row.id}`, row.username, row.addresses, row.provedAt, row.hasDetails ? 'yes' : 'no'],
          ...[money(row.owed), money(row.paid)],
        ]),
      );
    });
  });
}
