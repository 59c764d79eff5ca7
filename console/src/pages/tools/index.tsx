// Everything that agents could call, of all servers.
import { useState } from 'preact/hooks';
import { seg } from '../../app/api';
import { useEvent } from '../../app/events';
import { useQuery } from '../../app/router';
import { useApi, usePages, useRested } from '../../app/use';
import type { Facets, Grant, Server, ToolRow } from '../../app/types';
import { Badge, Button, Column, Decision, Empty, Note, Page, Problem, Risk, SearchField, Select, Table, count, many } from '../../ui';
import { CategoryBadge, PinBadge, categoryWord, labelWord } from '../../parts/tool_bits';

// What the category does not say already.
function Notable({ labels }: { labels: string[] }) {
	const all = labels.filter((l) => l !== 'destroys' && l !== 'spends');
	return all.length ? <span class="row nowrap-row"><Badge>{labelWord(all[0])}</Badge>{all.length > 1 && <span class="muted small" title={all.slice(1).map(labelWord).join(', ')}>+{all.length - 1}<span class="sr-only"> {all.slice(1).map(labelWord).join(', ')}</span></span>}</span> : <span class="muted">–</span>;
}

const base: Column<ToolRow>[] = [
	{ key: 'name', title: 'Tool', isSorted: true, isMain: true, render: (t) => <div class="tried-text"><a class="mono cut" href={`/tools/${seg(t.server)}/${seg(t.name)}`}>{t.name}</a><span class="muted small cut">{t.description}</span></div> },
	{ key: 'server', title: 'Server', isSorted: true, width: '120px', render: (t) => <a class="mono cut" href={`/servers/${seg(t.server)}`}>{t.server}</a> },
	{ key: 'severity', title: 'Risk', isSorted: true, width: '125px', render: (t) => <Risk severity={t.severity} /> },
	{ key: 'category', title: 'Does', width: '110px', render: (t) => <CategoryBadge category={t.category} /> },
	{ key: 'labels', title: 'Notable', width: '170px', isHiddenOnPhone: true, render: (t) => <Notable labels={t.labels ?? []} /> },
	{ key: 'state', title: 'Review', width: '135px', render: (t) => <PinBadge state={t.state} /> },
	{ key: 'calls', title: 'Calls', isSorted: true, align: 'end', width: '80px', render: (t) => count(t.calls ?? 0) },
];

const decision: Column<ToolRow> = { key: 'decision', title: 'Decision', width: '130px', render: (t) => (t.grants?.[0] ? <Decision decision={t.grants[0].decision} /> : <span class="muted">–</span>) };

const SEVERITIES = ['critical', 'high', 'medium', 'low'];
const CATEGORIES = ['destructive', 'financial', 'execute', 'write', 'read', 'unknown'];
const STATES: [string, string][] = [['held', 'Held back'], ['new', 'New'], ['changed', 'Changed'], ['rejected', 'Rejected'], ['ok', 'Reviewed']];
const LABELS = ['reads_private', 'reads_untrusted', 'sends_out', 'destroys', 'spends'];
const DECISIONS = [{ value: '', label: 'Any decision' }, { value: 'allow', label: 'Allowed' }, { value: 'conditional', label: 'Depends' }, { value: 'approve', label: 'Asks first' }, { value: 'deny', label: 'Refused' }, { value: 'hidden', label: 'Hidden' }];

const option = (facets: Facets | undefined, name: string) => (value: string, label: string) => ({ value, label: facets?.[name]?.[value] !== undefined ? `${label} (${count(facets[name][value])})` : label });

