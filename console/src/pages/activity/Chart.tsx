// One chart over time. Its library comes only with it; what it shows stands beside it as a table, for everybody.
import { useEffect, useRef, useState } from 'preact/hooks';
import type UPlot from 'uplot';
import { theme } from '../../app/theme';
import { useStore } from '../../app/store';
import { stacked, type Columns } from './series';

export interface Line { key: string; label: string; colour: string; isDashed?: boolean } // colour: a custom property, "--allow"
export interface ChartProps {
	columns: Columns;
	lines: Line[]; // one a column, in order
	kind: 'bars' | 'lines';
	label: string; // for those who cannot see it
	format: (v: number) => string;
	onBrush?: (sinceMs: number, untilMs: number) => void;
	onPoint?: (index: number | null) => void;
}

const HEIGHT = 168;
const FONT = '11px system-ui, sans-serif';

const clock = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const day = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric' });

// The day where one begins, the time of day elsewhere.
function axisText(seconds: number, step: number): string {
	const d = new Date(seconds * 1000);
	return step >= 86_400 || (d.getHours() === 0 && d.getMinutes() === 0) ? day.format(d) : clock.format(d);
}

const colourOf = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim() || '#888';

// Of stacked bars the highest is drawn first, and the lower ones over it.
function dataOf(p: ChartProps): UPlot.AlignedData {
	const y = p.kind === 'bars' ? stacked(p.columns.y).reverse() : p.columns.y;
	return [p.columns.x, ...y] as UPlot.AlignedData;
}

function seriesOf(p: ChartProps, paths: typeof UPlot.paths): UPlot.Series[] {
	const lines = p.kind === 'bars' ? [...p.lines].reverse() : p.lines;
	return [{}, ...lines.map((l): UPlot.Series => {
		const colour = colourOf(l.colour);
		return p.kind === 'bars'
			? { label: l.label, stroke: colour, fill: colour, width: 0, paths: paths.bars!({ size: [0.86, 40], align: 1 }), points: { show: false } }
			: { label: l.label, stroke: colour, width: 1.5, dash: l.isDashed ? [4, 3] : undefined, spanGaps: false, points: { show: p.columns.x.length < 3, size: 4 } };
	})];
}

function rangeOf(p: ChartProps): [number, number] {
	const x = p.columns.x, first = x[0] ?? 0, last = x[x.length - 1] ?? 1;
	const step = x.length > 1 ? x[1] - x[0] : 60;
	return [first, p.kind === 'bars' ? last + step : Math.max(last, first + step)];
}

function optionsOf(p: ChartProps, width: number, paths: typeof UPlot.paths, latest: { current: ChartProps }): UPlot.Options {
	const ink = colourOf('--muted'), grid = { stroke: colourOf('--line'), width: 1 };
	return {
		width, height: HEIGHT, padding: [8, 18, 0, 0], legend: { show: false }, series: seriesOf(p, paths),
		cursor: { y: false, points: { show: p.kind === 'lines' }, drag: { x: true, y: false, setScale: false } },
		// A bar begins at its time and is a step wide: the last one has its place, too.
		scales: { x: { range: () => rangeOf(latest.current) }, y: { range: (_u, _min, max) => [0, max > 0 ? max * 1.08 : 1] } },
		axes: [
			{ stroke: ink, grid: { show: false }, ticks: { ...grid, size: 4 }, font: FONT, size: 26, space: 64, values: (_u, splits, _i, _space, step) => splits.map((s) => axisText(s, step)) },
			{ stroke: ink, grid, ticks: { show: false }, font: FONT, size: 52, space: 32, values: (_u, values) => values.map((v) => latest.current.format(v)) },
		],
		hooks: {
			setCursor: [(u) => latest.current.onPoint?.(u.cursor.idx ?? null)],
			setSelect: [(u) => {
				const { left, width: w } = u.select;
				if (w > 3)
					latest.current.onBrush?.(u.posToVal(left, 'x') * 1000, u.posToVal(left + w, 'x') * 1000);
				u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
			}],
		},
	};
}

export function Chart(p: ChartProps) {
	const place = useRef<HTMLDivElement>(null);
	const plot = useRef<UPlot | null>(null);
	const latest = useRef(p);
	latest.current = p;
	const [library, setLibrary] = useState<typeof UPlot | null>(null);
	const colours = useStore(theme);
	const [isDark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
	const shape = `${p.kind} ${p.lines.map((l) => l.key + l.colour).join()} ${p.columns.x.length < 3}`;

	useEffect(() => {
		let isHere = true;
		import('uplot').then((m) => { if (isHere) setLibrary(() => m.default); }, () => undefined);
		const query = matchMedia('(prefers-color-scheme: dark)');
		const on = () => setDark(query.matches);
		query.addEventListener('change', on);
		return () => {
			isHere = false;
			query.removeEventListener('change', on);
		};
	}, []);

	useEffect(() => {
		const node = place.current;
		if (!library || !node)
			return;
		const made = plot.current = new library(optionsOf(latest.current, node.clientWidth, library.paths, latest), dataOf(latest.current), node);
		const sizes = new ResizeObserver(() => { if (node.clientWidth > 0) made.setSize({ width: node.clientWidth, height: HEIGHT }); });
		sizes.observe(node);
		return () => {
			sizes.disconnect();
			made.destroy();
			plot.current = null;
		};
	}, [library, shape, colours, isDark]);

	useEffect(() => {
		plot.current?.setData(dataOf(p));
	}, [p.columns]);

	return <div class="chart" ref={place} role="img" aria-label={p.label} />;
}
