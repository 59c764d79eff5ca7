// What stands beside a tool's name wherever it is shown.
import type { ComponentChildren } from 'preact';
import { Badge, IconName, Tone } from '../ui';

export const RANK = ['unknown', 'low', 'medium', 'high', 'critical'];

const CATEGORIES: Record<string, [Tone, string, string]> = {
	read: ['neutral', 'Reads', 'It observes only'], write: ['info', 'Writes', 'It creates or changes what can be put back'],
	execute: ['high', 'Executes', 'It runs commands or code'], destructive: ['bad', 'Destroys', 'It deletes, or changes beyond recall'], financial: ['bad', 'Spends', 'It moves money'],
	unknown: ['neutral', 'Not known', 'Nothing says what it does'],
};

export function CategoryBadge({ category }: { category?: string }) {
	const [tone, word, title] = CATEGORIES[category ?? 'unknown'] ?? ['neutral', category, ''];
	return <Badge tone={tone as Tone} title={title}>{word}</Badge>;
}
export const categoryWord = (c: string) => CATEGORIES[c]?.[1] ?? c;

const LABELS: Record<string, string> = { reads_private: 'private data', reads_untrusted: 'untrusted text', sends_out: 'sends out', destroys: 'destroys', spends: 'spends', reads_secret: 'secrets', executes: 'executes', writes_memory: 'writes memory' };
export const labelWord = (l: string) => LABELS[l] ?? l.replaceAll('_', ' ');

const SIGNALS: Record<string, string> = { command: 'takes a command', code: 'takes code', query: 'takes a query', path: 'takes a path', url: 'takes an address', bulk: 'many at once', amount: 'takes an amount', recipient: 'takes a recipient', html: 'takes HTML', credential: 'takes credentials', permission: 'changes permissions', many: 'many arguments' };
export const signalWord = (s: string) => SIGNALS[s] ?? s.replaceAll('_', ' ');

const PINS: Record<string, [Tone, string, IconName, string]> = {
	ok: ['good', 'Reviewed', 'check', 'It is as it was reviewed'], reviewed: ['good', 'Reviewed', 'check', 'It is as it was reviewed'], unpinned: ['neutral', 'Not pinned', 'info', 'Changes are not held back'],
	new: ['warn', 'New', 'plus', 'It was not there when the server was reviewed'], changed: ['warn', 'Changed', 'history', 'It is not as it was reviewed'], rejected: ['bad', 'Rejected', 'deny', 'Somebody has rejected it'],
	poisoned: ['bad', 'Suspicious', 'warn', 'Its text tries to instruct agents'], held: ['warn', 'Held', 'clock', 'Nobody can call it'], unseen: ['neutral', 'Not seen', 'info', ''],
};

export function PinBadge({ state }: { state?: string }) {
	const p = PINS[state ?? ''];
	return p ? <Badge tone={p[0]} icon={p[2]} title={p[3]}>{p[1]}</Badge> : <span class="muted">–</span>;
}

// Words of the server with what speaks for the judgement marked. marks: offsets in bytes of UTF-8.
export function Marked({ text, marks }: { text: string; marks: { at: number; quote: string; speaks_for: string }[] }) {
	const bytes = new TextEncoder().encode(text);
	const decode = (from: number, to: number) => new TextDecoder().decode(bytes.slice(from, to));
	const out: ComponentChildren[] = [];
	let done = 0;
	for (const m of [...marks].sort((a, b) => a.at - b.at)) {
		const n = new TextEncoder().encode(m.quote).length;
		if (m.at < done || m.at + n > bytes.length)
			continue;
		out.push(decode(done, m.at), <mark key={m.at} class={`mark mark-${m.speaks_for}`} title={`Speaks for: ${categoryWord(m.speaks_for)}`}>{decode(m.at, m.at + n)}</mark>);
		done = m.at + n;
	}
	out.push(decode(done, bytes.length));
	return <>{out}</>;
}
