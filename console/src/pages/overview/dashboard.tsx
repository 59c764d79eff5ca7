// What happened within a day, and what waits for somebody.
import { useState } from 'preact/hooks';
import type { ApiError } from '../../app/api';
import { seg } from '../../app/api';
import { waiting } from '../../app/frame';
import { useMay } from '../../app/session';
import { useStore } from '../../app/store';
import { useApi } from '../../app/use';
import type { ToolList, Warning } from '../../app/types';
import { Button, Decision, Icon, Page, Problem, Risk, Section, Stat, StateDot, Table, Time, count, duration, many } from '../../ui';
import { Bars } from './bars';
import type { Seen } from './index';

const PLACES: Record<string, (id: string) => string> = { server: (id) => `/servers/${seg(id)}`, grant: (id) => `/grants/${seg(id)}`, policy: (id) => `/policies/${seg(id)}` };
const RANKS = ['critical', 'high', 'medium', 'low'];
const TONES: Record<string, string> = { critical: 'bad', high: 'bad', medium: 'warn', low: 'info' };

// What the gate warns of, the worst first.
function Look({ warnings, approvals }: { warnings: Warning[]; approvals: number }) {
	const [isAll, setAll] = useState(false);
	const all = [...warnings].sort((a, b) => RANKS.indexOf(a.severity) - RANKS.indexOf(b.severity));
	const shown = isAll ? all : all.slice(0, 5);
	if (!all.length && !approvals)
		return null;
	const to = (w: Warning) => (w.object && PLACES[w.object.type] ? PLACES[w.object.type](w.object.id) + (w.code === 'tools_held' ? '?tab=pins' : '') : undefined);
	return (
		<Section title="Needs a look">
			<ul class="lines looks">
				{approvals > 0 && <li><span class="look tone-info"><Icon name="approval" /></span><span>{many(approvals, 'call')} {approvals === 1 ? 'waits' : 'wait'} for a person.</span><span class="grow" /><Button size="small" href="/approvals">Decide</Button></li>}
				{shown.map((w) => <li key={w.code + w.text}><span class={`look tone-${TONES[w.severity] ?? 'info'}`}><Icon name={w.severity === 'low' ? 'info' : 'warn'} /></span><span class="wrap">{w.text}</span><span class="grow" />{to(w) && <Button size="small" href={to(w)} aria-label={`${w.code === 'tools_held' ? 'Review' : 'Look at'} ${w.object!.id}`}>{w.code === 'tools_held' ? 'Review' : 'Look'}</Button>}</li>)}
				{!isAll && all.length > 5 && <li><button type="button" class="link" onClick={() => setAll(true)}>Show {all.length - 5} more</button></li>}
			</ul>
		</Section>
	);
}

function Servers({ seen }: { seen: Seen }) {
	const list = [...seen.servers].sort((a, b) => Number(b.state === 'down') - Number(a.state === 'down') || (b.calls_today ?? 0) - (a.calls_today ?? 0)).slice(0, 6);
	return (
		<Section title="Servers" actions={<Button size="small" kind="quiet" href="/servers">All {count(seen.serverTotal)}</Button>}>
			<ul class="lines">{list.map((s) => (
				<li key={s.name}><a class="strong mono cut" href={`/servers/${seg(s.name)}`}>{s.name}</a><span class="grow" />
					<span class="muted small nowrap">{s.tools ? many(s.tools.total, 'tool') : ''}</span><StateDot state={s.is_enabled === false ? 'disabled' : s.state} /></li>))}</ul>
		</Section>
	);
}

function Dangerous() {
	const { data } = useApi<ToolList>('/tools', { sort: '-severity', limit: 6 });
	return (
		<Section title="Most dangerous tools" actions={<Button size="small" kind="quiet" href="/tools?sort=-severity">All{data ? ` ${count(data.total)}` : ''}</Button>}>
			<ul class="lines">{(data?.tools ?? []).map((t) => (
				<li key={`${t.server}/${t.name}`}><a class="strong mono cut" href={`/tools/${seg(t.server)}/${seg(t.name)}`}>{t.name}</a><span class="muted small cut">{t.server}</span><span class="grow" /><Risk severity={t.severity} /></li>))}
				{data && !data.tools.length && <li class="muted">No server has told its tools yet.</li>}</ul>
		</Section>
	);
}

