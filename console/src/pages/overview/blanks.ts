// What the recommendation leaves to a person: the folders of path_within. Pure.
type Json = unknown;

function walk(v: Json, fn: (condition: { op: string; value: unknown }) => void): void {
	if (!v || typeof v !== 'object')
		return;
	const o = v as Record<string, unknown>;
	if (o.op === 'path_within')
		fn(o as { op: string; value: unknown });
	Object.values(o).forEach((x) => walk(x, fn));
}

const list = (v: unknown): string[] => (Array.isArray(v) ? v.map(String) : typeof v === 'string' ? [v] : []);

function parse(text: string): Json {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

export function folders(text: string): string[] {
	const all = new Set<string>();
	walk(parse(text), (c) => list(c.value).forEach((p) => all.add(p)));
	return [...all];
}

export const place = (typed: string): string[] => {
	const all = typed.split(',').map((p) => p.trim()).filter(Boolean);
	return all.length ? all : [''];
};

// The same text with these folders; texts for the agent that name the old ones follow.
export function withFolders(text: string, to: string[]): string {
	const document = parse(text);
	if (document === undefined)
		return text;
	const was = folders(text);
	walk(document, (c) => { c.value = to; });
	const name = to.join(', ');
	const follow = (v: Json): Json => {
		if (Array.isArray(v))
			return v.map(follow);
		if (!v || typeof v !== 'object')
			return v;
		return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, k === 'on_deny' && typeof x === 'string' ? said(x, was, name) : follow(x)]));
	};
	return JSON.stringify(follow(document), null, 2);
}

const said = (text: string, was: string[], now: string): string => (was.some((w) => w && text.includes(w)) ? `only paths within ${now}` : text);
