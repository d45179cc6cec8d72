/**
 * What is done with credit that stands in our own ledger: it is used, its use is void, its time has come.
 * Promises: refused commands change nothing; the same command twice acts once. Must never: touch a balance that is kept
 * by another system.
 */
import { personOfMember } from '../accounts/persons.ts';
import { expireLot } from '../ledger/lots.ts';
import { spend, voidSpend } from '../ledger/spend.ts';
import { type Command, type CommandOutcome, DONE, refuse } from '../model/commands.ts';
import type { Cause, FoldContext } from '../model/fold.ts';
import type { World } from '../model/world.ts';

export type CreditCommand = Extract<Command, { command: `credit.${string}` | 'lot.expire' }>;
type Of<C extends Command['command']> = Extract<Command, { command: C }>;

export function handleCreditCommand(
  world: World,
  ctx: FoldContext,
  command: CreditCommand,
  cause: Cause,
): CommandOutcome {
  if (ctx.loaded.program.sink.kind !== 'ledger') return refuse('not_our_balance');
  switch (command.command) {
    case 'credit.spend':
      return spendCredit(world, ctx, command, cause);
    case 'credit.void': {
      const spent = world.spends.get(BigInt(command.spendId));
      if (!spent) return refuse('unknown_spend');
      voidSpend(world, ctx, spent, cause);
      return DONE;
    }
    case 'lot.expire': {
      const lot = world.lots.get(BigInt(command.lot));
      if (lot) expireLot(world, ctx, lot, cause);
      return DONE;
    }
  }
}

function spendCredit(world: World, ctx: FoldContext, command: Of<'credit.spend'>, cause: Cause): CommandOutcome {
  const person = personOfMember(world, command.memberId);
  if (!person) return refuse('unknown_member');
  const { memberId, unit, amount, idempotencyKey, reason } = command;
  const order = { memberId, unit, amount: BigInt(amount), idempotencyKey, reason };
  const spent = spend(world, ctx, person, order, cause);
  return typeof spent === 'string' ? refuse(spent) : DONE;
}
