// What happened within a day, and what waits for somebody.
import type { ApiError } from '../../app/api';
import { seg } from '../../app/api';
import { waiting } from '../../app/frame';
import { useMay } from '../../app/session';
import { useStore } from '../../app/store';
import { useApi } from '../../app/use';
import type { Server, ToolList } from '../../app/types';
import { Button, Decision, Note, Page, Problem, Risk, Section, Stat, StateDot, Table, Time, count, duration, many } from '../../ui';
import { Bars } from './bars';
import type { Seen } from './index';

const sum = (totals: Record<string, number> | undefined, ...keys: string[]) => keys.reduce((n, k) => n + (totals?.[k] ?? 0), 0);

function Look({ servers, held, approvals, seen }: { servers: Server[]; held: number; approvals: number; seen: Seen }) {
	const down = servers.filter((s) => s.state === 'down');
	const warnings = (seen.status?.warnings ?? []).map((w) => (typeof w === 'string' ? w : w.detail ?? String(w)));
	if (!down.length && !held && !approvals && !warnings.length)
		return null;
	return (
		<div class="stack-small">
			{approvals > 0 && <Note tone="info" title={`${many(approvals, 'call')} ${approvals === 1 ? 'waits' : 'wait'} for a person`} actions={<Button size="small" href="/approvals">Decide</Button>} />}
			{held > 0 && <Note tone="warn" title={`${many(held, 'tool')} ${held === 1 ? 'is' : 'are'} held back`} actions={<Button size="small" href="/tools?state=held">Review</Button>}>The server has changed what was reviewed, or added something new. Nobody can call it until you accept it.</Note>}
			{down.slice(0, 3).map((s) => <Note key={s.name} tone="bad" title={`${s.name} is down`} actions={<Button size="small" href={`/servers/${seg(s.name)}`}>Look</Button>}>{s.error}</Note>)}
			{down.length > 3 && <Note tone="bad" title={`${down.length - 3} more servers are down`} actions={<Button size="small" href="/servers?state=down">Show them</Button>} />}
			{warnings.map((w) => <Note key={w} tone="warn" title={w} />)}
		</div>
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

function Top({ title, rows, href }: { title: string; rows?: { key: string; count: number }[]; href: (key: string) => string }) {
	if (!rows?.length)
		return null;
	const max = Math.max(...rows.map((r) => r.count));
	return (
		<Section title={title}>
			<ul class="ranks">{rows.slice(0, 6).map((r) => (
				<li key={r.key}><a class="cut mono small" href={href(r.key)}>{r.key || '(none)'}</a><span class="num small">{count(r.count)}</span><i style={{ width: `${Math.max(2, (r.count / max) * 100)}%` }} /></li>))}</ul>
		</Section>
	);
}

export function Dashboard({ seen, error }: { seen: Seen; error?: ApiError }) {
	const { approvals = 0 } = useStore(waiting);
	const may = useMay();
	const t = seen.stats?.totals;
	const allowed = sum(t, 'allow'), denied = sum(t, 'deny'), asked = sum(t, 'approve');
	const calls = t ? Object.values(t).reduce((a, b) => a + b, 0) : undefined;
	const held = seen.servers.reduce((n, s) => n + (s.tools?.held ?? 0), 0);
	const up = seen.servers.filter((s) => s.state === 'up').length;
	const last = seen.stats?.latency?.filter((l) => l.p50_us !== undefined).pop();
	return (
		<Page title="Overview" actions={may('manage') ? <><Button icon="plus" href="/servers/add">Add a server</Button><Button icon="key" href="/grants/new">New grant</Button></> : undefined}>
			<Look servers={seen.servers} held={held} approvals={approvals} seen={seen} />
			{error && <Problem error={error} />}
			<div class="stats">
				<Stat label="Calls, 24 hours" value={count(calls)} hint={asked ? `${count(asked)} asked a person` : undefined} href="/activity" />
				<Stat label="Refused" value={count(t ? denied : undefined)} tone={denied ? 'bad' : undefined} hint={calls ? `${((denied / calls) * 100).toFixed(denied && denied / calls < 0.1 ? 1 : 0)} % of calls` : undefined} href="/activity?decision=deny" />
				<Stat label="Waiting approvals" value={count(approvals)} tone={approvals ? 'info' : undefined} href="/approvals" />
				<Stat label="Servers up" value={<>{up}<span class="of"> / {seen.servers.filter((s) => s.is_enabled !== false).length}</span></>} hint={held ? `${many(held, 'tool')} held` : undefined} href="/servers" />
				{last && <Stat label="Median call" value={duration(last.p50_us)} hint={last.gate_p50_us !== undefined ? `of it the gate ${duration(last.gate_p50_us)}` : undefined} href="/activity" />}
			</div>
			<Section title="Calls by hour" lead={allowed + denied + asked ? undefined : 'No call came within the last 24 hours.'}>
				<Bars stats={seen.stats} />
			</Section>
			<div class="cols">
				<Servers seen={seen} />
				<Dangerous />
				<Top title="Rules that refused" rows={seen.stats?.top?.rules} href={(k) => `/activity?rule=${encodeURIComponent(k)}`} />
				<Top title="Tools called most" rows={seen.stats?.top?.tools} href={(k) => `/activity?tool=${encodeURIComponent(k)}`} />
			</div>
			<Section title="Last calls" isPlain actions={<Button size="small" kind="quiet" href="/activity">Activity</Button>}>
				<Table label="Last calls" rows={seen.records} keyOf={(r) => r.id} href={(r) => `/activity/${seg(r.id)}`} empty={<p class="muted card">No call yet.</p>} columns={[
					{ key: 'tool', title: 'Call', isMain: true, render: (r) => <a class="mono" href={`/activity/${seg(r.id)}`}>{r['gen_ai.tool.name'] ?? r['mcp.method.name'] ?? '–'}</a> },
					{ key: 'server', title: 'Server', render: (r) => String(r.server ?? r['gatehouse.server'] ?? '–') },
					{ key: 'decision', title: 'Decision', render: (r) => <Decision decision={String(r.decision ?? r['gatehouse.decision'] ?? '')} /> },
					{ key: 'rule', title: 'Rule', isHiddenOnPhone: true, render: (r) => <code class="small wrap">{String(r.rule ?? r['gatehouse.rule'] ?? '')}</code> },
					{ key: 'time', title: 'When', align: 'end', render: (r) => <Time at={r.time} /> },
				]} />
			</Section>
		</Page>
	);
}
