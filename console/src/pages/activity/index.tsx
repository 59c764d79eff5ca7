// All calls, as they happen and as they were: filters in the address, charts above, one whole beside.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { isLive } from '../../app/events';
import { usePageKeys } from '../../app/keys';
import { navigate, usePlace } from '../../app/router';
import { useMay } from '../../app/session';
import { useStore } from '../../app/store';
import { useApi, useRested } from '../../app/use';
import { Badge, Button, Decision, Drawer, Empty, Icon, Menu, Note, Page, Problem, SearchField, Select, Table, Time, count, duration, many, type Column } from '../../ui';
import { Charts } from './charts';
import { FIELD_LABEL, chipsOf, exportHref, filterOf, isFiltered, searchOf, type Field, type Filter } from './filter';
import { Call, OUTCOME_TONE } from './call';
import { isMoving } from './range';
import { RangeMenu, momentText } from './ranges';
import { DECISIONS, OUTCOMES, decisionWord, grantOf, outcomeLabel, targetOf, type CallRecord } from './record';
import { useRecords } from './useRecords';

function put(filter: Filter) {
	const search = searchOf(filter);
	// What else stands in the address is not the filter's: the chart that is open.
	const chart = new URLSearchParams(location.search).get('chart');
	if (chart)
		search.set('chart', chart);
	const text = search.toString();
	navigate(`/activity${text ? `?${text}` : ''}`, { replace: true });
}

const clock = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const day = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric' });

function When({ at }: { at: string }) {
	const d = new Date(at);
	const isToday = d.toDateString() === new Date().toDateString();
	return <time dateTime={at} title={d.toLocaleString('en')} class="num nowrap">{!isToday && <span class="muted">{day.format(d)} </span>}{clock.format(d)}</time>;
}

// A cell that narrows the list when it is pressed.
function Narrow({ field, value, filter, children }: { field: Field; value: string | undefined; filter: Filter; children: preact.ComponentChildren }) {
	if (!value)
		return <>{children}</>;
	return <button type="button" class="narrow" title={`Only ${FIELD_LABEL[field].toLowerCase()} ${value}`} onClick={() => put({ ...filter, [field]: value })}>{children}</button>;
}

function columnsOf(filter: Filter, fresh: ReadonlySet<string>, onOpen: (r: CallRecord) => void): Column<CallRecord>[] {
	return [
		{ key: 'target', title: 'Call', isMain: true, width: '26%', render: (r) => <a href={`/activity/${r.id}`} class={fresh.has(r.id) ? 'is-fresh' : ''} onClick={(e) => { if (!e.metaKey && !e.ctrlKey && e.button === 0) { e.preventDefault(); onOpen(r); } }}><code>{targetOf(r)}</code></a> },
		{ key: 'server', title: 'Server', width: '12%', render: (r) => <Narrow field="server" value={r.server} filter={filter}>{r.server}</Narrow> },
		{ key: 'grant', title: 'Grant', width: '15%', render: (r) => <Narrow field="grant" value={r['grant.id']} filter={filter}>{grantOf(r)}</Narrow> },
		{ key: 'decision', title: 'Decision', width: '112px', render: (r) => <Decision decision={r.decision} label={decisionWord(r)} /> },
		{ key: 'rule', title: 'Why', width: '22%', render: (r) => (r.decision === 'allow' && r.outcome !== 'ok' && r.outcome ? <Badge tone={OUTCOME_TONE[r.outcome]}>{outcomeLabel(r.outcome)}</Badge> : r.decision === 'allow' ? <span class="muted">OK</span> : <span title={r.rule}>{r.message || r.rule}</span>) },
		{ key: 'duration', title: 'Took', align: 'end', width: '96px', isHiddenOnPhone: true, render: (r) => (r.duration_us ? <span class="nowrap">{duration(r.duration_us)}</span> : <span class="muted">–</span>) },
		{ key: 'time', title: 'Time', align: 'end', width: '128px', render: (r) => <When at={r.time} /> },
	];
}

function useNames() {
	const servers = useApi<{ servers: { name: string }[] }>('/servers', { limit: 200 });
	const grants = useApi<{ grants: { id: string; label: string }[] }>('/grants', { limit: 200 });
	return { servers: servers.data?.servers.map((s) => s.name) ?? [], grants: grants.data?.grants ?? [] };
}

