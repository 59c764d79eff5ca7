// Three texts: what was read, what I made of it, what somebody else made of it meanwhile. Changes that do not
// meet are put together; where both changed the same, somebody chooses.
import { type Node, type Path, find, member, parse, pointerOf, rawOf, same } from './json';
import { remove, set } from './edit';
import { orderOf } from './fields';

export interface Change {
	path: Path;
	from: string | undefined; // JSON text as it was written; undefined: not there
	to: string | undefined;
}
export interface Conflict {
	path: Path;
	pointer: string;
	base: string | undefined;
	mine: string | undefined;
	theirs: string | undefined;
}
export interface Merge {
	text: string;            // theirs, with all of mine that meets nothing of theirs
	mine: Change[];
	theirs: Change[];
	conflicts: Conflict[];
}

// Member by member; a list counts as one value.
export function changes(from: string, to: string): Change[] {
	const out: Change[] = [];
	const walk = (a: Node | undefined, b: Node | undefined, path: Path) => {
		if (same(a, b))
			return;
		if (a?.kind === 'object' && b?.kind === 'object') {
			const keys = [...a.members, ...b.members.filter((m) => !member(a, m.key))].map((m) => m.key);
			keys.forEach((k) => walk(member(a, k), member(b, k), [...path, k]));
			return;
		}
		out.push({ path, from: a && rawOf(from, a), to: b && rawOf(to, b) });
	};
	walk(parse(from), parse(to), []);
	return out;
}

const isWithin = (a: Path, b: Path): boolean => b.every((s, i) => a[i] === s);
const meet = (a: Path, b: Path): boolean => isWithin(a, b) || isWithin(b, a);

export function apply(text: string, path: Path, raw: string | undefined): string {
	if (!path.length)
		return raw ?? text;
	if (raw === undefined)
		return remove(text, path);
	// A parent that the other took away, or made a text of, comes back with the member.
	for (let n = 1; n < path.length; n++) {
		const above = find(parse(text), path.slice(0, n));
		if (above && above.kind !== 'object')
			text = set(text, path.slice(0, n), '{}', orderOf);
	}
	return set(text, path, raw, orderOf);
}

function at(text: string, path: Path): string | undefined {
	const node = find(parse(text), path);
	return node && rawOf(text, node);
}

export function merge(base: string, mine: string, theirs: string): Merge {
	const my = changes(base, mine), their = changes(base, theirs), conflicts: Conflict[] = [];
	let text = theirs;
	for (const c of my) {
		const met = their.filter((t) => meet(c.path, t.path));
		if (!met.length) {
			text = apply(text, c.path, c.to);
			continue;
		}
		// The larger of the two places is what is chosen.
		const path = met.reduce<Path>((p, t) => (t.path.length < p.length ? t.path : p), c.path);
		const m = at(mine, path), t = at(theirs, path);
		const isSame = m === t || (m !== undefined && t !== undefined && same(parse(m), parse(t)));
		if (!isSame && !conflicts.some((x) => meet(x.path, path)))
			conflicts.push({ path, pointer: pointerOf(path) || '/', base: at(base, path), mine: m, theirs: t });
	}
	return { text, mine: my, theirs: their, conflicts };
}

// The merged text with a choice for each conflict.
export function settle(m: Merge, choices: readonly ('mine' | 'theirs')[]): string {
	return m.conflicts.reduce((text, c, i) => (choices[i] === 'mine' ? apply(text, c.path, c.mine) : text), m.text);
}
