// What happened, as charts: calls, refusals by rule, latency, quota left. Each has its table.
import { useEffect, useState } from 'preact/hooks';
import { useEvent } from '../../app/events';
import { useApi } from '../../app/use';
import { useQuery } from '../../app/router';
import { Empty, Problem, Skeleton, TabPanel, Tabs, Time, count, duration } from '../../ui';
import { Chart, type Line } from './Chart';
import { boundsOf, brushed, isMoving, stepOf, type Range } from './range';
import { momentText } from './ranges';
import { countColumns, latencyColumns, scarcest, sumOf, tableRows, topKeys, type Columns, type Limit, type Stats } from './series';

const DECISION_LINES: Line[] = [
	{ key: 'allow', label: 'Allowed', colour: '--chart-allow' },
	{ key: 'approve', label: 'Asked', colour: '--chart-ask' },
	{ key: 'deny', label: 'Refused', colour: '--chart-deny' },
];
const LATENCY_LINES: Line[] = [
	{ key: 'p50_us', label: 'Half are faster than', colour: '--chart-1' },
	{ key: 'p95_us', label: '95% are faster than', colour: '--chart-2' },
	{ key: 'p99_us', label: '99% are faster than', colour: '--chart-3' },
	{ key: 'gate_p50_us', label: 'The gate’s own part', colour: '--chart-gate', isDashed: true },
];
const REFRESH_MS = 10_000;
const TABLE_ROWS = 24;

const whole = (v: number): string => (Number.isInteger(v) ? count(v) : '');
const millis = (v: number): string => duration(v * 1000);

// Read again while calls happen, and not more often than the eye wants.
function useStats(range: Range, by: string) {
	const [turn, setTurn] = useState(() => Date.now());
	const key = JSON.stringify(range);
	useEffect(() => setTurn(Date.now()), [key]);
	const [isDue, setDue] = useState(false);
	useEvent('record', () => { if (isMoving(range)) setDue(true); });
	useEffect(() => {
		if (!isDue)
			return;
		const timer = setTimeout(() => { setDue(false); setTurn(Date.now()); }, REFRESH_MS);
		return () => clearTimeout(timer);
	}, [isDue]);
	const { since, until } = boundsOf(range, turn);
	const step = stepOf(since, until);
	const loaded = useApi<Stats>('/stats', { since: new Date(since).toISOString(), until: new Date(until).toISOString(), step, by });
	return { ...loaded, since, until };
}

function ChartTable({ columns, lines, format, onRange, isMean }: { columns: Columns; lines: Line[]; format: (v: number) => string; onRange: (r: Range) => void; isMean?: boolean }) {
	const each = Math.max(1, Math.ceil(columns.x.length / TABLE_ROWS));
	return (
		<details class="chart-table">
			<summary>As a table</summary>
			<div class="table-scroll" tabIndex={0} role="region" aria-label="The chart as a table">
				<table class="table table-dense">
					<thead><tr><th scope="col">From</th>{lines.map((l) => <th key={l.key} scope="col" class="at-end">{l.label}</th>)}<th scope="col"><span class="sr-only">Show</span></th></tr></thead>
					<tbody>{tableRows(columns, TABLE_ROWS).map((row) => (
						<tr key={row.from}><th scope="row">{momentText(row.from * 1000)}</th>{row.values.map((v, i) => <td key={lines[i].key} class="at-end">{isMean ? (v > 0 ? format(v / each) : '–') : format(v)}</td>)}
							<td class="at-end"><button type="button" class="link" onClick={() => onRange(brushed(row.from * 1000, row.to * 1000, Date.now()))}>Show</button></td></tr>))}</tbody>
				</table>
			</div>
		</details>
	);
}

// The names of the lines, with what they come to, or what they are under the pointer.
function Legend({ columns, lines, at, format, isMean }: { columns: Columns; lines: Line[]; at: number | null; format: (v: number) => string; isMean?: boolean }) {
	return (
		<div class="legend">
			{lines.map((l, i) => {
				const column = columns.y[i] ?? [];
				const v = at === null ? (isMean ? null : sumOf(column)) : column[at] ?? null;
				return <span key={l.key} class="legend-item"><i class={l.isDashed ? 'is-dashed' : ''} style={{ background: `var(${l.colour})` }} />{l.label}{v !== null && <b>{format(v)}</b>}</span>;
			})}
			<span class="legend-at muted">{at !== null && columns.x[at] !== undefined ? momentText(columns.x[at] * 1000) : 'Drag over the chart to look closer'}</span>
		</div>
	);
}

interface PanelProps { range: Range; onRange: (r: Range) => void }

function Drawn({ columns, lines, kind, label, format, onRange, isMean }: PanelPropsOf) {
	const [at, setAt] = useState<number | null>(null);
	return (
		<>
			<Legend columns={columns} lines={lines} at={at} format={format} isMean={isMean} />
			<Chart columns={columns} lines={lines} kind={kind} label={label} format={isMean ? format : whole} onPoint={setAt} onBrush={(a, b) => onRange(brushed(a, b, Date.now()))} />
			<ChartTable columns={columns} lines={lines} format={format} onRange={onRange} isMean={isMean} />
		</>
	);
}
interface PanelPropsOf { columns: Columns; lines: Line[]; kind: 'bars' | 'lines'; label: string; format: (v: number) => string; onRange: (r: Range) => void; isMean?: boolean }

const QUIET = <Empty icon="activity" title="No calls in this time"><p>Choose a longer time, or make a call with an agent: it appears here at once.</p></Empty>;

