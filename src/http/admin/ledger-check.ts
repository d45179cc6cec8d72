/**
 * Is the ledger in balance? Added up anew at each call, not remembered.
 * Promises: `drift` counts the differences and `differences` shows the first 100. Must never: say "balanced" of what
 * was not looked at.
 */
import * as z from 'zod';
import { answer } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { amount, unit } from '../forms.ts';
import { integer, writeId } from '../input.ts';
import type { Route } from '../routes.ts';
import { findDifferences, readSeals, type Sealed } from './ledger-check.sql.ts';

const difference = z
  .strictObject({
    program: z.string(),
    check: z.enum(['transaction', 'balance', 'reward', 'lots', 'spend']),
    what: z.string().describe('the transaction, the account, the reward, the lots or the spend'),
    unit,
    stored: amount,
    entries: amount,
  })
  .meta({ id: 'LedgerDifference' });

export const ledgerCheck = z
  .strictObject({
    balanced: z.boolean(),
    drift: z.int().describe('how many differences there are'),
    sealed_to: z.string().nullable().describe('the transaction up to which everything is sealed'),
    differences: z.array(difference).describe('the first 100'),
    programs: z.array(z.strictObject({ program: z.string(), sealed_to: z.string().nullable() })),
  })
  .meta({ id: 'LedgerCheck' });

export function ledgerRoutes({ pools }: Pick<Deps, 'pools'>): Route[] {
  return [
    {
      method: 'get',
      path: '/ledger/check',
      credential: 'admin:read',
      summary: 'Is the ledger in balance? Added up anew',
      answers: ledgerCheck,
      handle: async (_req, res) => {
        const [{ count, shown }, seals] = await Promise.all([findDifferences(pools.knex), readSeals(pools.knex)]);
        answer(res, ledgerCheck, {
          balanced: count === 0,
          drift: count,
          sealed_to: sealedTo(seals),
          differences: shown.map((each) => ({ ...each, stored: integer(each.stored), entries: integer(each.entries) })),
          programs: seals.map((each) => ({ program: each.program, sealed_to: transaction(each.sealed_to) })),
        });
      },
    },
  ];
}

const transaction = (id: bigint | null): string | null => (id === null ? null : writeId('tx', id));

/** Everything of every program up to this transaction is sealed; null while a program with a ledger has no seal. */
function sealedTo(seals: readonly Sealed[]): string | null {
  const used = seals.filter((each) => each.last !== null);
  if (used.some((each) => each.sealed_to === null)) return null;
  // A program that is sealed to its end holds nobody back.
  const behind = used.filter((each) => each.sealed_to !== each.last);
  const ids = (behind.length > 0 ? behind : used).flatMap((each) => each.sealed_to ?? []);
  const wanted = ids.reduce<bigint | null>(
    (found, id) => (found === null || (behind.length > 0 ? id < found : id > found) ? id : found),
    null,
  );
  return transaction(wanted);
}