function Filters({ filter, names }: { filter: Filter; names: ReturnType<typeof useNames> }) {
	const [q, setQ] = useState(filter.q ?? '');
	const rested = useRested(q, 300);
	const isOwn = useRef(false);
	useEffect(() => { if (!isOwn.current) setQ(filter.q ?? ''); isOwn.current = false; }, [filter.q]);
	useEffect(() => {
		if (rested !== (filter.q ?? '')) {
			isOwn.current = true;
			put({ ...filter, q: rested || undefined });
		}
	}, [rested]);
	const set = (field: Field) => (value: string) => put({ ...filter, [field]: value || undefined });
	const serverChoices = filter.server && !names.servers.includes(filter.server) ? [filter.server, ...names.servers] : names.servers;
	return (
		<div class="filters activity-filters">
			<RangeMenu range={filter.range} onChange={(range) => put({ ...filter, range })} />
			<Select label="Decision" isLabelHidden value={filter.decision ?? ''} onChange={set('decision')} options={[{ value: '', label: 'Any decision' }, ...DECISIONS]} />
			<Select label="Outcome" isLabelHidden value={filter.outcome ?? ''} onChange={set('outcome')} options={[{ value: '', label: 'Any outcome' }, ...OUTCOMES]} />
			<Select label="Server" isLabelHidden value={filter.server ?? ''} onChange={set('server')} options={[{ value: '', label: 'Any server' }, ...serverChoices]} />
			<Select label="Grant" isLabelHidden value={filter.grant ?? ''} onChange={set('grant')} options={[{ value: '', label: 'Any grant' }, ...names.grants.map((g) => ({ value: g.id, label: g.label || g.id.slice(0, 8) }))]} />
			<SearchField label="Search tool, rule, message, person" value={q} onInput={setQ} />
		</div>
	);
}

function Chips({ filter, names }: { filter: Filter; names: ReturnType<typeof useNames> }) {
	const chips = chipsOf(filter, (id) => names.grants.find((g) => g.id === id)?.label || id.slice(0, 8));
	if (chips.length === 0)
		return null;
	return (
		<div class="chips" aria-label="Filters in use">
			{chips.map((c) => <button key={c.field} type="button" class="chip" aria-label={`Remove the filter ${c.label}: ${c.value}`} onClick={() => put({ ...filter, [c.field]: undefined })}><span class="muted">{c.label}</span> {c.value} <Icon name="close" size={12} /></button>)}
			{chips.length > 1 && <button type="button" class="link small" onClick={() => put({ range: filter.range })}>Remove all</button>}
		</div>
	);
}

// True while the reader has scrolled into the list: then nothing is put in above.
function useScrolledPast() {
	const ref = useRef<HTMLDivElement>(null);
	const [isPast, set] = useState(false);
	useEffect(() => {
		const look = () => set((ref.current?.getBoundingClientRect().top ?? 1) < 0);
		addEventListener('scroll', look, { passive: true });
		return () => removeEventListener('scroll', look);
	}, []);
	return { ref, isPast };
}

function LiveBar({ filter, isPaused, onPause, isPast, waiting, onRelease }: { filter: Filter; isPaused: boolean; onPause: (p: boolean) => void; isPast: boolean; waiting: number; onRelease: () => void }) {
	const live = useStore(isLive);
	if (!isMoving(filter.range))
		return <div class="livebar"><span class="muted">A time that is over: nothing new comes in.</span><button type="button" class="link" onClick={() => put({ ...filter, range: { last: '1h' } })}>Go live</button></div>;
	return (
		<div class="livebar">
			<span class={`dot ${!live ? 'tone-bad' : isPaused ? '' : 'tone-good is-beating'}`}><i aria-hidden="true" />{!live ? 'Not connected, trying again' : isPaused ? 'Paused' : isPast ? 'Live, held while you read' : 'Live'}</span>
			<Button size="small" icon={isPaused ? 'play' : undefined} aria-keyshortcuts="p" onClick={() => onPause(!isPaused)}>{isPaused ? 'Resume' : 'Pause'}</Button>
			<span class="sr-only" role="status" aria-live="polite">{waiting > 0 ? `${waiting} new calls wait` : ''}</span>
			{waiting > 0 && <button type="button" class={`new-pill ${isPast ? 'is-floating' : ''}`} onClick={onRelease}><Icon name="up" size={14} /> {count(waiting)} new</button>}
		</div>
	);
}

