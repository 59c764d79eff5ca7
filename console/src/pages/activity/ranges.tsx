// The choice of a time range: the usual ones, or two moments.
import { useState } from 'preact/hooks';
import { Button, Dialog, Form, Icon, Menu, TextField } from '../../ui';
import { LASTS, boundsOf, localInput, rangeLabel, type Range } from './range';

const short = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' });
export const momentText = (ms: number): string => short.format(ms);

function Between({ range, onChange, onClose }: { range: Range; onChange: (r: Range) => void; onClose: () => void }) {
	const now = boundsOf(range, Date.now());
	const [since, setSince] = useState(localInput(now.since)), [until, setUntil] = useState(range.until === undefined ? '' : localInput(now.until));
	const from = Date.parse(since), to = until ? Date.parse(until) : undefined;
	const error = Number.isNaN(from) ? 'Choose a day and a time.' : to !== undefined && to <= from ? 'The end is not after the beginning.' : undefined;
	const [isSent, setSent] = useState(false);
	const apply = () => {
		setSent(true);
		if (error)
			return;
		onChange(to === undefined ? { since: from } : { since: from, until: to });
		onClose();
	};
	return (
		<Dialog title="Between two moments" onClose={onClose} size="small" footer={<><Button onClick={onClose}>Cancel</Button><Button kind="primary" type="submit" form="dialog-form">Show</Button></>}>
			<Form id="dialog-form" onSubmit={apply}>
				<TextField label="From" type="datetime-local" value={since} onInput={setSince} error={isSent ? error : undefined} />
				<TextField label="Until" type="datetime-local" value={until} onInput={setUntil} hint="Leave it empty to go on until now." />
			</Form>
		</Dialog>
	);
}

export function RangeMenu({ range, onChange }: { range: Range; onChange: (r: Range) => void }) {
	const [isOpen, setOpen] = useState(false);
	const label = rangeLabel(range, momentText);
	return (
		<>
			<Menu label={`Time: ${label}`} align="start" class="btn btn-default" items={[
				...LASTS.map((l) => ({ label: l.label, isOn: range.last === l.value, onSelect: () => onChange({ last: l.value }) })),
				{ label: 'Between two moments…', isOn: range.since !== undefined, onSelect: () => setOpen(true) },
			]}><Icon name="clock" size={16} /><span>{label}</span><Icon name="down" size={14} /></Menu>
			{isOpen && <Between range={range} onChange={onChange} onClose={() => setOpen(false)} />}
		</>
	);
}