export default function Tools() {
	const [f, set] = useQuery('q', 'server', 'severity', 'category', 'label', 'state', 'grant', 'decision', 'sort');
	const [typed, setTyped] = useState(f.q);
	const q = useRested(typed);
	const servers = useApi<{ servers: Server[] }>('/servers', { limit: 200 });
	const grants = useApi<{ grants: Grant[] }>('/grants', { limit: 200, state: 'valid' });
	const sort = f.sort || '-severity';
	const list = usePages<ToolRow>('/tools', 'tools', { ...f, q, sort, decision: f.grant ? f.decision : '', limit: 200 });
	useEvent('pins', () => list.reload());
	const facets = list.first?.facets as Facets | undefined;
	const isFiltered = !!(typed || f.server || f.severity || f.category || f.label || f.state || f.grant);
	const clear = () => { setTyped(''); set({ q: '', server: '', severity: '', category: '', label: '', state: '', grant: '', decision: '' }); };
	return (
		<Page title="Tools" lead="Everything that the servers offer: what it can do, how dangerous that is, whether it is as it was reviewed, and who may call it.">
			<div class="filters">
				<SearchField label="Search tools" value={typed} onInput={(v) => { setTyped(v); set({ q: v }); }} placeholder="Name, description, server" />
				<Select label="Risk" isLabelHidden value={f.severity} onChange={(v) => set({ severity: v })} options={[{ value: '', label: 'Any risk' }, ...SEVERITIES.map((s) => option(facets, 'severity')(s, s[0].toUpperCase() + s.slice(1)))]} />
				<Select label="What it does" isLabelHidden value={f.category} onChange={(v) => set({ category: v })} options={[{ value: '', label: 'Any effect' }, ...CATEGORIES.map((c) => option(facets, 'category')(c, categoryWord(c)))]} />
				<Select label="Notable" isLabelHidden value={f.label} onChange={(v) => set({ label: v })} options={[{ value: '', label: 'Any note' }, ...LABELS.map((l) => option(facets, 'label')(l, labelWord(l)))]} />
				<Select label="Review" isLabelHidden value={f.state} onChange={(v) => set({ state: v })} options={[{ value: '', label: 'Any review' }, ...STATES.map(([v, l]) => option(facets, 'state')(v, l))]} />
				<Select label="Server" isLabelHidden value={f.server} onChange={(v) => set({ server: v })} options={[{ value: '', label: 'All servers' }, ...(servers.data?.servers ?? []).map((s) => s.name)]} />
				<Select label="Grant" isLabelHidden value={f.grant} onChange={(v) => set({ grant: v, decision: v ? f.decision : '' })} options={[{ value: '', label: 'Any grant' }, ...(grants.data?.grants ?? []).map((g) => ({ value: g.label, label: g.label }))]} />
				{f.grant && <Select label="Decision" isLabelHidden value={f.decision} onChange={(v) => set({ decision: v })} options={DECISIONS} />}
				{isFiltered && <Button kind="quiet" size="small" icon="close" onClick={clear}>Clear</Button>}
				<span class="grow" />{list.total !== undefined && <span class="muted small" role="status">{many(list.total, 'tool')}</span>}
			</div>
			{!isFiltered && Number(list.first?.unknown_servers) > 0 && <Note title={`${many(Number(list.first!.unknown_servers), 'server')} ${list.first!.unknown_servers === 1 ? 'has' : 'have'} not told ${list.first!.unknown_servers === 1 ? 'its' : 'their'} tools yet`} actions={<Button size="small" href="/servers?state=unknown">Show</Button>}>Tools are known as soon as a server was asked: by a client, or by “Check now” on its page.</Note>}
			{list.error ? <Problem error={list.error} onRetry={list.reload} /> : (
				<Table label="Tools" rows={list.rows} keyOf={(t) => `${t.server}\n${t.name}`} columns={f.grant ? [...base.slice(0, 4), decision, ...base.slice(5)] : base} rowHeight={58} isFixed
					href={(t) => `/tools/${seg(t.server)}/${seg(t.name)}`} sort={sort} onSort={(v) => set({ sort: v })} onEnd={list.more} isLoading={list.isLoading && !list.rows.length}
					empty={isFiltered ? <Empty icon="search" title="No tool fits these filters" actions={<Button onClick={clear}>Clear the filters</Button>} />
						: <Empty icon="tool" title="No tools are known yet" actions={<Button kind="primary" href="/servers">To the servers</Button>}>As soon as a server behind the gate was asked, its tools show here.</Empty>} />)}
		</Page>
	);
}