export default function Activity() {
	const { search } = usePlace();
	const filter = useMemo(() => filterOf(new URLSearchParams(search)), [search]);
	const may = useMay(), names = useNames();
	const [isPaused, setPaused] = useState(false);
	const [open, setOpen] = useState<CallRecord | null>(null);
	const { ref: top, isPast } = useScrolledPast();
	const list = useRecords(filter, isPaused || isPast || open !== null);
	usePageKeys({ p: { label: 'Pause or resume', run: () => setPaused((p) => !p) } });
	const release = () => {
		list.release();
		setPaused(false);
		top.current?.scrollIntoView({ block: 'start' });
	};
	// Coming back to the top is asking for what waits.
	useEffect(() => { if (!isPaused && !isPast && !open) list.release(); }, [isPaused, isPast, open === null]);
	const columns = useMemo(() => columnsOf(filter, list.fresh, setOpen), [filter, list.fresh]);
	const shown = open && (list.rows.find((r) => r.id === open.id) ?? open);
	const filtered = isFiltered(filter);
	return (
		<Page title="Activity" lead="Every call that agents made, with the rule that decided it." actions={may('audit', '*') && (
			<Menu label="Export" class="btn btn-default" items={[
				{ label: 'As CSV', icon: 'download', hint: 'For a spreadsheet', onSelect: () => location.assign(exportHref(filter, 'csv', Date.now())) },
				{ label: 'As JSON lines', icon: 'download', hint: 'One record a line, for programs', onSelect: () => location.assign(exportHref(filter, 'jsonl', Date.now())) },
			]}><Icon name="download" size={16} /><span>Export</span><Icon name="down" size={14} /></Menu>)}>
			<Filters filter={filter} names={names} />
			<Charts range={filter.range} onRange={(range) => put({ ...filter, range })} onRule={(rule) => put({ ...filter, rule })} />
			<Chips filter={filter} names={names} />
			<div ref={top} class="list-top" />
			<LiveBar filter={filter} isPaused={isPaused} onPause={setPaused} isPast={isPast} waiting={list.waiting.length} onRelease={release} />
			{list.lost > 0 && <Note tone="info" actions={<Button size="small" icon="refresh" onClick={list.reload}>Read again</Button>}>More calls came than can be shown one by one. None is lost: read the list again to see them all.</Note>}
			{list.error ? <Problem error={list.error} onRetry={list.reload} /> : (
				<Table label="Calls, the newest first" columns={columns} rows={list.rows as CallRecord[]} keyOf={(r) => r.id} onRow={setOpen} onEnd={list.more} isLoading={list.isLoading}
					empty={<Empty icon="activity" title={filtered ? 'No call fits these filters' : 'No calls in this time'}
						actions={filtered ? <Button onClick={() => put({ range: filter.range })}>Remove the filters</Button> : <Button href="/grants">Give an agent access</Button>}>
						<p>{filtered ? 'Remove one, or choose a longer time.' : 'Point an agent at the gate with a grant, and its calls appear here as they happen.'}</p>
						{list.searchedTo && <p>Searched back to <Time at={list.searchedTo} as="exact" />.</p>}
					</Empty>} />)}
			{list.hasMore && !list.isLoading && <div class="more"><Button onClick={list.more}>Show older</Button>{list.searchedTo && <span class="muted">searched back to {momentText(Date.parse(list.searchedTo))}</span>}</div>}
			{!list.hasMore && list.rows.length > 0 && !list.isLoading && <p class="muted more">{many(list.rows.length, 'call')}, all there are.</p>}
			{shown && <Drawer title={targetOf(shown)} onClose={() => setOpen(null)} footer={<Button href={`/activity/${shown.id}`} icon="external">Open as a page</Button>}><Call r={shown} /></Drawer>}
		</Page>
	);
}
