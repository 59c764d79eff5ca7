// Saving: what changes, a note, and what to do when somebody else saved in between.
import { lazy } from './lazy';
import { useMemo, useState } from 'preact/hooks';
import { api, asError, seg } from '../../app/api';
import type { ApiError } from '../../app/api';
import type { Difference, Policy } from '../../app/types';
import { useDraft } from '../../app/drafts';
import { type Change, changes, merge, pointerOf, pretty, settle, tryParse } from '../../policy';
import { Button, Dialog, DifferenceView, Note, Problem, Segmented, TabPanel, Tabs, TextField, many, toast } from '../../ui';
import { Simulate } from './simulate';

const Editor = lazy(() => import('./editor'));

const shownValue = (raw: string | undefined): string | undefined => (raw === undefined ? undefined : pretty(raw));
export const asDifference = (all: readonly Change[]): Difference[] => all.map((c) => ({ pointer: pointerOf(c.path), from: shownValue(c.from), to: shownValue(c.to) }));

export const textOf = (p: Policy): string => p.text ?? `${JSON.stringify(p.document, null, 2)}\n`;

export interface Stale { theirs: Policy; etag: string }

export async function put(name: string, text: string, note: string, etag: string | undefined): Promise<{ policy: Policy; etag: string | undefined }> {
	const r = await api.call<Policy>('PUT', `/policies/${seg(name)}`, { text, ...(note ? { note } : {}) }, etag ? { ifMatch: etag } : { ifNoneMatch: '*' });
	return { policy: r.data, etag: r.etag };
}

export function SaveDialog({ name, base, text, etag, server, used, isNew, onSaved, onStale, onClose }: {
	name: string; base: string; text: string; etag: string | undefined; server: string; used: number; isNew: boolean;
	onSaved: (p: Policy, etag: string | undefined) => void; onStale: (s: Stale) => void; onClose: () => void;
}) {
	const [note, setNote, dropNote] = useDraft(`policy-note:${name}`, '');
	const [error, setError] = useState<ApiError>(), [isBusy, setBusy] = useState(false), [tab, setTab] = useState('changes');
	const all = useMemo(() => (isNew ? [] : changes(base, text)), [base, text, isNew]);
	const save = async () => {
		setBusy(true);
		setError(undefined);
		try {
			let tag = etag;
			for (let turn = 0; ; turn++) {
				try {
					const r = await put(name, text, note, tag);
					dropNote();
					onSaved(r.policy, r.etag);
					toast(isNew ? `Policy ${name} is saved.` : `Version ${r.policy.version} of ${name} is in force.`);
					return;
				} catch (e) {
					const p = asError(e), theirs = p.current as Policy | undefined;
					if (p.status !== 412 || !theirs || !p.currentEtag)
						throw e;
					// Only what is around the text changed, such as who uses it.
					if (textOf(theirs) === base && turn === 0) {
						tag = p.currentEtag;
						continue;
					}
					onStale({ theirs, etag: p.currentEtag });
					return;
				}
			}
		} catch (e) {
			setError(asError(e));
		} finally {
			setBusy(false);
		}
	};
	return (
		<Dialog title={isNew ? `Save ${name}` : `Save a new version of ${name}`} size="large" onClose={onClose} footer={<>
			<Button onClick={onClose}>Go on editing</Button><Button kind="primary" isBusy={isBusy} onClick={save}>{isNew ? 'Save' : 'Save and put in force'}</Button></>}>
			<form class="stack" onSubmit={(e) => { e.preventDefault(); if (!isBusy) save(); }}>
				{used > 0 && <p>{many(used, 'grant is', 'grants are')} decided by it. The next call is decided by the new version; the old ones are kept.</p>}
				<TextField label="Note" isOptional value={note} onInput={setNote} autoFocus maxLength={500} placeholder="Why it changes" hint="Stands beside the version, for whoever looks later." autoComplete="off" />
				{error && <Problem error={error} />}
			</form>
			{!isNew && <div class="b-save-tabs"><Tabs prefix="save" label="Before you save" value={tab} onChange={setTab} items={[{ id: 'changes', label: 'What changes', count: all.length }, { id: 'calls', label: "Yesterday's calls" }]} />
				<TabPanel prefix="save" value={tab}>{tab === 'changes'
					? all.length ? <DifferenceView items={asDifference(all)} from="In force" to="New" /> : <p class="muted">The meaning is the same; only spaces or the order of keys changed.</p>
					: <Simulate text={text} server={server} isValid />}</TabPanel></div>}
		</Dialog>
	);
}

