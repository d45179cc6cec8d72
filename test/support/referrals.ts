/**
 * Stories with many people: signups, usage and payments told in batches with a server key.
 * Promises: the same front door that a product's server uses; answers when the effects are committed.
 */
import request from 'supertest';
import { tokenFor } from './member.ts';
import { type Answer, MEMBER_JWT_SECRET, type TestService } from './service.ts';

export class Story {
  readonly service: TestService;
  readonly #key: string;

  private constructor(service: TestService, key: string) {
    this.service = service;
    this.#key = key;
  }

  static async of(service: TestService): Promise<Story> {
    const scopes = ['events:write'];
    const { body } = await service.admin('POST', `/programs/${service.program}/keys`, { name: 'story', scopes });
    return new Story(service, body.key);
  }

  /** Events of `[type, data, timestamp?]`, as one batch. */
  async tell(...events: readonly (readonly [string, object, string?])[]): Promise<void> {
    const body = events.map(([type, data, timestamp]) => ({ type, data, ...(timestamp && { timestamp }) }));
    const answer = await request(this.service.app)
      .post(`/p/${this.service.program}/v1/events`)
      .set('Authorization', `Bearer ${this.#key}`)
      .set('Prefer', 'wait')
      .send({ events: body });
    if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
  }

  async signUp(memberId: string, email: string, more: object = {}): Promise<void> {
    await this.tell(['member.created', { member_id: memberId, email, ...more }]);
  }

  async use(memberId: string, count = 1, usageId = `use_${memberId}_${Math.random()}`): Promise<void> {
    await this.tell(['usage.recorded', { usage_id: usageId, member_id: memberId, quantity: count, billable: true }]);
  }

  /** Every ledger in balance, and nothing that the engine could not handle. */
  async isSound(): Promise<boolean> {
    const { body } = await this.service.admin('GET', `/events?program=${this.service.program}&state=parked`);
    return body.data.length === 0 && (await this.service.isBalanced());
  }

  async clock(now: string): Promise<void> {
    const { status, body } = await this.service.admin('POST', '/test-clock', { now });
    if (status !== 200) throw new Error(JSON.stringify(body));
  }

  /** `[rule, status, reason, amount]` of a member's rewards, the oldest first. */
  /** Whom the member referred, as the member sees them. */
  async referralsOf(memberId: string): Promise<Answer['body'][]> {
    const token = await tokenFor(memberId, {}, MEMBER_JWT_SECRET);
    const url = `/p/${this.service.program}/v1/me/referrals`;
    return (await request(this.service.app).get(url).set('Authorization', `Bearer ${token}`)).body.data;
  }

  async rewardsOf(memberId: string): Promise<unknown[]> {
    const rewards = await this.service.rewards(`&member=${memberId}`);
    return rewards.map((r) => [r.rule, r.status, r.reason, r.amount]).reverse();
  }

  async balanceOf(memberId: string): Promise<number> {
    const { body } = await this.service.admin('GET', `/members/${memberId}?program=${this.service.program}`);
    const held = body.balances.filter((b: { account: string }) => b.account === 'available');
    return held.reduce((sum: number, b: { balance: number }) => sum + b.balance, 0);
  }
}
