// Calls by hour as bars: allowed, asked, refused. For readers of the screen there is the table below it.
import type { Stats } from '../../app/types';
import { count } from '../../ui';

const KINDS: [string, string, string][] = [['allow', 'Allowed', 'good'], ['approve', 'Asked a person', 'info'], ['deny', 'Refused', 'bad']];
const HOUR = 3600;

export function Bars({ stats }: { stats?: Stats }) {
	const end = Math.floor(Date.now() / 1000 / HOUR) * HOUR;
	const hours = Array.from({ length: 24 }, (_, i) => end - (23 - i) * HOUR);
	const at = (key: string, t: number) => stats?.series.find((s) => s.key === key)?.points.filter((p) => p[0] >= t && p[0] < t + HOUR).reduce((n, p) => n + p[1], 0) ?? 0;
	const rows = hours.map((t) => ({ t, n: KINDS.map(([k]) => at(k, t)) }));
	const max = Math.max(1, ...rows.map((r) => r.n.reduce((a, b) => a + b, 0)));
	const label = (t: number) => new Date(t * 1000).toLocaleTimeString('en', { hour: '2-digit', minute: '2-digit', hour12: false });
	return (
		<figure class="bars-figure">
			<div class="bars" aria-hidden="true">
				{rows.map((r) => <div class="bar" key={r.t} title={`${label(r.t)}: ${KINDS.map(([, w], i) => `${w} ${count(r.n[i])}`).join(', ')}`}>
					{KINDS.map(([k, , tone], i) => r.n[i] > 0 && <i key={k} class={`tone-${tone}`} style={{ height: `${Math.max(2, (r.n[i] / max) * 100)}%` }} />)}</div>)}
			</div>
			<div class="bars-axis" aria-hidden="true">{rows.filter((_, i) => i % 6 === 0).map((r) => <span key={r.t}>{label(r.t)}</span>)}<span>now</span></div>
			<figcaption class="row small muted">{KINDS.map(([k, w, tone]) => <span key={k} class={`dot tone-${tone}`}><i aria-hidden="true" />{w}</span>)}<span class="grow" /><span>at most {count(max)} in an hour</span></figcaption>
			<table class="sr-only"><caption>Calls by hour</caption><thead><tr><th>Hour</th>{KINDS.map(([k, w]) => <th key={k}>{w}</th>)}</tr></thead>
				<tbody>{rows.filter((r) => r.n.some(Boolean)).map((r) => <tr key={r.t}><td>{label(r.t)}</td>{r.n.map((n, i) => <td key={i}>{n}</td>)}</tr>)}</tbody></table>
		</figure>
	);
}