type Way = 'merged' | 'mine' | 'theirs' | 'hand';

// Mine, theirs, and what they differ in. Ends with a text that is saved on top of theirs, or with theirs.
export function StaleDialog({ name, base, mine, stale, onTake, onClose }: {
	name: string; base: string; mine: string; stale: Stale; onTake: (text: string, theirs: Policy, etag: string, saves: boolean) => void; onClose: () => void;
}) {
	const theirs = textOf(stale.theirs);
	const both = useMemo(() => merge(base, mine, theirs), [base, mine, theirs]);
	const [choices, setChoices] = useState<('mine' | 'theirs')[]>(() => both.conflicts.map(() => 'mine'));
	const [way, setWay] = useState<Way>('merged'), [hand, setHand] = useState<string | undefined>();
	const settled = useMemo(() => settle(both, choices), [both, choices]);
	const text = way === 'mine' ? mine : way === 'theirs' ? theirs : way === 'hand' ? hand ?? settled : settled;
	const wrong = tryParse(text) instanceof Error;
	const go = () => onTake(text, stale.theirs, stale.etag, way !== 'theirs');
	return (
		<Dialog title="Somebody else saved this policy" size="large" onClose={onClose} footer={<>
			<Button onClick={onClose}>Go on editing</Button>
			<Button kind="primary" disabled={wrong} onClick={go}>{way === 'theirs' ? 'Take theirs' : way === 'mine' ? 'Overwrite with mine' : 'Use this text'}</Button></>}>
			<div class="stack">
				<p>Version {stale.theirs.version}{stale.theirs.author && <> by <strong>{stale.theirs.author}</strong></>} was saved while you were editing.
					{stale.theirs.note && <> Its note: “{stale.theirs.note}”.</>} Nothing of yours is lost.</p>
				<Segmented label="What to do" value={way} onChange={(v) => { if (v === 'hand' && hand === undefined) setHand(settled); setWay(v as Way); }} options={[
					{ value: 'merged', label: 'Both together' }, { value: 'mine', label: 'Keep mine' }, { value: 'theirs', label: 'Take theirs' }, { value: 'hand', label: 'Merge by hand' }]} />
				{way === 'merged' && <>
					<p class="muted">{many(both.mine.length, 'change')} of yours and {many(both.theirs.length, 'change')} of theirs. {both.conflicts.length ? `${many(both.conflicts.length, 'place was', 'places were')} changed by both: choose.` : 'None meet, so all are kept.'}</p>
					{both.conflicts.map((c, i) => (
						<fieldset class="b-conflict" key={c.pointer}><legend><code>{c.pointer}</code></legend>
							{(['mine', 'theirs'] as const).map((who) => (
								<label key={who} class={choices[i] === who ? 'is-on' : ''}><input type="radio" name={`conflict-${i}`} checked={choices[i] === who} onChange={() => setChoices(choices.map((x, j) => (j === i ? who : x)))} />
									<span><span class="strong">{who === 'mine' ? 'Mine' : 'Theirs'}</span><pre>{c[who] === undefined ? 'removed' : pretty(c[who]!)}</pre></span></label>))}
						</fieldset>))}
				</>}
				{way === 'hand' ? (
					<div class="b-by-hand"><div><h3>Theirs</h3><div class="b-editor-box"><Editor text={theirs} label="Their text, to read" /></div></div>
						<div><h3>Yours, to edit</h3><div class="b-editor-box"><Editor text={text} onText={setHand} label="Merged text" /></div></div></div>
				) : (
					<div><h3>{way === 'theirs' ? 'What they changed' : 'What would change in theirs'}</h3>
						<DifferenceView items={asDifference(way === 'theirs' ? both.theirs : wrong ? [] : changes(theirs, text))} from={way === 'theirs' ? 'Before' : 'Theirs'} to={way === 'theirs' ? 'Theirs' : 'Then'} /></div>
				)}
				{way === 'mine' && both.theirs.length > 0 && <Note tone="warn">Their {many(both.theirs.length, 'change')} will be gone from the new version. Version {stale.theirs.version} stays in the list of versions for {name}.</Note>}
			</div>
		</Dialog>
	);
}
