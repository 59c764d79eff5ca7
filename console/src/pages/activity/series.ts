// GET /stats as charts and tables: every step has a point, also those in which nothing happened.
import { STEP_S, type Step } from './range';

export interface Stats {
	step: Step;
	series: { key: string; points: [number, number][] }[];
	totals: Record<string, number>;
	latency: { t: number; p50_us?: number; p95_us?: number; p99_us?: number; gate_p50_us?: number }[];
	top: { rules?: Top[]; tools?: Top[]; grants?: Top[] };
}
export interface Top { key: string; label?: string; server?: string; calls: number }

export interface Columns {
	x: number[]; // seconds, each step of the range
	keys: string[];
	y: (number | null)[][]; // a column a key
}

export const POINTS_MAX = 1500;

// All steps from since to until (milliseconds).
export function stepsOf(since: number, until: number, step: Step): number[] {
	const s = STEP_S[step];
	const x: number[] = [];
	for (let t = Math.floor(since / 1000 / s) * s; t <= until / 1000 && x.length < POINTS_MAX; t += s)
		x.push(t);
	return x;
}

function columnOf(x: number[], points: readonly [number, number | undefined][], none: number | null): (number | null)[] {
	const at = new Map(points);
	return x.map((t) => at.get(t) ?? none);
}

export function countColumns(stats: Stats, since: number, until: number, keys: readonly string[]): Columns {
	const x = stepsOf(since, until, stats.step);
	const of = new Map(stats.series.map((s) => [s.key, s.points]));
	return { x, keys: [...keys], y: keys.map((k) => columnOf(x, of.get(k) ?? [], 0)) };
}

// The busiest keys, and the rest as one.
export function topKeys(stats: Stats, most: number): string[] {
	const sums = stats.series.map((s) => ({ key: s.key, n: s.points.reduce((a, [, n]) => a + n, 0) }));
	return sums.sort((a, b) => b.n - a.n || a.key.localeCompare(b.key)).slice(0, most).map((s) => s.key);
}

export const LATENCY_KEYS = ['p50_us', 'p95_us', 'p99_us', 'gate_p50_us'] as const;

// In milliseconds; steps without calls are gaps.
export function latencyColumns(stats: Stats, since: number, until: number): Columns {
	const x = stepsOf(since, until, stats.step);
	return {
		x, keys: [...LATENCY_KEYS],
		y: LATENCY_KEYS.map((k) => columnOf(x, stats.latency.map((l) => [l.t, l[k] === undefined ? undefined : l[k] / 1000]), null)),
	};
}

// Each column on top of the ones before it, for areas: drawn last first.
export function stacked(y: (number | null)[][]): (number | null)[][] {
	const out: (number | null)[][] = [];
	for (const column of y) {
		const below = out[out.length - 1];
		out.push(column.map((v, i) => (v ?? 0) + (below?.[i] ?? 0)));
	}
	return out;
}

export function sumOf(column: readonly (number | null)[]): number {
	return column.reduce<number>((a, v) => a + (v ?? 0), 0);
}

// At most this many rows for the table beside a chart: neighbours are put together.
export function tableRows(c: Columns, most: number): { from: number; to: number; values: number[] }[] {
	const each = Math.max(1, Math.ceil(c.x.length / most));
	const width = c.x.length > 1 ? c.x[1]! - c.x[0]! : 60;
	const rows: { from: number; to: number; values: number[] }[] = [];
	for (let i = 0; i < c.x.length; i += each) {
		const last = Math.min(i + each, c.x.length) - 1;
		rows.push({ from: c.x[i]!, to: c.x[last]! + width, values: c.y.map((column) => sumOf(column.slice(i, last + 1))) });
	}
	return rows;
}

export interface Limit {
	grant: string; label?: string; server: string; policy?: string; pointer: string; counter?: string; scope?: string;
	window?: string; max: number; used: number; left: number; resets_at?: string;
}

// The scarcest first.
export function scarcest(limits: readonly Limit[]): Limit[] {
	const share = (l: Limit): number => (l.max > 0 ? l.left / l.max : 0);
	return [...limits].sort((a, b) => share(a) - share(b) || a.server.localeCompare(b.server));
}
