// Settings in the groups of the configuration file, with names for people.

export interface Setting {
	key: string; // "timeouts.call"
	value?: unknown;
	default?: unknown;
	source: 'file' | 'store' | 'default';
	is_live?: boolean;
	may_change?: boolean;
	help: string;
	kind: string;
}
export interface Group { key: string; title: string; help: string; settings: Setting[] }

const TITLES: Record<string, [string, string]> = {
	'': ['General', 'Where the gate listens, and where it keeps what it knows.'],
	limits: ['Limits', 'How much of everything there may be at once.'],
	timeouts: ['Timeouts', 'How long the gate waits before it gives up.'],
	counters: ['Counters', 'Where limits of policies are counted, for gates that share them.'],
	records: ['Records', 'What is kept of calls, and for how long.'],
	approvals: ['Approvals', 'How people are told of calls that wait for a yes.'],
	catalog: ['Catalogue', 'What is known of servers and tools.'],
	pins: ['Changed tools', 'What happens when a server changes what its tools say.'],
	oidc: ['Sign-in', 'People who sign in with your identity provider.'],
	console: ['Console', 'These pages.'],
	people: ['People', 'Accounts, passwords and sessions.'],
};

const titleOf = (key: string): [string, string] => TITLES[key] ?? [key.charAt(0).toUpperCase() + key.slice(1).replaceAll('_', ' '), ''];

export function groupsOf(settings: readonly Setting[]): Group[] {
	const groups = new Map<string, Group>();
	for (const s of settings) {
		const key = /^([^./]+)[./]/.exec(s.key)?.[1] ?? '';
		const group = groups.get(key) ?? { key, title: titleOf(key)[0], help: titleOf(key)[1], settings: [] };
		group.settings.push(s);
		groups.set(key, group);
	}
	return [...groups.values()];
}

// The name within its group: "call_timeout" is "Call timeout".
export function settingName(key: string): string {
	const name = key.replace(/^[^./]+[./]/, '').replaceAll('_', ' ');
	return name.charAt(0).toUpperCase() + name.slice(1).replace(/\burl\b/gi, 'URL').replace(/\bdir\b/g, 'folder');
}

// All words of q must be in the key, the name or the help.
export function found(s: Setting, q: string): boolean {
	const text = `${s.key} ${settingName(s.key)} ${s.help} ${valueText(s.value)}`.toLowerCase();
	return q.toLowerCase().split(/\s+/).filter(Boolean).every((word) => text.includes(word));
}

export function valueText(v: unknown): string {
	if (v === undefined || v === null || v === '')
		return '';
	if (Array.isArray(v))
		return v.map((x) => (typeof x === 'string' ? x : JSON.stringify(x))).join(', ');
	return typeof v === 'object' ? JSON.stringify(v) : String(v);
}

export const SOURCE_LABEL: Record<Setting['source'], string> = { file: 'File', store: 'Console', default: 'Default' };