function Calls({ range, onRange }: PanelProps) {
	const s = useStats(range, 'decision');
	if (s.error)
		return <Problem error={s.error} onRetry={s.reload} />;
	if (!s.data)
		return <Skeleton rows={5} />;
	const columns = countColumns(s.data, s.since, s.until, DECISION_LINES.map((l) => l.key));
	const sums = columns.y.map(sumOf);
	if (sums.every((n) => n === 0))
		return QUIET;
	return <Drawn columns={columns} lines={DECISION_LINES} kind="bars" format={count} onRange={onRange} label={`Calls over time: ${sums.map((n, i) => `${count(n)} ${DECISION_LINES[i].label.toLowerCase()}`).join(', ')}`} />;
}

function Refusals({ range, onRange, onRule }: PanelProps & { onRule: (rule: string) => void }) {
	const s = useStats(range, 'rule');
	if (s.error)
		return <Problem error={s.error} onRetry={s.reload} />;
	if (!s.data)
		return <Skeleton rows={5} />;
	const keys = topKeys(s.data, 7).filter(Boolean).slice(0, 6);
	if (keys.length === 0)
		return <Empty icon="policy" title="No rule decided a call in this time" />;
	const lines = keys.map((key, i): Line => ({ key, label: key, colour: `--chart-${i + 1}` }));
	const columns = countColumns(s.data, s.since, s.until, keys);
	return (
		<>
			<Drawn columns={columns} lines={lines} kind="bars" format={count} onRange={onRange} label={`Calls by the rule that decided: ${keys.map((k, i) => `${k} ${sumOf(columns.y[i])}`).join(', ')}`} />
			<p class="small muted">Show the calls of one rule: {keys.map((k) => <button key={k} type="button" class="chip" onClick={() => onRule(k)}><code>{k}</code></button>)}</p>
		</>
	);
}

function Latency({ range, onRange }: PanelProps) {
	const s = useStats(range, 'decision');
	if (s.error)
		return <Problem error={s.error} onRetry={s.reload} />;
	if (!s.data)
		return <Skeleton rows={5} />;
	if (!s.data.latency?.length)
		return QUIET;
	return <Drawn columns={latencyColumns(s.data, s.since, s.until)} lines={LATENCY_LINES} kind="lines" format={millis} isMean onRange={onRange} label="How long calls took, over time: median, 95th and 99th percentile, and the gate's own part" />;
}

export function QuotaBars({ grant, isAlone }: { grant?: string; isAlone?: boolean }) {
	const l = useApi<{ limits: Limit[] }>('/limits', { grant });
	if (l.error)
		return <Problem error={l.error} onRetry={l.reload} />;
	if (!l.data)
		return <Skeleton rows={4} />;
	if (l.data.limits.length === 0)
		return <Empty icon="clock" title="No limits"><p>Policies can say how often a tool may be called, or how much may be spent, in a minute, an hour or a day. What is left of it then stands here.</p></Empty>;
	return (
		<div class="table-scroll"><table class="table table-dense quota">
			<thead><tr>{!isAlone && <th scope="col">Grant</th>}<th scope="col">Limit</th><th scope="col">Left</th><th scope="col" class="at-end">Full again</th></tr></thead>
			<tbody>{scarcest(l.data.limits).slice(0, 100).map((q) => {
				const left = Number(q.left), max = Number(q.max), share = max > 0 ? Math.max(0, Math.min(1, left / max)) : 0;
				return (
					<tr key={`${q.grant} ${q.server} ${q.pointer} ${q.counter}`}>
						{!isAlone && <td data-label="Grant"><a href={`/grants/${q.grant}`}>{q.label || q.grant.slice(0, 8)}</a></td>}
						<td data-label="Limit"><span><a href={q.policy ? `/policies/${encodeURIComponent(q.policy)}?at=${encodeURIComponent(q.pointer)}` : undefined}><code>{q.pointer}</code></a> <span class="muted">{q.server}{q.window && ` · ${q.window}`}</span></span></td>
						<td data-label="Left"><span class="quota-left"><span class={`quota-bar ${share <= 0.1 ? 'is-low' : ''}`} aria-hidden="true"><i style={{ width: `${share * 100}%` }} /></span><span class="num">{count(left)} of {count(max)}</span></span></td>
						<td data-label="Full again" class="at-end">{q.resets_at ? <Time at={q.resets_at} /> : '–'}</td>
					</tr>);
			})}</tbody>
		</table></div>
	);
}

const TABS = [{ id: 'calls', label: 'Calls' }, { id: 'refusals', label: 'By rule' }, { id: 'latency', label: 'Latency' }, { id: 'quota', label: 'Quota left' }];

export function Charts({ range, onRange, onRule }: PanelProps & { onRule: (rule: string) => void }) {
	const [{ chart }, setQuery] = useQuery('chart');
	const at = TABS.some((t) => t.id === chart) ? chart : 'calls';
	return (
		<section class="card charts" aria-label="Charts of all calls that you may see">
			<Tabs label="Charts" prefix="chart" items={TABS} value={at} onChange={(id) => setQuery({ chart: id === 'calls' ? '' : id })} />
			<TabPanel value={at} prefix="chart">
				{at === 'calls' && <Calls range={range} onRange={onRange} />}
				{at === 'refusals' && <Refusals range={range} onRange={onRange} onRule={onRule} />}
				{at === 'latency' && <Latency range={range} onRange={onRange} />}
				{at === 'quota' && <QuotaBars />}
			</TabPanel>
		</section>
	);
}
