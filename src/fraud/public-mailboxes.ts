/**
 * Domains at which anybody gets a mailbox: sharing one says nothing about two people.
 * Promises: a domain listed here never counts as "same domain". Must never: list a company's own domain.
 */
import type { Mailboxes } from '../model/program.ts';

const DOMAINS = `gmail.com googlemail.com outlook.com hotmail.com hotmail.co.uk hotmail.fr hotmail.de hotmail.it live.com
live.co.uk msn.com yahoo.com yahoo.co.uk yahoo.co.in yahoo.co.jp yahoo.fr yahoo.de ymail.com rocketmail.com aol.com
icloud.com me.com mac.com proton.me protonmail.com pm.me tutanota.com tuta.io tuta.com gmx.com gmx.de gmx.net gmx.at
gmx.ch web.de t-online.de freenet.de mail.com mail.ru bk.ru inbox.ru list.ru yandex.ru yandex.com ya.ru rambler.ru
qq.com 163.com 126.com yeah.net sina.com sohu.com foxmail.com naver.com hanmail.net daum.net nate.com zoho.com
fastmail.com fastmail.fm hey.com duck.com simplelogin.com laposte.net orange.fr wanadoo.fr free.fr sfr.fr libero.it
virgilio.it alice.it tiscali.it seznam.cz centrum.cz wp.pl o2.pl onet.pl interia.pl abv.bg ukr.net rediffmail.com
uol.com.br bol.com.br terra.com.br terra.es telefonica.net comcast.net verizon.net att.net sbcglobal.net bellsouth.net
cox.net charter.net earthlink.net btinternet.com sky.com virginmedia.com ntlworld.com talktalk.net bigpond.com
optusnet.com.au shaw.ca rogers.com sympatico.ca telus.net ziggo.nl kpnmail.nl hetnet.nl telenet.be skynet.be bluewin.ch`;

const PUBLIC: ReadonlySet<string> = new Set(DOMAINS.split(/\s+/));

export function isPublicMailbox(domain: string, own?: Mailboxes): boolean {
  const lower = domain.toLowerCase();
  if (own?.trusted.includes(lower)) return false;
  return PUBLIC.has(lower) || own?.public.includes(lower) === true;
}
