// An approval as the API gives it, and what may be done with it.

export type State = 'pending' | 'approved' | 'denied' | 'expired' | 'used';

export interface Vote { yes: boolean; person: string; subject: string; time: string; note?: string }
export interface RecentCall { time: string; server?: string; method?: string; target?: string; decision?: string; outcome?: string }

export interface Approval {
	id: string;
	state: State;
	url?: string;
	server: string;
	tool: string;
	description?: string;
	class?: string;
	severity?: string;
	grant: { id: string; label?: string; subject?: string };
	session?: string;
	client?: string;
	policy?: string;
	rule?: string;
	pointer?: string;
	message?: string;
	arguments_sha256: string;
	arguments_bytes: number;
	arguments?: unknown;
	hints: string[];
	recent: RecentCall[];
	quorum: number;
	yes: number;
	created: string;
	expires: string;
	decided?: string;
	used?: string;
	record?: string;
	votes: Vote[];
	webhooks?: { event: string; state: string; attempts: number; error?: string }[];
}

export const STATES: readonly { value: State; label: string }[] = [
	{ value: 'pending', label: 'Waiting' },
	{ value: 'approved', label: 'Approved' },
	{ value: 'used', label: 'Approved, used' },
	{ value: 'denied', label: 'Denied' },
	{ value: 'expired', label: 'Expired' },
];
export const stateLabel = (s: string): string => STATES.find((x) => x.value === s)?.label ?? s;

// Whether it can still be voted on: what the server has not yet said of the clock is looked at too.
export function isOpen(a: Approval, now: number): boolean {
	return a.state === 'pending' && Date.parse(a.expires) > now;
}

// "4:05", "1 h 12 min", "2 d 3 h", "expired".
export function countdown(expires: string, now: number): string {
	const s = Math.ceil((Date.parse(expires) - now) / 1000);
	if (Number.isNaN(s) || s <= 0)
		return 'expired';
	if (s < 3600)
		return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
	const minutes = Math.floor(s / 60);
	if (minutes < 24 * 60)
		return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
	return `${Math.floor(minutes / 1440)} d ${Math.floor((minutes % 1440) / 60)} h`;
}

// The share of the time that is left, for the bar; 0 to 1.
export function timeLeft(a: Approval, now: number): number {
	const from = Date.parse(a.created), to = Date.parse(a.expires);
	return to <= from ? 0 : Math.min(1, Math.max(0, (to - now) / (to - from)));
}

export const isUrgent = (a: Approval, now: number): boolean => Date.parse(a.expires) - now < 2 * 60_000;

export interface Person { name: string; subjects: readonly string[] }

/*
 * Why this person cannot decide it, for them to read; '' when they can. The server decides in the end: it
 * compares without case, as this does.
 */
export function whyNot(a: Approval, person: Person, may: boolean, now: number): string {
	if (!may)
		return 'You may look, but not decide. Ask an administrator for the role approver.';
	if (!isOpen(a, now))
		return a.state === 'pending' ? 'It has expired.' : '';
	const mine = person.subjects.map((s) => s.toLowerCase()).filter(Boolean);
	if (a.grant.subject && mine.includes(a.grant.subject.toLowerCase()))
		return `You cannot decide this one: this agent works for you (${a.grant.subject}). Somebody else has to.`;
	if (a.votes.some((v) => v.person === person.name || mine.includes(v.subject.toLowerCase())))
		return a.quorum > a.yes ? `You have voted. ${a.quorum - a.yes} more must say yes.` : 'You have voted.';
	return '';
}

// The soonest to expire first.
export function inboxOrder(list: readonly Approval[]): Approval[] {
	return [...list].sort((a, b) => Date.parse(a.expires) - Date.parse(b.expires) || (a.id < b.id ? -1 : 1));
}

/*
 * What comes by event into an inbox that is being read: one that is there changes in place, a new one goes to
 * its end, so that no button moves under a finger; what is no longer open stays until the list is left.
 */
export function arriveApproval(list: readonly Approval[], a: Approval): Approval[] {
	const at = list.findIndex((x) => x.id === a.id);
	if (at < 0)
		return a.state === 'pending' ? [...list, a] : [...list];
	const next = list.slice();
	// Lists carry neither arguments nor votes: those that were read stay.
	const was = list[at]!;
	next[at] = { ...was, ...a, arguments: a.arguments ?? was.arguments, votes: a.votes.length === 0 && a.yes === was.yes ? was.votes : a.votes };
	return next;
}

// Which one has the focus after a key.
export function moved(ids: readonly string[], at: string | null, by: 1 | -1): string | null {
	if (ids.length === 0)
		return null;
	const i = at === null ? -1 : ids.indexOf(at);
	if (i < 0)
		return by > 0 ? ids[0]! : ids[ids.length - 1]!;
	return ids[Math.min(ids.length - 1, Math.max(0, i + by))]!;
}

// "the arguments: secret (token)", as a sentence begins.
export function hintText(hint: string): string {
	return hint.charAt(0).toUpperCase() + hint.slice(1);
}
