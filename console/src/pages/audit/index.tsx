// Who changed what, with before and after; and whether the records are whole.
import { useState } from 'preact/hooks';
import { useEvent } from '../../app/events';
import { useQuery } from '../../app/router';
import { useMay } from '../../app/session';
import { usePages, useRested } from '../../app/use';
import type { Change } from '../../app/types';
import { Badge, Button, DifferenceView, Empty, Icon, Page, Problem, SearchField, Section, Select, Skeleton, Time } from '../../ui';
import { Chain } from './chain';
import { DIFFERENCES_MAX, OBJECT_TYPES, differenceOf, hrefOf, sentenceOf } from './changes';

function Entry({ c }: { c: Change }) {
	const [isOpen, setOpen] = useState(false);
	const href = hrefOf(c);
	const items = isOpen ? differenceOf(c.before, c.after) : [];
	const hasMore = c.before !== undefined || c.after !== undefined;
	const name = c.who.name || c.who.id || 'Somebody';
	return (
		<li class="change">
			<div class="change-head">
				<span class="face" aria-hidden="true" data-letter={name.slice(0, 1).toUpperCase()} />
				<p><strong>{name}</strong>{c.who.kind !== 'user' && <> <Badge>{c.who.kind === 'local' ? 'on the machine' : c.who.kind}</Badge></>} {sentenceOf(c)} {c.note && <q>{c.note}</q>}</p>
				<span class="change-side"><Time at={c.time} />{href && <a href={href} aria-label={`Open ${c.object.type} ${c.object.id}`}>Open</a>}
					{hasMore && <button type="button" class="link" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>{isOpen ? 'Hide' : 'What changed'}</button>}</span>
			</div>
			{isOpen && <div class="change-body"><DifferenceView items={items} from="Before" to="After" />{items.length >= DIFFERENCES_MAX && <p class="muted small">The first {DIFFERENCES_MAX} differences.</p>}<p class="muted small"><code>{c.action}</code> · <Time at={c.time} as="exact" /> · <code class="wrap">{c.id}</code></p></div>}
		</li>
	);
}

const SINCE: { value: string; label: string }[] = [{ value: '', label: 'Any time' }, { value: '1', label: 'Last day' }, { value: '7', label: 'Last 7 days' }, { value: '30', label: 'Last 30 days' }];

function Changes() {
	const [{ who, what, days }, setQuery] = useQuery('who', 'what', 'days');
	// Rounded, so that the question stays the same while one looks at its answer.
	const since = days ? new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 - Number(days) * 86_400_000).toISOString() : undefined;
	const list = usePages<Change>('/changes', 'changes', { who: useRested(who), what: what ? `${what}.` : undefined, since, limit: 50 });
	const [isNew, setNew] = useState(false);
	useEvent('change', () => setNew(true));
	const isFiltered = !!(who || what || days);
	return (
		<Section title="Changes" lead="Everything that people and tokens changed. Secrets are left out.">
			<div class="filters">
				<SearchField label="Who" placeholder="Name of a person" value={who} onInput={(v) => setQuery({ who: v })} />
				<Select label="What" isLabelHidden value={what} onChange={(v) => setQuery({ what: v })} options={[{ value: '', label: 'Anything' }, ...OBJECT_TYPES]} />
				<Select label="When" isLabelHidden value={days} onChange={(v) => setQuery({ days: v })} options={SINCE} />
				{isNew && <button type="button" class="new-pill" onClick={() => { setNew(false); list.reload(); }}><Icon name="up" size={14} /> Show new ones</button>}
			</div>
			{list.error ? <Problem error={list.error} onRetry={list.reload} /> : list.isLoading && list.rows.length === 0 ? <Skeleton rows={6} /> : list.rows.length === 0
				? <Empty icon="audit" title={isFiltered ? 'No change fits' : 'Nothing was changed yet'} actions={isFiltered ? <Button onClick={() => setQuery({ who: '', what: '', days: '' })}>Show all</Button> : undefined}><p>{isFiltered ? 'Remove a filter, or choose a longer time.' : 'Whatever somebody adds, changes or removes here is kept with what it was before and after.'}</p></Empty>
				: <ul class="changes">{list.rows.map((c) => <Entry key={c.id} c={c} />)}</ul>}
			{list.hasMore && <div class="more"><Button onClick={list.more} isBusy={list.isLoading}>Show older</Button></div>}
		</Section>
	);
}

export default function Audit() {
	const may = useMay();
	if (!may('audit'))
		return <Page title="Audit"><Empty icon="audit" title="This is for auditors and admins"><p>Ask an administrator for the role auditor. What agents did stands in <a href="/activity">Activity</a>.</p></Empty></Page>;
	return <Page title="Audit" lead="Proof that records are as they were written, and who changed what."><Chain /><Changes /></Page>;
}
