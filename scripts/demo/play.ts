/**
 * Plays a month: moves the test clock from step to step and does what each says.
 * Promises: every step in its order, one at a time, so that a seed always ends in the same ledger. Must never: go on
 * after a step that failed.
 */

import { admin, type Front, memberId, rewards } from './front.ts';
import type { Turn } from './month.ts';
import { act, register, sendEvent, sendSignup, spend, tell } from './send.ts';
import type { BillingSink } from './sink.ts';
import type { Step } from './step.ts';

export async function play(
  front: Front,
  sink: BillingSink,
  turns: readonly Turn[],
  onTurn: (turn: Turn) => void,
): Promise<void> {
  let clock = Number.NEGATIVE_INFINITY;
  for (const turn of turns) {
    if (turn.at.getTime() > clock) {
      await admin(front, 'POST', '/test-clock', { now: turn.at.toISOString() });
      clock = turn.at.getTime();
    }
    await take(front, sink, turn);
    onTurn(turn);
  }
}

async function take(front: Front, sink: BillingSink, turn: Turn): Promise<void> {
  const { program, at } = turn;
  switch (turn.do) {
    case 'send':
      return await sendEvent(front, program, turn.event);
    case 'signup':
      return await sendSignup(front, program, at, turn);
    case 'tell':
      return await tell(front, program, at, turn.facts);
    case 'register':
      return await register(front, program, turn);
    case 'act':
      return await act(front, program, turn);
    case 'spend':
      return await spend(front, program, turn);
    case 'sink':
      return await sink.set(turn.up);
    case 'rate': {
      const path = `/members/${memberId(front, turn.member)}?program=${program}`;
      return void (await admin(front, 'PATCH', path, { rate: turn.rate }));
    }
    case 'approve':
    case 'reject':
    case 'reverse':
      return await decide(front, turn);
  }
}

type Decision = Extract<Step, { do: 'approve' | 'reject' | 'reverse' }>;

async function decide(front: Front, turn: Decision & Turn): Promise<void> {
  const status = turn.what === 'failed' ? 'failed' : 'pending';
  const whose = turn.of ? `&member=${encodeURIComponent(memberId(front, turn.of))}` : '';
  const found = await rewards(front, turn.program, `&status=${status}${whose}`);
  const oldest = found.findLast(({ reason }) => status === 'failed' || reason === turn.what); // newest first
  if (!oldest) throw new Error(`no reward of ${turn.program} is ${turn.what} on ${turn.at.toISOString()}`);
  await admin(front, 'POST', `/rewards/${oldest.id}/${turn.do}`, { reason: turn.reason });
}