function Top({ title, rows }: { title: string; rows: { key: string; label: string; href: string; calls: number }[] }) {
	if (!rows.length)
		return null;
	const max = Math.max(...rows.map((r) => r.calls));
	return (
		<Section title={title}>
			<ul class="ranks">{rows.slice(0, 6).map((r) => (
				<li key={r.key}><a class="cut mono small" href={r.href}>{r.label}</a><span class="num small">{count(r.calls)}</span><i style={{ width: `${Math.max(2, (r.calls / max) * 100)}%` }} /></li>))}</ul>
		</Section>
	);
}

const query = (o: Record<string, string | undefined>) => `/activity?${new URLSearchParams(Object.entries(o).filter((e): e is [string, string] => !!e[1]))}`;

export function Dashboard({ seen, error }: { seen: Seen; error?: ApiError }) {
	const { approvals = seen.status?.approvals?.pending ?? 0 } = useStore(waiting);
	const may = useMay();
	const t = seen.stats?.totals, top = seen.stats?.top;
	const calls = t?.calls, denied = t?.decisions.deny ?? 0, asked = t?.decisions.approve ?? 0;
	const held = seen.servers.reduce((n, s) => n + (s.tools?.held ?? 0), 0);
	const counts = seen.status?.counts?.servers;
	const up = counts?.up ?? seen.servers.filter((s) => s.state === 'up').length;
	const on = counts ? counts.total - counts.disabled : seen.servers.filter((s) => s.is_enabled).length;
	const speed = t?.latency?.calls ? t.latency : undefined;
	return (
		<Page title="Overview" actions={may('manage') ? <><Button icon="plus" href="/servers/add">Add a server</Button><Button icon="key" href="/grants/new">New grant</Button></> : undefined}>
			<Look warnings={seen.status?.warnings ?? []} approvals={approvals} />
			{error && <Problem error={error} />}
			<div class="stats">
				<Stat label="Calls, 24 hours" value={count(calls)} hint={asked ? `${count(asked)} asked a person` : undefined} href="/activity" />
				<Stat label="Refused" value={count(t ? denied : undefined)} tone={denied ? 'bad' : undefined} hint={calls ? `${((denied / calls) * 100).toFixed(denied && denied / calls < 0.1 ? 1 : 0)} % of calls` : undefined} href="/activity?decision=deny" />
				<Stat label="Waiting approvals" value={count(approvals)} tone={approvals ? 'info' : undefined} href="/approvals" />
				<Stat label="Servers up" value={<>{up}<span class="of"> / {on}</span></>} hint={held ? `${many(held, 'tool')} held` : undefined} href="/servers" />
				{speed && <Stat label="Median call" value={duration(speed.p50_us)} hint={speed.gate_p50_us ? `of it the gate ${duration(speed.gate_p50_us)}` : undefined} href="/activity" />}
			</div>
			<Section title="Calls by hour" lead={calls === undefined || calls > 0 ? undefined : 'No call came within the last 24 hours.'}>
				<Bars stats={seen.stats} />
			</Section>
			<div class="cols">
				<Servers seen={seen} />
				<Dangerous />
				<Top title="Rules that refused" rows={(top?.rules ?? []).map((r) => ({ key: `${r.server}${r.rule}`, label: r.rule || '(none)', href: query({ rule: r.rule, server: r.server }), calls: r.calls }))} />
				<Top title="Tools called most" rows={(top?.tools ?? []).filter((r) => r.tool).map((r) => ({ key: `${r.server}/${r.tool}`, label: r.tool, href: query({ tool: r.tool, server: r.server }), calls: r.calls }))} />
			</div>
			<Section title="Last calls" isPlain actions={<Button size="small" kind="quiet" href="/activity">Activity</Button>}>
				<Table label="Last calls" rows={seen.records} keyOf={(r) => r.id} href={(r) => `/activity/${seg(r.id)}`} empty={<p class="muted card">No call yet.</p>} columns={[
					{ key: 'tool', title: 'Call', isMain: true, render: (r) => <a class="mono" href={`/activity/${seg(r.id)}`}>{r['gen_ai.tool.name'] ?? r['mcp.method.name'] ?? '–'}</a> },
					{ key: 'server', title: 'Server', render: (r) => r.server ?? '–' },
					{ key: 'decision', title: 'Decision', render: (r) => <Decision decision={r.decision} /> },
					{ key: 'rule', title: 'Rule', isHiddenOnPhone: true, render: (r) => <code class="small wrap">{r.rule}</code> },
					{ key: 'time', title: 'When', align: 'end', render: (r) => <Time at={r.time} /> },
				]} />
			</Section>
		</Page>
	);
}
