export class Api {
    visits;
    events;
    credits;
    portal;
    referral;
    rewards;
    referrals;
    ledger;
    links;
    code;
    keys;
    invites;
    codes;
    leaderboard;
    mails;
    reports;
    appeals;
    contributor;
    payouts;
    constructor(caller) {
        this.visits = new VisitsApi(caller);
        this.events = new EventsApi(caller);
        this.credits = new CreditsApi(caller);
        this.portal = new PortalApi(caller);
        this.referral = new ReferralApi(caller);
        this.rewards = new RewardsApi(caller);
        this.referrals = new ReferralsApi(caller);
        this.ledger = new LedgerApi(caller);
        this.links = new LinksApi(caller);
        this.code = new CodeApi(caller);
        this.keys = new KeysApi(caller);
        this.invites = new InvitesApi(caller);
        this.codes = new CodesApi(caller);
        this.leaderboard = new LeaderboardApi(caller);
        this.mails = new MailsApi(caller);
        this.reports = new ReportsApi(caller);
        this.appeals = new AppealsApi(caller);
        this.contributor = new ContributorApi(caller);
        this.payouts = new PayoutsApi(caller);
    }
}
export class VisitsApi {
    #caller;
    constructor(caller) {
        this.#caller = caller;
    }
    /** What the snippet tells of a visitor. A click on the page that a link leads to, or a signup form that was sent after one. Machines, and browsers that ask not to be tracked, are not counted. */
    tell(body, options) {
        return this.#caller.json({ method: 'POST', path: '/v1/visits', body }, options);
    }
}
export class EventsApi {
    #caller;
    constructor(caller) {
        this.#caller = caller;
    }
    /** Canonical events: one, or up to 1,000 at a time. All or nothing: when an event is wrong it is named by its index, and none is stored. */
    send(body, options) {
        return this.#caller.json({ method: 'POST', path: '/v1/events', body }, options);
    }
}
export class CreditsApi {
    #caller;
    constructor(caller) {
        this.#caller = caller;
    }
    /** The sink has the credit that it had answered with 202 */
    confirm(idempotencyKey, body = {}, options) {
        return this.#caller.json({ method: 'POST', path: `/v1/credits/${encodeURIComponent(idempotencyKey)}/confirm`, body }, options);
    }
    /** The sink will not take the credit that it had answered with 202 */
    refuse(idempotencyKey, body = {}, options) {
        return this.#caller.json({ method: 'POST', path: `/v1/credits/${encodeURIComponent(idempotencyKey)}/refuse`, body }, options);
    }
    /** Uses credit of a member, what expires first at first */
    spend(body, options) {
        return this.#caller.json({ method: 'POST', path: '/v1/credits/spend', body }, options);
    }
    /** Gives the credit back, with the expiry that it had */
    void(id, options) {
        return this.#caller.json({ method: 'POST', path: `/v1/credits/spend/${encodeURIComponent(id)}/void` }, options);
    }
}
export class PortalApi {
    #caller;
    constructor(caller) {
        this.#caller = caller;
    }
    /** A short-lived link that signs a member in to the portal */
    link(body, options) {
        return this.#caller.json({ method: 'POST', path: '/v1/portal-links', body }, options);
    }
}
export class ReferralApi {
    #caller;
    constructor(caller) {
        this.#caller = caller;
    }
    /** What the member has, and what they share */
    me(options) {
        return this.#caller.json({ method: 'GET', path: '/v1/me' }, options);
    }
    /** A link for a channel and campaign; the one there is, if there is one */
    create(body = {}, options) {
        return this.#caller.json({ method: 'POST', path: '/v1/me/links', body }, options);
    }
    /** The member's link as a QR code */
    qrSvg(options) {
        return this.#caller.text({ method: 'GET', path: '/v1/me/qr.svg' }, options);
    }
    /** The member's link as a QR code, in pixels */
    qrPng(query = {}, options) {
        return this.#caller.blob({ method: 'GET', path: '/v1/me/qr.png', query }, options);
    }
    /** The member was referred by this code */
    claim(body, options) {
        return this.#caller.json({ method: 'POST', path: '/v1/claims', body }, options);
    }
    /** Everything that is known about the member */
    export(options) {
        return this.#caller.json({ method: 'GET', path: '/v1/me/export' }, options);
    }
}
export class RewardsApi {
    #caller;
    constructor(caller) {
        this.#caller = caller;
    }
    /** The member's rewards, newest first */
    list(query = {}, options) {
        return this.#caller.pages({ method: 'GET', path: '/v1/me/rewards', query }, options);
    }
}
export class ReferralsApi {
    #caller;
    constructor(caller) {
        this.#caller = caller;
    }
    /** Whom the member referred, newest first */
    list(query = {}, options) {
        return this.#caller.pages({ method: 'GET', path: '/v1/me/referrals', query }, options);
    }
}
export class LedgerApi {
    #caller;
    constructor(caller) {
        this.#caller = caller;
    }
    /** The member's side of the ledger, newest first */
    list(query = {}, options) {
        return this.#caller.pages({ method: 'GET', path: '/v1/me/ledger', query }, options);
    }
}
export class LinksApi {
    #caller;
    constructor(caller) {
        this.#caller = caller;
    }
    /** The member's links with their counts, newest first */
    list(options) {
        return this.#caller.pages({ method: 'GET', path: '/v1/me/links' }, options);
    }
}
export class CodeApi {
    #caller;
    constructor(caller) {
        this.#caller = caller;
    }
    /** The member's code; a new one when there is none */
    ensure(options) {
        return this.#caller.json({ method: 'POST', path: '/v1/me/code' }, options);
    }
    /** A code of the member's own choice */
    set(body, options) {
        return this.#caller.json({ method: 'PUT', path: '/v1/me/code', body }, options);
    }
    /** Revokes the code */
    revoke(options) {
        return this.#caller.json({ method: 'DELETE', path: '/v1/me/code' }, options);
    }
    /** A new code; the old one attributes nothing any more */
    refresh(options) {
        return this.#caller.json({ method: 'POST', path: '/v1/me/code/refresh' }, options);
    }
}
export class KeysApi {
    #caller;
    constructor(caller) {
        this.#caller = caller;
    }
    /** The member's API keys, without their secrets */
    list(options) {
        return this.#caller.pages({ method: 'GET', path: '/v1/me/keys' }, options);
    }
    /** A new API key; at most two live at a time */
    create(body = {}, options) {
        return this.#caller.json({ method: 'POST', path: '/v1/me/keys', body }, options);
    }
    /** Revokes an API key */
    revoke(id, options) {
        return this.#caller.json({ method: 'DELETE', path: `/v1/me/keys/${encodeURIComponent(id)}` }, options);
    }
}
export class InvitesApi {
    #caller;
    constructor(caller) {
        this.#caller = caller;
    }
    /** Invites friends by mail; each address of a program only once */
    send(body, options) {
        return this.#caller.json({ method: 'POST', path: '/v1/me/invites', body }, options);
    }
    /** Whom the member invited by mail, newest first */
    list(query = {}, options) {
        return this.#caller.pages({ method: 'GET', path: '/v1/me/invites', query }, options);
    }
}
export class CodesApi {
    #caller;
    constructor(caller) {
        this.#caller = caller;
    }
    /** Whether a code stands, and the first name of whose it is */
    lookup(code, options) {
        return this.#caller.json({ method: 'GET', path: `/v1/codes/${encodeURIComponent(code)}` }, options);
    }
}
export class LeaderboardApi {
    #caller;
    constructor(caller) {
        this.#caller = caller;
    }
    /** The month's first referrers, masked */
    get(options) {
        return this.#caller.json({ method: 'GET', path: '/v1/leaderboard' }, options);
    }
}
export class MailsApi {
    #caller;
    constructor(caller) {
        this.#caller = caller;
    }
    /** Which mails the member wants */
    get(options) {
        return this.#caller.json({ method: 'GET', path: '/v1/me/mails' }, options);
    }
    /** Chooses which mails to get */
    choose(body = {}, options) {
        return this.#caller.json({ method: 'PUT', path: '/v1/me/mails', body }, options);
    }
}
export class ReportsApi {
    #caller;
    constructor(caller) {
        this.#caller = caller;
    }
    /** Reports that a code is misused. Open to all; the answer is the same whether there is such a code or not. */
    make(body, options) {
        return this.#caller.json({ method: 'POST', path: '/v1/reports', body }, options);
    }
}
export class AppealsApi {
    #caller;
    constructor(caller) {
        this.#caller = caller;
    }
    /** A suspended member appeals. With the token of the mail's link, or with the member's own credential. */
    make(body, options) {
        return this.#caller.json({ method: 'POST', path: '/v1/appeals', body }, options);
    }
}
export class ContributorApi {
    #caller;
    constructor(caller) {
        this.#caller = caller;
    }
    /** The member as a contributor: what is owed and what was paid */
    me(options) {
        return this.#caller.json({ method: 'GET', path: '/v1/me/contributor' }, options);
    }
    /** Registers the member, or a further address of theirs; a code is mailed there. The address is one that commits carry. It counts when the code came back. */
    register(body, options) {
        return this.#caller.json({ method: 'POST', path: '/v1/me/contributor', body }, options);
    }
    /** Proves an address with the code that was mailed there */
    confirm(body, options) {
        return this.#caller.json({ method: 'POST', path: '/v1/me/contributor/confirm', body }, options);
    }
    /** Where to pay; kept encrypted, and shown to nobody but the sink */
    setDetails(body, options) {
        return this.#caller.json({ method: 'PUT', path: '/v1/me/contributor/details', body }, options);
    }
    /** Forgets where to pay; what is owed stays owed */
    removeDetails(options) {
        return this.#caller.json({ method: 'DELETE', path: '/v1/me/contributor/details' }, options);
    }
    /** The member’s own lines in a month’s release, and the share for them */
    report(query = {}, options) {
        return this.#caller.json({ method: 'GET', path: '/v1/me/contributor/report', query }, options);
    }
}
export class PayoutsApi {
    #caller;
    constructor(caller) {
        this.#caller = caller;
    }
    /** The contributor has the money. For a sink that had answered `payout.create` with 202. */
    confirm(idempotencyKey, body = {}, options) {
        return this.#caller.json({ method: 'POST', path: `/v1/payouts/${encodeURIComponent(idempotencyKey)}/confirm`, body }, options);
    }
    /** The contributor will not have the money of this payout. It is owed as before, and the next month’s run pays it under another key. */
    refuse(idempotencyKey, body = {}, options) {
        return this.#caller.json({ method: 'POST', path: `/v1/payouts/${encodeURIComponent(idempotencyKey)}/refuse`, body }, options);
    }
}
